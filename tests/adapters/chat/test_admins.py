import pytest

from adapters.chat.admins import Admins, OperatorsOnlyError
from core.sessions.model import Identity

ADMINS = Admins(["telegram:7", "web", "telegram:12", "discord:7"])


@pytest.mark.parametrize(
    ("platform", "user_id", "is_one"),
    [
        ("telegram", "7", True),
        ("telegram", "8", False),
        ("telegram", "77", False),
        ("discord", "7", True),
        ("discord", "12", False),
        ("web", "whoever", True),
    ],
)
def test_an_operator_is_named_by_platform_and_id_or_by_the_platform_alone(
    platform: str, user_id: str, *, is_one: bool
) -> None:
    assert ADMINS.has(Identity(platform, user_id)) is is_one


def test_what_is_for_operators_is_refused_to_others() -> None:
    ADMINS.check(Identity("telegram", "7"))
    with pytest.raises(OperatorsOnlyError) as refused:
        ADMINS.check(Identity("telegram", "8"))

    assert refused.value.user_message == "Only an operator can do that."
    assert "8" not in str(refused.value)


def test_the_operators_of_one_platform_are_known_by_their_ids() -> None:
    assert [ADMINS.on(each) for each in ("telegram", "discord", "web")] == [["12", "7"], ["7"], []]
