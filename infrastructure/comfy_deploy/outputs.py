"""
The results of a run, in whatever shape they come.

Seen or told of: a list of outputs with `data` by kind (what the API answers today), an object
instead of the list, lists by node id, bare URLs, and the fields of other services. A result is
told by what it holds, a URL or a text, never by a declared kind: videos come without one (T-01).
"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from core.generations.model import RunOutput

MAX_DEPTH = 8
"""How deep we look: the deepest shape known has five levels."""

_PLACES = ("outputs", "workflow_outputs")
_FOREIGN_PLACES = (
    "imageUrl",
    "imageUrls",
    "videoUrl",
    "artifactUrls",
    "result",
    "response",
    "text",
    "files",
)
"""Where other services put results, beside a run's own fields. Looked at when nothing else is."""

_TEXTS = frozenset({"text", "texts", "string", "strings", "tags", "result", "response"})
_ABOUT = frozenset(
    {
        "id",
        "output_id",
        "run_id",
        "node_id",
        "node_meta",
        "created_at",
        "updated_at",
        "type",
        "metadata",
        "error",
        "animated",
    }
)
"""Fields that describe an output and are none."""


def outputs_of(body: Mapping[str, object]) -> tuple[RunOutput, ...]:
    """Return every file and text of a run's answer, in its order, each URL once."""
    found = _each_once(_found(body.get(place), place, 0) for place in _PLACES)
    if found:
        return found
    return _each_once(_found(body.get(place), place, 0) for place in _FOREIGN_PLACES)


def _each_once(found: Iterable[Iterator[RunOutput]]) -> tuple[RunOutput, ...]:
    seen: set[str] = set()
    kept = []
    for output in (each for part in found for each in part):
        if output.url is None:
            kept.append(output)
        elif output.url not in seen:
            seen.add(output.url)
            kept.append(output)
    return tuple(kept)


def _found(value: object, key: str, depth: int) -> Iterator[RunOutput]:
    """Yield what a value holds; `key` is the name that it has in what surrounds it."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _string(value, key)
    elif isinstance(value, list):
        for each in value:
            yield from _found(each, key, depth + 1)
    elif isinstance(value, Mapping):
        yield from _object(value, depth)


def _object(value: Mapping[str, object], depth: int) -> Iterator[RunOutput]:
    url = value.get("url")
    if isinstance(url, str):
        if _is_url(url):
            named = value.get("filename") or value.get("name")
            yield RunOutput(url=url, filename=named if isinstance(named, str) else _name_in(url))
        return
    # A file without a URL is a preview that stayed on the machine.
    if "filename" in value:
        return
    for key, inner in value.items():
        if key not in _ABOUT:
            yield from _found(inner, key, depth + 1)


def _string(value: str, key: str) -> Iterator[RunOutput]:
    if _is_url(value):
        yield RunOutput(url=value, filename=_name_in(value))
    elif value.strip() and (key in _TEXTS or key.isdigit()):
        yield RunOutput(text=value)


def _is_url(value: str) -> bool:
    # A URL inside a sentence is a text about something, not a result.
    return value.startswith(("http://", "https://")) and not any(map(str.isspace, value))


def _name_in(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rpartition("/")[2])
