"""What an input is to its workflow, told by its name and kind."""

import pytest

from core.workflows.kinds import InputKind, Role, role_of


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("prompt", InputKind.TEXT, Role.PROMPT),
        ("input_text", InputKind.TEXT, Role.PROMPT),
        (" Negative-Prompt ", InputKind.TEXT, Role.NEGATIVE),
        ("Noise  Seed", InputKind.INTEGER, Role.SEED),
        ("seed", InputKind.TEXT, None),
        ("width", InputKind.NUMBER, Role.WIDTH),
        ("input_height", InputKind.INTEGER, Role.HEIGHT),
        ("guidance", InputKind.NUMBER, Role.CFG),
        ("denoise", InputKind.NUMBER, Role.STRENGTH),
        ("images", InputKind.INTEGER, Role.BATCH),
        ("images", InputKind.TEXT, None),
        ("lora", InputKind.CHOICE, Role.LORA),
        ("model", InputKind.TEXT, Role.CHECKPOINT),
        ("video", InputKind.FILE, Role.VIDEO),
        ("video", InputKind.TEXT, None),
        ("mask", InputKind.IMAGE, Role.MASK),
        ("anything", InputKind.IMAGE, Role.IMAGE),
        ("anything", InputKind.FILE, None),
    ],
)
def test_a_name_tells_the_role_where_the_kind_suits(
    name: str, kind: InputKind, role: Role | None
) -> None:
    assert role_of(name, kind) is role


@pytest.mark.parametrize("role", Role)
def test_every_role_suits_some_kinds_and_not_all(role: Role) -> None:
    suiting = [kind for kind in InputKind if role.suits(kind)]

    assert 0 < len(suiting) < len(InputKind)


def test_a_workflow_has_one_prompt_and_may_have_many_pictures() -> None:
    assert Role.PROMPT.is_one
    assert not Role.IMAGE.is_one


def test_kinds_say_whether_they_are_files_or_numbers() -> None:
    assert [kind for kind in InputKind if kind.is_media] == [InputKind.IMAGE, InputKind.FILE]
    assert [kind for kind in InputKind if kind.is_numeric] == [InputKind.INTEGER, InputKind.NUMBER]
