"""Under which heading a workflow is listed."""

import pytest

from core.workflows.inputs import Input
from core.workflows.kinds import InputKind, Role
from core.workflows.model import Category, OutputKind, category_of
from tests.builders import a_workflow

PROMPT = Input(name="prompt", kind=InputKind.TEXT)
EASY_PROMPT = Input(name="prompt", kind=InputKind.TEXT, default="finest detail")
WORDS = Input(name="words", kind=InputKind.TEXT)
PICTURE = Input(name="photo", kind=InputKind.IMAGE)
REFERENCE = Input(name="photo", kind=InputKind.IMAGE, default="https://x.example/a.png")
FILM = Input(name="video", kind=InputKind.FILE)
LORA = Input(name="lora", kind=InputKind.TEXT)
IMAGE, VIDEO, AUDIO, TEXT, FILE = OutputKind


@pytest.mark.parametrize(
    ("inputs", "outputs", "category"),
    [
        ((PROMPT,), (IMAGE,), Category.TEXT_TO_IMAGE),
        ((PROMPT,), (), Category.TEXT_TO_IMAGE),
        ((WORDS,), (IMAGE,), Category.TEXT_TO_IMAGE),
        ((PROMPT, REFERENCE), (IMAGE,), Category.TEXT_TO_IMAGE),
        ((LORA,), (IMAGE,), Category.OTHER),
        ((), (IMAGE,), Category.OTHER),
        ((), (), Category.OTHER),
        ((PROMPT, PICTURE), (IMAGE,), Category.IMAGE_TO_IMAGE),
        ((PROMPT, PICTURE), (IMAGE, TEXT), Category.IMAGE_TO_IMAGE),
        ((PICTURE,), (), Category.UPSCALE),
        ((PROMPT,), (VIDEO,), Category.VIDEO),
        ((PROMPT, PICTURE), (IMAGE, VIDEO), Category.VIDEO),
        ((FILM,), (), Category.VIDEO),
        ((PROMPT,), (IMAGE, AUDIO), Category.AUDIO),
        ((PICTURE,), (TEXT,), Category.TEXT),
        ((FILM,), (TEXT,), Category.TEXT),
        ((PICTURE,), (FILE,), Category.OTHER),
    ],
)
def test_a_workflow_is_listed_by_what_it_takes_and_makes(
    inputs: tuple[Input, ...], outputs: tuple[OutputKind, ...], category: Category
) -> None:
    assert category_of(inputs, outputs) is category


@pytest.mark.parametrize(
    ("inputs", "upscales", "category"),
    [
        ((PICTURE,), True, Category.UPSCALE),
        ((PICTURE,), False, Category.IMAGE_TO_IMAGE),
        ((PICTURE, EASY_PROMPT), True, Category.UPSCALE),
        ((PICTURE, EASY_PROMPT), False, Category.IMAGE_TO_IMAGE),
        ((PICTURE, PROMPT), True, Category.IMAGE_TO_IMAGE),
        ((PROMPT,), True, Category.TEXT_TO_IMAGE),
    ],
)
def test_the_graph_tells_an_upscaler_from_other_work_on_a_picture(
    inputs: tuple[Input, ...], *, upscales: bool, category: Category
) -> None:
    assert category_of(inputs, (IMAGE,), upscales=upscales) is category


def test_a_mask_that_is_needed_needs_a_picture() -> None:
    mask = Input(name="hole", kind=InputKind.IMAGE, role=Role.MASK)

    assert category_of((PROMPT, mask), (IMAGE,)) is Category.IMAGE_TO_IMAGE


@pytest.mark.parametrize(
    ("inputs", "primary"),
    [
        ((LORA, PROMPT), PROMPT),
        ((PROMPT, PICTURE), PICTURE),
        ((REFERENCE, PROMPT), PROMPT),
        ((FILM, PICTURE), FILM),
        ((REFERENCE,), REFERENCE),
        ((), None),
    ],
)
def test_a_workflow_is_about_the_file_that_it_needs_else_about_its_words(
    inputs: tuple[Input, ...], primary: Input | None
) -> None:
    assert a_workflow(inputs=inputs).primary == primary
