"""How the operator's commands print."""

from datetime import datetime, timedelta, timezone

import pytest

from composition.operate.tables import (
    WIDTH,
    Column,
    ago,
    card,
    clean,
    iso,
    say,
    say_json,
    seconds,
    shown,
    table,
    width,
)
from tests.builders import NOW

COLUMNS = (Column("NAME", soft=True), Column("ID"), Column("COUNT", is_number=True))


def test_columns_stand_under_their_heads() -> None:
    told = table(COLUMNS, [("fox", "a1", "7"), ("lighthouse", "b", "12")])

    assert told.splitlines() == [
        "NAME        ID  COUNT",
        "fox         a1      7",
        "lighthouse  b      12",
    ]


def test_a_table_that_is_too_wide_is_cut_where_it_may_be() -> None:
    told = table(COLUMNS, [("n" * 90, "i" * 36, "1")])

    assert max(map(len, told.splitlines())) == WIDTH
    assert "n…  " + "i" * 36 in told


def test_what_must_stay_whole_stays_whole() -> None:
    assert "i" * 200 in table(COLUMNS, [("name", "i" * 200, "1")])


def test_wide_letters_take_two_columns() -> None:
    told = table(COLUMNS, [("赤い狐", "a1", "7")])

    assert {width(line) for line in told.splitlines()} == {len("赤い狐") * 2 + len("  ID  COUNT")}


def test_a_terminal_is_told_nothing_that_it_would_obey() -> None:
    assert clean("a\x1b[31mred\nfox") == "a?[31mred fox"


def test_fields_that_are_unknown_are_left_out() -> None:
    assert card([("name", "fox"), ("gpu", None), ("failure", "")]) == "name  fox"


def test_a_long_field_goes_on_under_itself() -> None:
    told = card([("about", "word " * 40), ("id", "1")]).splitlines()

    assert max(map(len, told)) <= WIDTH
    assert told[1].startswith("       word")
    assert told[-1] == "id     1"


def test_an_address_is_not_broken() -> None:
    url = "https://files.example/" + "a" * 150

    assert url in card([("outputs", f"{url}\n{url}")]).splitlines()[1]


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=400), "400 d ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit(age: timedelta, told: str) -> None:
    assert ago(NOW - age, NOW) == told


def test_moments_are_told_in_utc() -> None:
    elsewhere = datetime(2026, 1, 31, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert iso(elsewhere) == "2026-01-31T12:00:00.000Z"
    assert iso(None) is None


def test_durations_are_told_as_people_say_them() -> None:
    assert [seconds(None), seconds(4.25), seconds(125)] == ["", "4.2 s", "2 min 5 s"]


def test_values_are_told_as_people_write_them() -> None:
    assert [shown(each) for each in (None, True, 2048.0, 0.5, 0, "fox")] == [
        "", "yes", "2048", "0.5", "0", "fox",
    ]  # fmt: skip


def test_what_a_terminal_would_obey_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say("a  \x1b[2Jred\n\tb\x07\u202e", err=True)
    say_json({"a": "\x1b\x9b\u202e\udcff é"})

    out, err = capsys.readouterr()
    assert err == "a  ?[2Jred\n        b??\n"
    assert out == '{"a": "\\u001b\\u009b\\u202e\\udcff é"}\n'
