"""Pressing: what the buttons of a form do."""

from collections.abc import Awaitable, Callable, Mapping

from adapters.chat import texts
from adapters.chat.filling import Filling, Outcome, Turn
from adapters.chat.showing import Showing
from adapters.chat.views.forms import Question, check_of, left_card, options_of
from core.shared.errors import StaleButtonError
from core.use_cases.fill_form import FillForm
from core.workflows.form import Form
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.sizes import ASPECTS, size_for

OnForm = Callable[[Turn, int], Awaitable[Outcome]]
OnInput = Callable[[Turn, Input, int], Awaitable[Outcome]]


class Pressing:
    """Knows every button of a form by its name."""

    def __init__(self, *, fill: FillForm, filling: Filling) -> None:
        self._fill = fill
        self._filling = filling
        self._on_form: Mapping[str, OnForm] = {
            "run": self._run,
            "keep": self._keep,
            "close": self._close,
            "page": self._page,
            "ratio": self._ratio,
        }
        self._on_input: Mapping[str, OnInput] = {
            "input": self._input,
            "pick": self._pick,
            "list": self._list,
            "ask": self._ask,
            "drop": self._drop,
            "last": self._last,
        }

    async def __call__(self, turn: Turn, what: str) -> Outcome:
        """Do what a button means. Raises StaleButtonError for one that means nothing."""
        verb, *rest = what.split(".")
        numbers = list(map(int, rest))
        if turn.is_repeat:
            return await self._filling.again(turn)
        if verb in self._on_form:
            return await self._on_form[verb](turn, numbers[0] if numbers else 0)
        if verb not in self._on_input or len(numbers) not in (2, 3):
            raise StaleButtonError(f"not a button of a form: {what!r}")
        at, number, check = numbers[0], numbers[-2], numbers[-1]
        wanted = _seen(turn.form, at, check, option=number if verb == "pick" else None)
        if wanted is None:
            return await self._filling.show(turn, trouble=texts.FORM_CHANGED)
        return await self._on_input[verb](turn, wanted, number)

    async def _run(self, turn: Turn, _: int) -> Outcome:
        return await self._filling.start(turn)

    async def _keep(self, turn: Turn, _: int) -> Outcome:
        names = await self._fill.keep(turn.form)
        said = texts.kept(names) if names else texts.NOTHING_KEPT
        return await self._filling.show(turn, lambda form: form.with_note(said))

    async def _close(self, turn: Turn, _: int) -> Outcome:
        await self._fill.remove(turn.form)
        return Showing(card=left_card(turn.form, texts.FORM_CLOSED), place=turn.trace.place)

    async def _page(self, turn: Turn, page: int) -> Outcome:
        return await self._filling.show(turn, page=page)

    async def _ratio(self, turn: Turn, number: int) -> Outcome:
        shapes = list(ASPECTS.values())
        ratio = shapes[min(number, len(shapes) - 1)]
        size = size_for(turn.form.workflow, ratio)
        return await self._filling.show(turn, lambda form: form.with_all(size))

    async def _input(self, turn: Turn, wanted: Input, _: int) -> Outcome:
        if wanted.kind is not InputKind.BOOLEAN:
            return await self._filling.ask(turn, wanted)
        given = turn.form.given(wanted)
        value = not (wanted.default if given is None else given)
        return await self._set(turn, wanted, value)

    async def _pick(self, turn: Turn, wanted: Input, number: int) -> Outcome:
        return await self._set(turn, wanted, options_of(wanted)[number])

    async def _list(self, turn: Turn, wanted: Input, page: int) -> Outcome:
        return await self._filling.ask(turn, wanted, question=Question(wanted=wanted, page=page))

    async def _ask(self, turn: Turn, wanted: Input, _: int) -> Outcome:
        if not turn.update.text.strip():
            return await self._filling.ask(turn, wanted)
        return await self._filling.answer(turn, wanted, text=turn.update.text)

    async def _drop(self, turn: Turn, wanted: Input, _: int) -> Outcome:
        return await self._set(turn, wanted, None)

    async def _last(self, turn: Turn, wanted: Input, _: int) -> Outcome:
        result = await self._fill.last_result(turn.form.draft.account, wanted)
        if result is None:
            question = Question(wanted=wanted, trouble=texts.NO_RESULT)
            return await self._filling.ask(turn, wanted, question=question)
        return await self._set(turn, wanted, result.id)

    async def _set(self, turn: Turn, wanted: Input, value: object | None) -> Outcome:
        return await self._filling.go_on(
            turn, lambda form: form.with_value(wanted, value), wanted=wanted
        )


def _seen(form: Form, at: int, check: int, *, option: int | None) -> Input | None:
    """Return the input, and see that it and the option are those that the person saw."""
    if at >= len(form.workflow.inputs):
        return None
    wanted = form.workflow.inputs[at]
    if option is None:
        return wanted if check_of(wanted) == check else None
    options = options_of(wanted)
    is_seen = option < len(options) and check_of(wanted, options[option]) == check
    return wanted if is_seen else None
