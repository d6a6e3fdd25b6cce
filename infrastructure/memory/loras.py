"""LoRA files that are given, not read."""

from collections.abc import Iterable, Sequence

from core.workflows.lora import Lora
from core.workflows.ports import LoraLibrary


class InMemoryLoras(LoraLibrary):
    """Has the LoRA files that it was given."""

    def __init__(self, loras: Iterable[Lora] = ()) -> None:
        self._loras = tuple(loras)

    async def all(self) -> Sequence[Lora]:
        return self._loras
