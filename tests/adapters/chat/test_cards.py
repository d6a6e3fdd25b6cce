import pytest

from adapters.chat.cards import Card, Span, Style, bar


def test_a_card_can_be_read_without_its_styles() -> None:
    card = Card(spans=(Span("Text2Img", Style.BOLD), Span("  a <b>fox</b>\n"), Span("`10`")))

    assert card.plain_text == "Text2Img  a <b>fox</b>\n`10`"


@pytest.mark.parametrize("progress", [None, 0, 0.5, 1])
def test_progress_is_a_share_or_nothing(progress: float | None) -> None:
    assert Card(spans=(), progress=progress).progress == progress


@pytest.mark.parametrize("progress", [-0.01, 1.01, float("nan")])
def test_progress_beyond_its_ends_is_a_bug(progress: float) -> None:
    with pytest.raises(ValueError, match="progress"):
        Card(spans=(), progress=progress)


@pytest.mark.parametrize(("progress", "full"), [(0, 0), (0.04, 0), (0.5, 5), (0.96, 10), (1, 10)])
def test_progress_can_be_told_in_blocks(progress: float, full: int) -> None:
    assert bar(progress) == "▰" * full + "▱" * (10 - full)


def test_a_card_is_for_everybody_where_nothing_else_is_said() -> None:
    assert Card(spans=()).private is False
