"""What is shown to people: spans of text, results, progress and buttons. No markup, no platform."""

from enum import StrEnum

import attrs
from attrs.validators import ge, le, optional

from adapters.chat.actions import Action
from core.media.model import MediaRef


class Style(StrEnum):
    """How a span looks; each platform has its own markup for it."""

    PLAIN = "plain"
    BOLD = "bold"
    QUIET = "quiet"
    CODE = "code"


@attrs.frozen
class Span:
    """A run of text in one style. Never markup: only renderers make markup."""

    text: str
    style: Style = Style.PLAIN


class Tone(StrEnum):
    """What sort of news a card is."""

    PLAIN = "plain"
    WORKING = "working"
    GOOD = "good"
    BAD = "bad"


BAR_BLOCKS = 10


def bar(progress: float) -> str:
    """Return progress, 0 to 1, as a bar of text: for platforms that draw none."""
    full = round(progress * BAR_BLOCKS)
    return "\N{BLACK PARALLELOGRAM}" * full + "\N{WHITE PARALLELOGRAM}" * (BAR_BLOCKS - full)


class Weight(StrEnum):
    """How much a button stands out."""

    NORMAL = "normal"
    DANGER = "danger"


@attrs.frozen
class Button:
    """A label and what pressing it means."""

    label: str
    action: Action
    weight: Weight = Weight.NORMAL


@attrs.frozen(kw_only=True)
class Card:
    """
    One message of ours.

    `progress` is 0 to 1, or None when there is nothing to wait for. `buttons` are rows. A private
    card is for the eyes of the person who asked, where the platform can do that. With `as_files`
    its media go out as files, where a platform would else make pictures of its own of them.
    """

    spans: tuple[Span, ...]
    tone: Tone = Tone.PLAIN
    media: tuple[MediaRef, ...] = ()
    as_files: bool = False
    progress: float | None = attrs.field(default=None, validator=optional([ge(0), le(1)]))
    buttons: tuple[tuple[Button, ...], ...] = ()
    private: bool = False

    @property
    def plain_text(self) -> str:
        """The card's text without styles: for tests, titles and logs."""
        return "".join(span.text for span in self.spans)
