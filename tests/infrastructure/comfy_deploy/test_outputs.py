"""Every shape of results, by the number of the trap that it was."""

from collections.abc import Mapping

import pytest

from core.generations.model import RunOutput
from infrastructure.comfy_deploy.outputs import outputs_of

A = "https://b.s3.us-east-2.amazonaws.com/outputs/runs/r1/a.png"
B = "https://b.s3.us-east-2.amazonaws.com/outputs/runs/r1/b.png?X-Amz-Signature=1"
V = "https://b.s3.us-east-2.amazonaws.com/outputs/runs/r1/v.mp4"


def urls(body: Mapping[str, object]) -> list[str | None]:
    """Return the URLs of the results, in their order."""
    return [each.url for each in outputs_of(body)]


def item(url: str, name: str) -> dict[str, object]:
    """Return a file as the API lists it."""
    return {"url": url, "type": "output", "filename": name, "is_public": None, "subfolder": ""}


@pytest.mark.parametrize(
    "outputs",
    [
        [{"data": {"images": [item(A, "a.png"), item(B, "b.png")]}, "node_id": None}],
        [{"data": {"images": [item(A, "a.png")]}}, {"data": {"images": [item(B, "b.png")]}}],
        {"images": [item(A, "a.png"), item(B, "b.png")]},
        {"3": [A], "4": [B]},
        {"9": [item(A, "a.png"), item(B, "b.png")]},
        {"9": {"images": [item(A, "a.png"), item(B, "b.png")]}},
        [{"data": {"9": {"images": [item(A, "a.png"), item(B, "b.png")]}}}],
        [{"type": "image", "url": A, "metadata": {"url": V}}, {"type": "image", "url": B}],
        [A, B],
        {"artifactUrls": [A, B]},
        {"imageUrl": A, "files": [{"url": B}]},
    ],
    ids=[
        "form 1: data by kind",
        "form 1: an output for each node",
        "form 3: an object",
        "form 4: lists of URLs by node",
        "form 4: items by node",
        "form 4: kinds by node",
        "form 4: kinds by node inside data",
        "form 5: items with metadata",
        "form 6: URLs",
        "form 6: artifacts",
        "form 6: named URLs",
    ],
)
def test_two_files_are_found_in_every_shape(outputs: object) -> None:
    assert urls({"outputs": outputs}) == [A, B]


def test_the_older_dialect_keeps_them_elsewhere() -> None:
    assert urls({"workflow_outputs": {"images": [item(A, "a.png")]}, "outputs": []}) == [A]


@pytest.mark.parametrize(
    "body",
    [{"imageUrl": A}, {"result": A}, {"response": [A]}, {"files": [{"url": A}]}, {"outputs": A}],
)
def test_other_services_bodies_are_understood(body: dict[str, object]) -> None:
    assert urls(body) == [A]


def test_a_runs_own_addresses_are_no_results() -> None:
    body = {"webhook": "https://our.example/hook", "id": "r1", "outputs": []}

    assert urls(body) == []


@pytest.mark.parametrize("kind", ["gifs", "videos", "files", "mesh", "audio", "unheard_of"])
def test_t_01_a_video_without_a_format_is_delivered(kind: str) -> None:
    found = outputs_of({"outputs": [{"data": {kind: [{"url": V, "filename": "v.mp4"}]}}]})

    assert found == (RunOutput(url=V, filename="v.mp4"),)


def test_t_02_a_png_by_node_id_keeps_the_name_that_tells_its_kind() -> None:
    found = outputs_of({"outputs": {"17": [A]}})

    assert found == (RunOutput(url=A, filename="a.png"),)


def test_t_03_several_texts_are_all_kept() -> None:
    found = outputs_of({"outputs": [{"data": {"text": ["hello", "world"]}}, {"text": "again"}]})

    assert [each.text for each in found] == ["hello", "world", "again"]


def test_equal_texts_are_kept_and_equal_files_are_not() -> None:
    body = {"outputs": [{"data": {"images": [item(A, "a.png")], "text": ["x", "x"]}}, A]}

    assert [each.url or each.text for each in outputs_of(body)] == [A, "x", "x"]


def test_a_preview_without_a_url_is_left_out() -> None:
    previews = [{"type": "temp", "filename": "p.png", "subfolder": ""}, item(A, "a.png")]

    assert urls({"outputs": [{"data": {"images": previews}}]}) == [A]


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        [],
        {},
        "",
        7,
        True,
        [None, 3, {"data": None}],
        [{"data": {}}],
        [{"data": {"tags": [True, False]}}],
        [{"data": {"images": [{"url": None}, {"url": 7}, {"url": ""}, {"url": "u"}]}}],
        [{"data": {"error": {"message": "out of memory"}}}],
        [{"data": {"images": ["file:///etc/passwd"], "animated": ["no"]}}],
        {"id": "r1", "type": "output", "node_meta": {"node_class": "SaveImage"}},
    ],
)
def test_what_holds_no_result_gives_none(outputs: object) -> None:
    assert outputs_of({"outputs": outputs}) == ()


def test_a_sentence_about_a_url_is_a_text() -> None:
    found = outputs_of({"outputs": [{"data": {"text": [f"{A} is where it lies"]}}]})

    assert found == (RunOutput(text=f"{A} is where it lies"),)


def test_a_name_is_read_from_the_path_and_never_from_the_query() -> None:
    found = outputs_of({"outputs": ["https://x.example/a%20b.webp?name=c.exe"]})

    assert found[0].filename == "a b.webp"


def test_a_url_that_cannot_be_split_has_no_name() -> None:
    assert outputs_of({"outputs": ["http://[::1/a.png"]})[0].filename == ""


def test_a_body_without_a_floor_is_not_followed_for_ever() -> None:
    deep: object = A
    for _ in range(5_000):
        deep = [deep]

    assert outputs_of({"outputs": deep}) == ()
