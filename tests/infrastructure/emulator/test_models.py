import pytest

from tests.infrastructure.emulator.workbench import Caller

MODEL = {
    *("id", "name", "is_comfyui", "preview_image", "inputs", "outputs", "tags", "fal_id"),
    "cost_per_megapixel",
}
INPUT = {
    *("input_id", "class_type", "required", "default_value", "min_value", "max_value"),
    *("display_name", "description", "enum_values"),
}
FOUND = {
    *("name", "type", "provider", "filename", "save_path", "size", "download_url"),
    "reference_url",
}


async def test_public_models_tell_their_inputs(caller: Caller) -> None:
    rows = (await caller.http.get("/models")).json()

    assert [row["id"] for row in rows] == ["flux-dev", "flux-schnell"]
    assert all(set(row) == MODEL for row in rows)
    assert all(set(one) == INPUT for row in rows for one in row["inputs"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("query=sd xl", ["SD XL Base 1.0", "SD XL Refiner 1.0"]),
        ("query=xl&provider=civitai", ["Ink Wash XL"]),
        ("query=none", []),
    ],
)
async def test_models_are_searched_by_name_and_provider(
    caller: Caller, query: str, names: list[str]
) -> None:
    found = (await caller.http.get(f"/search/model?{query}")).json()["models"]

    assert [one["name"] for one in found] == names
    assert all(set(one) == FOUND for one in found)


async def test_a_search_needs_words(caller: Caller) -> None:
    response = await caller.http.get("/search/model")

    missing = {"type": "missing", "loc": ["query", "query"], "msg": "Field required", "input": None}
    assert (response.status_code, response.json()) == (422, {"detail": [missing]})
