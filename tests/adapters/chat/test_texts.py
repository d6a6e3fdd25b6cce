"""The wording of the chat, to be read as a whole in `sentences.txt`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.chat import texts
from core.points.model import Points
from core.points.receipts import Kind

SENTENCES = Path(__file__).with_name("sentences.txt")


def sentences() -> Iterator[str]:
    """Yield every sentence under its name, in the order of the module."""
    for name, said in vars(texts).items():
        if isinstance(said, str) and name.isupper():
            yield f"{name}: {said}"
    yield f"price: {texts.price(Points(20), 6.0)}"
    yield f"cold price: {texts.price(Points(12), 8.0, cold_s=40.2)}"
    yield f"fixed price: {texts.price(Points(5), 8.0, is_fixed=True)}"
    yield f"ahead: {texts.ahead(0)} / {texts.ahead(1)} / {texts.ahead(2)}"
    yield f"cancelled: {texts.cancelled(Points(0))} / {texts.cancelled(Points(7))}"
    receipts = (texts.receipt(Points(back), "5f0c1a2b") for back in (8, 0))
    yield f"receipt: {' / '.join(receipts)}"
    for kind in Kind:
        yield f"{kind}: {texts.entry(kind, 1_200, 'text2img')}"
    yield f"set aside: {texts.entry(Kind.HELD, 8, 'text2img', is_bought=True)}"
    yield f"came back: {texts.entry(Kind.RETURNED, 8, 'text2img', is_bought=True)}"
    yield f"job: {texts.named_job('text2img', 'a red fox')} / {texts.named_job('upscale', '')}"
    yield f"ago: {' / '.join(map(texts.ago, (-1, 0.9, 3, 600, 100_000, 172_800)))}"
    yield f"rate: {texts.rate(2)} / {texts.rate(0.12345)}"
    yield f"bug: {texts.bug('5f0c1a2b')}"
    yield f"counted: {texts.counted(1, 'workflow')} / {texts.counted(1_000, 'workflow')}"
    yield f"not ready: {texts.not_ready('building')}"
    yield f"place: {texts.place('production', 4, 'A10G')} / {texts.place('', None, 'T4')}"
    yield f"page: {texts.page_of(1, 3)}"
    yield f"more: {texts.and_more(12)}"
    yield f"to check: {texts.to_check(2, 1)} / {texts.to_check(0, 2)} / {texts.to_check(1, 0)}"
    yield f"reloaded: {texts.reloaded(23, 0.42)}"
    yield f"no setting: {texts.no_setting('512')}"


def test_every_sentence_has_been_read_by_somebody() -> None:
    assert list(sentences()) == SENTENCES.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (1, "1 s"),
        (59.6, "60 s"),
        (89, "89 s"),
        (90, "2 min"),
        (900, "15 min"),
        (3_569, "59 min"),
        (3_600, "1 h"),
        (4_200, "1 h 10 min"),
        (36_000, "10 h"),
    ],
)
def test_a_time_is_said_as_people_say_it(value: float, said: str) -> None:
    assert texts.seconds(value) == said
