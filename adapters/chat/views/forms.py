"""The cards of a form: the whole of it, and the question for one input."""

import zlib
from collections.abc import Sequence

import attrs

from adapters.chat import texts
from adapters.chat.actions import PressForm
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from adapters.chat.updates import Hears
from adapters.chat.views.inputs import cut
from adapters.chat.views.wording import both_ends
from core.points.pricing import Quote
from core.shared.wording import number, shortened
from core.workflows.form import Form
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.sizes import ASPECTS, has_sizes

ROWS, COLUMNS = 5, 5
"""Of buttons: what the narrower platform shows; the last row is for the form itself."""

OPTIONS_A_PAGE = 8
"""Two in a row."""

SHOWN_TEXT = 200
"""Characters of a text in the list."""

LIST_LENGTH = 1_600
"""Characters of the whole list: with what went wrong below it fits the narrower platform."""

NAME_LENGTH = 40
OPTION_LENGTH = 60
"""Characters of an option on its button: the narrower platform shows 64."""

LABEL_TEXT = 24
"""Characters of a value on a button."""

_CHECKS = 10_000
_SWITCH = (texts.YES, texts.NO)


def options_of(wanted: Input) -> tuple[str, ...]:
    """Return what can be chosen for an input."""
    if wanted.kind is InputKind.BOOLEAN:
        return _SWITCH
    return tuple(dict.fromkeys(wanted.options))  # two buttons of one meaning are refused


def check_of(wanted: Input, option: str = "") -> int:
    """Return what tells an input, and an option of it, from another that has come to its place."""
    return zlib.crc32(f"{wanted.name}\n{option}".encode(errors="replace")) % _CHECKS


def inputs_a_page(form: Form) -> int:
    """Return how many inputs have their buttons on one page."""
    return (ROWS - 1 - has_sizes(form.workflow)) * COLUMNS


def page_of(form: Form, wanted: Input) -> int:
    """Return the page that has an input's button."""
    return _place_of(form, wanted) // inputs_a_page(form)


def form_card(form: Form, quote: Quote, *, page: int = 0, trouble: str = "") -> Card:
    """Return a form with the inputs of one page; `trouble` is what went wrong with it."""
    inputs, size = form.workflow.inputs, inputs_a_page(form)
    pages = max(1, -(-len(inputs) // size))
    page = min(page, pages - 1)
    shown = inputs[page * size : (page + 1) * size]
    spans = [Span(form.workflow.title, Style.BOLD)]
    room = min(SHOWN_TEXT, LIST_LENGTH // max(1, len(shown)) - NAME_LENGTH)
    for each in shown:
        mark = f"{texts.CHANGED} " if form.is_changed(each) else ""
        style = Style.BOLD if mark else Style.PLAIN
        spans.append(Span(f"\n{mark}{_name(each)}: ", Style.QUIET))
        spans.append(Span(cut(each, _value(form, each), room), style))
    buttons = [Button(_label(form, each), _press(form, _verb(each), each)) for each in shown]
    rows = _in_rows(buttons, ROWS - 1 - has_sizes(form.workflow))
    if has_sizes(form.workflow):
        rows.append(
            [
                Button(name, PressForm(form.draft.id, f"ratio.{number}"))
                for number, name in enumerate(ASPECTS)
            ]
        )
    rows.append(
        [
            Button(texts.run_for(quote), PressForm(form.draft.id, "run")),
            Button(texts.KEEP, PressForm(form.draft.id, "keep")),
            Button(texts.CLOSE, PressForm(form.draft.id, "close"), Weight.DANGER),
            *_turning(form, "page", page=page, pages=pages),
        ]
    )
    return _card(form, spans, rows, trouble=trouble)


@attrs.frozen(kw_only=True)
class Question:
    """
    What is asked, and how.

    `found` are the options that the person's words narrowed it down to, None for all of them.
    """

    wanted: Input
    page: int = 0
    found: Sequence[str] | None = None
    has_result: bool = False
    """Whether a result of the person could be the answer."""
    is_whole: bool = False
    """Whether there is a form to go back to."""
    hears: Hears = Hears.ALL
    trouble: str = ""
    hint: str = ""


def question_card(form: Form, question: Question) -> Card:
    """Return the question for one input."""
    wanted = question.wanted
    spans = [Span(form.workflow.title, Style.BOLD), Span(f"\n{_asking(form, wanted)}")]
    if wanted.description:
        spans.append(Span(f"\n{wanted.description}", Style.QUIET))
    hints = filter(None, (_how_to_answer(question), question.hint))
    spans += [Span(f"\n{hint}", Style.QUIET) for hint in hints]
    rows, turning = _options(form, question)
    last: list[Button] = []
    if _is_written(wanted) and question.hears is Hears.NOTHING:
        last.append(Button(f"{texts.ANSWER}: {wanted.shown_name}", _press(form, "ask", wanted)))
    if question.has_result:
        last.append(Button(texts.MY_LAST_RESULT, _press(form, "last", wanted)))
    if question.is_whole and form.is_changed(wanted):
        last.append(Button(texts.ITS_OWN_VALUE, _press(form, "drop", wanted)))
    if question.is_whole:
        back = f"page.{page_of(form, wanted)}"
        last.append(Button(texts.BACK, PressForm(form.draft.id, back)))
    else:
        last.append(Button(texts.CANCEL, PressForm(form.draft.id, "close"), Weight.DANGER))
    return _card(form, spans, [*rows, [*last, *turning]], trouble=question.trouble)


def _is_written(wanted: Input) -> bool:
    """Whether the answer is a text: of many choices a part of the name is."""
    if wanted.kind is InputKind.CHOICE:
        return len(options_of(wanted)) > OPTIONS_A_PAGE
    return wanted.kind is InputKind.TEXT or wanted.kind.is_numeric


def _how_to_answer(question: Question) -> str:
    """Return how to make oneself heard, where we do not hear all that is said."""
    if question.hears is Hears.ALL:
        return ""
    is_reply = question.hears is Hears.REPLIES
    if question.wanted.kind is InputKind.IMAGE:
        return texts.REPLY_WITH_IT if is_reply else texts.NO_PICTURES_HERE
    if not _is_written(question.wanted):
        return ""
    return texts.REPLY_HERE if is_reply else texts.PRESS_ANSWER


def left_card(form: Form, said: str) -> Card:
    """Return what is left of a form's card when nothing can be pressed on it any more."""
    return Card(spans=(Span(form.workflow.title, Style.BOLD), Span(f"\n{said}", Style.QUIET)))


def answer_of(form: Form, wanted: Input) -> str:
    """Return an input with its value, in one line."""
    return f"{_name(wanted)}: {cut(wanted, _value(form, wanted), SHOWN_TEXT)}"


def _card(
    form: Form, spans: Sequence[Span], rows: Sequence[Sequence[Button]], *, trouble: str
) -> Card:
    notes = [*form.draft.notes, *([trouble] if trouble else [])]
    return Card(
        spans=(*spans, *(Span(f"\n{note}") for note in notes)),
        tone=Tone.BAD if trouble else Tone.PLAIN,
        buttons=tuple(tuple(row) for row in rows if row),
    )


def _press(form: Form, verb: str, wanted: Input, *numbers: int, option: str = "") -> PressForm:
    what = (verb, _place_of(form, wanted), *numbers, check_of(wanted, option))
    return PressForm(form.draft.id, ".".join(map(str, what)))


def _place_of(form: Form, wanted: Input) -> int:
    names = [each.name for each in form.workflow.inputs]
    return names.index(wanted.name) if wanted.name in names else 0


def _verb(wanted: Input) -> str:
    """Return what pressing an input does: a text is asked for at once where a platform can."""
    return "ask" if wanted.kind is InputKind.TEXT or wanted.kind.is_numeric else "input"


def _label(form: Form, wanted: Input) -> str:
    mark = f"{texts.CHANGED} " if form.is_changed(wanted) else ""
    return f"{mark}{_name(wanted)}: {cut(wanted, _value(form, wanted), LABEL_TEXT)}"


def _name(wanted: Input) -> str:
    return shortened(wanted.shown_name, NAME_LENGTH)


def _in_rows(buttons: Sequence[Button], rows: int) -> list[Sequence[Button]]:
    """Return buttons in so many rows: two in a row, or more where there are many."""
    columns = max(2, -(-len(buttons) // rows))
    return [buttons[at : at + columns] for at in range(0, len(buttons), columns)]


def _turning(form: Form, verb: str, *, page: int, pages: int) -> list[Button]:
    """Return the buttons for the page before and the one after."""
    found = []
    if page > 0:
        found.append(Button(texts.BEFORE, PressForm(form.draft.id, f"{verb}.{page - 1}")))
    if page + 1 < pages:
        found.append(Button(texts.AFTER, PressForm(form.draft.id, f"{verb}.{page + 1}")))
    return found


def _options(form: Form, question: Question) -> tuple[list[Sequence[Button]], list[Button]]:
    """Return the options of a question, and the buttons that turn their pages."""
    wanted, options = question.wanted, options_of(question.wanted)
    shown = options if question.found is None else question.found
    page = min(question.page, max(0, len(shown) - 1) // OPTIONS_A_PAGE)
    some = shown[page * OPTIONS_A_PAGE : (page + 1) * OPTIONS_A_PAGE]
    buttons = [
        Button(
            both_ends(each.strip(), OPTION_LENGTH) or texts.NOTHING_YET,
            _press(form, "pick", wanted, options.index(each), option=each),
        )
        for each in some
    ]
    turning = []
    if question.found is None:
        for label, to in ((texts.BEFORE, page - 1), (texts.AFTER, page + 1)):
            if 0 <= to * OPTIONS_A_PAGE < len(shown):
                turning.append(Button(label, _press(form, "list", wanted, to)))
    return _in_rows(buttons, ROWS - 1), turning


def _value(form: Form, wanted: Input) -> str:
    given = form.given(wanted)
    if wanted.kind.is_media and (given or wanted.default):
        return texts.YOUR_FILE if given else texts.ITS_OWN_FILE
    value = wanted.default if given is None else given
    if wanted.is_seed and value in (None, -1):
        return texts.RANDOM
    if value in (None, ""):
        return texts.NEEDED if wanted.required else texts.NOTHING_YET
    return _said(value)


def _said(value: InputValue | None) -> str:
    if isinstance(value, bool):
        return texts.YES if value else texts.NO
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(str(value).split())


def _asking(form: Form, wanted: Input) -> str:
    name = wanted.shown_name
    match wanted.kind:
        case InputKind.IMAGE:
            return texts.ask_picture(name)
        case InputKind.FILE:
            return texts.ask_file(name)
        case InputKind.CHOICE | InputKind.BOOLEAN:
            return texts.ask_choice(name, many=len(options_of(wanted)) > OPTIONS_A_PAGE)
        case InputKind.INTEGER | InputKind.NUMBER:
            return texts.ask_number(name, limits_of(wanted))
        case _:
            return texts.WHAT_TO_SEE if wanted == form.workflow.prompt else texts.ask_text(name)


def limits_of(wanted: Input) -> str:
    """Return between which numbers an input is, and in what steps: `64 to 2,048, in steps of 8`."""
    if wanted.is_seed:
        return texts.ANY_SEED
    limits = texts.between(number(wanted.least), number(wanted.maximum))
    if not wanted.step or wanted.step == 1:
        return limits
    steps = texts.IN_STEPS.format(step=number(wanted.step))
    return f"{limits}, {steps}" if limits else steps
