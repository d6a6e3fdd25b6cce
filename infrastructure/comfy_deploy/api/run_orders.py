"""What we ask a run for, as frozen values, and as the JSON that the service takes."""

from collections.abc import Mapping

import attrs

from infrastructure.comfy_deploy.api.calls import given


@attrs.frozen(kw_only=True)
class _Order:
    """
    What every way to start a run takes (contract 4.1).

    An input is a text, a number, a bool or a list of those; `inputs` are cleaned when they are
    sent. `webhook` hears of every change of status, with `webhook_intermediate_status` of progress
    too. `gpu` is one of CPU, T4, L4, A10G, L40S, A100, A100-80GB, H100, H200 and B200.
    """

    inputs: Mapping[str, object] = attrs.field(factory=dict)
    webhook: str | None = None
    webhook_intermediate_status: bool = False
    gpu: str | None = None
    flags: tuple[str, ...] = ()

    def _common(self) -> dict[str, object]:
        # Never `batch_number`: the service makes the runs and then answers 500 (quirk C5).
        return {"inputs": clean_inputs(self.inputs)} | given(
            webhook=self.webhook or None,
            webhook_intermediate_status=self.webhook_intermediate_status or None,
            gpu=self.gpu,
            flags=list(self.flags) or None,
        )


@attrs.frozen(kw_only=True)
class RunOrder(_Order):
    """One run of a deployment."""

    deployment_id: str

    @property
    def body(self) -> dict[str, object]:
        """The order as `POST /run/deployment/*` takes it."""
        return {"deployment_id": self.deployment_id} | self._common()


@attrs.frozen(kw_only=True)
class GraphOrder(_Order):
    """One run of a graph in ComfyUI's API format, kept under a workflow that exists."""

    workflow_id: str
    graph: Mapping[str, object]
    workflow: Mapping[str, object] | None = None
    """The same graph as ComfyUI's editor draws it."""
    machine_id: str | None = None

    @property
    def body(self) -> dict[str, object]:
        """The order as `POST /run/workflow/*` takes it."""
        named = given(
            workflow_id=self.workflow_id,
            workflow_api_json=_clean(self.graph),
            workflow=_clean(self.workflow),
            machine_id=self.machine_id,
        )
        return named | self._common()


def clean_inputs(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the inputs without what breaks the service: nulls, NULs and half characters (C7)."""
    return {_clean_text(name): _clean(each) for name, each in inputs.items() if each is not None}


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, Mapping):
        return {_clean_text(str(key)): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value


def _clean_text(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()
