"""Texts as Telegram reads them: HTML becomes plain text with entities, lengths are UTF-16 units."""

import re
from html import unescape
from typing import NoReturn

import attrs

from tests.servers.telegram_errors import Wire, bad_request

_SIMPLE_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
}
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
)
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.-]+)))?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_PLAIN = re.compile(r"[^<&]+")
_SPOKEN = re.compile(r"(?<![\w/])/\w{1,32}(?:@\w{3,32})?(?!\w)|(?<!\w)@\w{4,32}(?!\w)")
_LANGUAGE = "language-"
_MOST_ENTITIES = 100


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


@attrs.frozen
class Text:
    """A text after parsing."""

    plain: str = ""
    entities: list[Wire] = attrs.field(factory=list)

    @property
    def length(self) -> int:
        return units(self.plain)

    def trimmed(self) -> "Text":
        """Return it without the white space around it, as the service stores it."""
        left = self.plain.lstrip()
        kept = left.rstrip()
        cut, length = units(self.plain) - units(left), units(kept)
        entities = []
        for each in self.entities:
            start = max(each["offset"] - cut, 0)
            end = min(each["offset"] + each["length"] - cut, length)
            if end > start:
                entities.append({**each, "offset": start, "length": end - start})
        return Text(kept, entities[:_MOST_ENTITIES])


@attrs.frozen
class _Open:
    tag: str
    offset: int
    entity: Wire


@attrs.define
class _Reader:
    html: str
    at: int = 0
    plain: str = ""
    opened: list[_Open] = attrs.field(factory=list)
    entities: list[Wire] = attrs.field(factory=list)

    def read(self) -> Text:
        while self.at < len(self.html):
            if found := _PLAIN.match(self.html, self.at):
                self.plain += found[0]
                self.at = found.end()
            elif self.html[self.at] == "&":
                self._read_entity()
            else:
                self._read_tag()
        if self.opened:
            self._refuse(f'Can\'t find end tag corresponding to start tag "{self.opened[-1].tag}"')
        self.entities.sort(key=lambda each: (each["offset"], -each["length"]))
        return Text(self.plain, self.entities)

    def _refuse(self, words: str) -> NoReturn:
        raise bad_request(f"can't parse entities: {words}")

    @property
    def _place(self) -> str:
        return f"at byte offset {len(self.html[: self.at].encode())}"

    def _read_entity(self) -> None:
        # The service lets an ampersand through; its documentation asks for it to be escaped.
        found = _ENTITY.match(self.html, self.at)
        if found is None:
            self._refuse(f"Unsupported HTML entity {self._place}")
        self.plain += unescape(found[0])
        self.at = found.end()

    def _read_tag(self) -> None:
        found = _TAG.match(self.html, self.at)
        if found is None:
            self._refuse(f"Unclosed start tag {self._place}")
        tag = found["name"].lower()
        if found["end"]:
            self._close(tag)
        elif tag not in _SIMPLE_TAGS:
            self._refuse(f'Unsupported start tag "{tag}" {self._place}')
        else:
            self._open(tag, found["attributes"])
        self.at = found.end()

    def _open(self, tag: str, attributes: str) -> None:
        given = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(attributes)
        }
        entity: Wire = {"type": _SIMPLE_TAGS[tag]}
        if tag == "a":
            entity["url"] = given.get("href", "")
        elif tag == "span" and given.get("class") != "tg-spoiler":
            self._refuse(f'Tag "span" must have class "tg-spoiler" {self._place}')
        elif tag == "tg-emoji":
            entity["custom_emoji_id"] = given.get("emoji-id", "")
        elif tag == "blockquote" and "expandable" in given:
            entity["type"] = "expandable_blockquote"
        elif tag == "code" and given.get("class", "").startswith(_LANGUAGE):
            entity["language"] = given["class"].removeprefix(_LANGUAGE)
        self.opened.append(_Open(tag, units(self.plain), entity))

    def _close(self, tag: str) -> None:
        if not self.opened:
            self._refuse(f"Unexpected end tag {self._place}")
        last = self.opened.pop()
        if last.tag != tag:
            self._refuse(
                f'Unmatched end tag {self._place}, expected "</{last.tag}>", found "</{tag}>"'
            )
        length = units(self.plain) - last.offset
        entity = {**last.entity, "offset": last.offset, "length": length}
        if self._is_inside_pre(entity):
            self.opened[-1].entity["language"] = entity["language"]
        elif length > 0 and not self._is_link_to_nothing(entity):
            entity.pop("language", None) if entity["type"] == "code" else None
            self.entities.append(entity)

    def _is_inside_pre(self, entity: Wire) -> bool:
        return bool("language" in entity and self.opened and self.opened[-1].tag == "pre")

    def _is_link_to_nothing(self, entity: Wire) -> bool:
        return entity["type"] == "text_link" and not entity["url"]


def parsed(text: str, mode: str | None, entities: list[Wire] | None = None) -> Text:
    """Return the text as people see it. Raises RefusedError for what cannot be parsed."""
    if not mode:
        return Text(text, list(entities or ())).trimmed()
    if mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    return _Reader(text).read().trimmed()


def spoken(text: str) -> Text:
    """Return a person's text with the entities that the service finds in it."""
    return Text(
        text,
        [
            {
                "type": "bot_command" if found[0].startswith("/") else "mention",
                "offset": units(text[: found.start()]),
                "length": units(found[0]),
            }
            for found in _SPOKEN.finditer(text)
        ],
    )
