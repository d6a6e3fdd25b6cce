"""Lists of words that are given, not read."""

from collections.abc import Iterable, Mapping, Sequence

from core.workflows.ports import Wildcards


class InMemoryWildcards(Wildcards):
    """Has the lists that it was given."""

    def __init__(self, lists: Mapping[str, Iterable[str]] | None = None) -> None:
        self._lists = {
            name.lower(): tuple(each for each in lines if each)
            for name, lines in (lists or {}).items()
        }

    async def lines(self, name: str) -> Sequence[str] | None:
        return self._lists.get(name.lower())

    async def names(self) -> Sequence[str]:
        return sorted(self._lists)
