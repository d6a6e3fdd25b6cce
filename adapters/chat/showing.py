"""Showing a form: what is shown where, and what is noted of it in the draft."""

import contextlib
from collections.abc import Awaitable, Callable

import attrs

from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.chat.updates import ChatUpdate
from core.shared.errors import StationError
from core.workflows.form import Form

NOWHERE = ShownAt("")


@attrs.frozen(kw_only=True)
class Trace:
    """
    What a draft's `shown_at` tells, as text.

    `taken` is the update that changed the draft last: the same once more changes nothing. A form
    that is shown `whole` comes back after each answer; else the last answer starts it.
    """

    is_whole: bool = False
    taken: str = ""
    place: ShownAt = NOWHERE

    @classmethod
    def read(cls, text: str) -> "Trace":
        """Return the trace of its text; a draft without one was never shown."""
        kind, _, rest = text.partition(" ")
        taken, _, place = rest.partition(" ")
        return cls(is_whole=kind == "whole", taken=taken, place=ShownAt(place))

    @property
    def text(self) -> str:
        """The trace as text."""
        return f"{'whole' if self.is_whole else 'asked'} {self.taken} {self.place}"


def with_trace(
    form: Form,
    *,
    is_whole: bool | None = None,
    taken: str | None = None,
    place: ShownAt | None = None,
) -> Form:
    """Return the form with some of its trace changed."""
    old = Trace.read(form.draft.shown_at)
    trace = Trace(
        is_whole=old.is_whole if is_whole is None else is_whole,
        taken=old.taken if taken is None else taken,
        place=old.place if place is None else place,
    )
    return attrs.evolve(form, draft=attrs.evolve(form.draft, shown_at=trace.text))


@attrs.frozen(kw_only=True)
class Showing:
    """
    A card that is to be shown: in the place of another one, or anew.

    `noted` is told where, if that is new. `left` is what remains of an older card, at its place:
    that may fail, and nobody minds.
    """

    card: Card
    place: ShownAt = NOWHERE
    noted: Callable[[ShownAt], Awaitable[None]] | None = None
    left: tuple[ShownAt, Card] | None = None

    async def on(self, surface: Surface, update: ChatUpdate) -> None:
        """Show it, as the answer to an update. Raises NotShownError."""
        key = f"answer-{update.id}"
        if self.place:
            shown = await surface.finish(update.reply_to, self.place, self.card, key=key)
        else:
            shown = await surface.send(update.reply_to, self.card, key=key)
        if shown and shown != self.place and self.noted is not None:
            await self.noted(shown)
        if self.left is not None and self.left[0] != shown:
            place, card = self.left
            await leave(surface, update.reply_to, place=place, card=card)


async def leave(surface: Surface, to: ReplyTo, *, place: ShownAt, card: Card) -> None:
    """Let an older message say something else, if that can be done now."""
    with contextlib.suppress(StationError):
        await surface.edit(to, place, card)
