"""What the operator wrote into the notes of a drawing."""

from collections.abc import Iterator

from core.workflows.directives import Note, read_note
from core.workflows.inputs import clean
from infrastructure.comfy_deploy.wire import row

LONGEST_NOTE = 1_000
"""Characters of a description; more is documentation, which has no place in a chat."""

MOST_NOTES = 100
MOST_READ = 20_000
"""Characters of one note that are looked at."""

_CLASSES = ("Note", "MarkdownNote")
"""Compared one by one: the type of a broken node may be a list, which no set can look for."""


def read_notes(drawing: object) -> Note:
    """Return what all notes of a drawing say, in its order, its subgraphs last. Never raises."""
    texts = tuple(_texts(drawing))
    return read_note("\n\n".join(texts[:MOST_NOTES])) if texts else Note()


def shortened(note: str) -> str:
    """Return a note of at most 1,000 characters, cut at a blank."""
    if len(note) <= LONGEST_NOTE:
        return note
    head = note[: LONGEST_NOTE - 1]
    return head[: head.rfind(" ") if " " in head[-100:] else len(head)].rstrip() + "…"


def _texts(drawing: object) -> Iterator[str]:
    if not isinstance(drawing, dict):
        return
    yield from _texts_of_nodes(drawing.get("nodes"))
    subgraphs = row(drawing.get("definitions")).get("subgraphs")
    for each in subgraphs if isinstance(subgraphs, list) else ():
        yield from _texts_of_nodes(row(each).get("nodes"))


def _texts_of_nodes(nodes: object) -> Iterator[str]:
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, dict) and node.get("type") in _CLASSES:
            text = _text(node.get("widgets_values"))
            if text:
                yield text


def _text(values: object) -> str:
    """Return the text of a note: its first widget, in a list or by its name."""
    if isinstance(values, dict):
        values = list(values.values())
    first = values[0] if isinstance(values, list) and values else None
    return clean(first[:MOST_READ]) if isinstance(first, str) else ""
