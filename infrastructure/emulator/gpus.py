"""The GPUs that the service rents out, and how their pace compares with an A10G's."""

import attrs

GPUS = ("CPU", "T4", "L4", "A10G", "L40S", "A100", "A100-80GB", "H100", "H200", "B200")


@attrs.frozen
class GpuPace:
    """How much longer a GPU takes to begin, and how many times faster it works, than an A10G."""

    cold: float
    speed: float


_USUAL = GpuPace(1.0, 1.0)
_PACES = {
    "CPU": GpuPace(0.5, 0.1),
    "T4": GpuPace(1.2, 0.5),
    "L4": GpuPace(1.1, 0.8),
    "A10G": _USUAL,
    "L40S": GpuPace(1.0, 1.6),
    "A100": GpuPace(0.9, 2.0),
    "A100-80GB": GpuPace(0.9, 2.2),
    "H100": GpuPace(0.8, 3.5),
    "H200": GpuPace(0.8, 4.0),
    "B200": GpuPace(0.8, 5.0),
}


def pace_of(gpu: str | None) -> GpuPace:
    """Return the pace of a GPU; one that is not known, or none, is as an A10G."""
    return _PACES.get(gpu or "", _USUAL)
