"""`stationthis make`: one generation without a chat, as scripts use it."""

import json
import signal
from pathlib import Path
from typing import Any

import attrs
import pytest
from PIL import Image

from tests.program import command, emulating, serving

pytestmark = pytest.mark.process


@attrs.frozen
class Made:
    """What the command said and left."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The JSON line, which is the last one."""
        line: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return line


async def make(folder: Path, *arguments: str, **settings: str) -> Made:
    code, out, err = await command("make", "--fast", *arguments, cwd=folder, settings=settings)
    return Made(code, out, err)


def size_of(path: str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


async def test_the_three_workflows_follow_each_other(tmp_path: Path) -> None:
    drawn = await make(
        tmp_path, "--json", "--set", "width=128", "--set", "height=64", "--out", "fox.png",
        "a", "red", "fox",
    )  # fmt: skip
    repainted = await make(
        tmp_path,
        "--json",
        "--image",
        "fox.png",
        "--workflow",
        "img2img",
        "--out",
        "blue.png",
        "blue",
    )
    enlarged = await make(
        tmp_path, "--json", "--image", "blue.png", "--workflow", "upscale", "--out", "large.png"
    )

    assert [each.code for each in (drawn, repainted, enlarged)] == [0, 0, 0]
    assert [each.told["files"] for each in (drawn, repainted, enlarged)] == [
        ["fox.png"], ["blue.png"], ["large.png"],
    ]  # fmt: skip
    assert size_of(f"{tmp_path}/fox.png") == (128, 64)
    assert size_of(f"{tmp_path}/large.png") == (256, 128)
    charged = [each.told["charged"] for each in (drawn, repainted, enlarged)]
    assert enlarged.told["balance"] == 370 - sum(charged)
    assert all(0 < each.told["charged"] <= each.told["quoted"] for each in (drawn, repainted))


async def test_the_json_line_has_what_the_contract_names(tmp_path: Path) -> None:
    made = await make(tmp_path, "--json", "--set", "width=64", "--set", "height=64", "a fox")

    assert {
        "job_id", "run_id", "status", "quoted", "charged", "balance", "files", "seconds",
    } <= made.told.keys()  # fmt: skip
    assert made.told["status"] == "succeeded"
    assert (tmp_path / made.told["files"][0]).is_file()
    assert list((tmp_path / "data").iterdir()) != []


async def test_several_results_are_several_files(tmp_path: Path) -> None:
    made = await make(
        tmp_path, "--json", "--set", "batch=2", "--set", "width=64", "--set", "height=64",
        "--out", "fox.png", "a fox",
    )  # fmt: skip

    assert made.told["files"] == ["fox-1.png", "fox-2.png"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Please say what you want to see"),
        (["--set", "width=9999999", "fox"], "from 64 to 2,048"),
        (["--set", "steps=many", "fox"], "takes a whole number"),
        (["--set", "colour=red", "fox"], "has no input"),
        (["--workflow", "text2image", "fox"], "/text2img"),
        (["x" * 10_000], "4,000 characters"),
        (["--image", "nothing.png", "fox"], "cannot be read"),
        (["--image", "words.png", "fox"], "picture"),
        (["--out", "nowhere/fox.png", "fox"], "Make the folder"),
        (["--workflow", "upscale"], "needs a picture"),
    ],
)
async def test_a_mistake_is_one_sentence_and_costs_nothing(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "words.png").write_text("not a picture")

    made = await make(tmp_path, "--json", *arguments)

    assert (made.code, made.told["status"], made.told["charged"]) == (1, "refused", 0)
    assert said in made.err
    assert "Traceback" not in made.err


async def test_a_value_without_a_name_is_a_usage_error(tmp_path: Path) -> None:
    made = await make(tmp_path, "--set", "width", "fox")

    assert made.code == 2
    assert "--set seed=7" in made.err


async def test_too_few_points_say_needed_available_and_when(tmp_path: Path) -> None:
    made = await make(tmp_path, "--json", "a fox", STATIONTHIS_ALLOWANCE="12")

    assert made.code == 1
    assert "costs 20 points and you have 12: 8 short" in made.err


async def test_a_service_that_is_down_costs_nothing(tmp_path: Path) -> None:
    down = {"COMFY_DEPLOY_API_KEY": "k", "COMFY_DEPLOY_BASE_URL": "http://127.0.0.1:9/api"}

    made = await make(tmp_path, "--json", "a fox", COMFY_DEPLOY_RETRY_FOR_S="1", **down)

    assert (made.code, made.told["charged"]) == (1, 0)
    assert "cannot be reached" in made.err
    assert "Traceback" not in made.err


async def test_a_wrong_key_is_a_plain_apology(tmp_path: Path) -> None:
    async with emulating(tmp_path / "emulator.log", "--fast") as service:
        wrong = {**service, "COMFY_DEPLOY_API_KEY": "wrong"}

        made = await make(tmp_path, "--json", "a fox", **wrong)

    assert made.code == 1
    assert "cannot take this at present" in made.err
    assert "wrong" not in made.err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_ctrl_c_cancels_and_gives_the_points_back(
    tmp_path: Path, ending: signal.Signals
) -> None:
    async with emulating(tmp_path / "emulator.log") as service:
        code, out, err = await command(
            "make", "--json", "a fox",
            cwd=tmp_path, interrupt_at=b"at most", interrupt_by=ending, settings=service,
        )  # fmt: skip

    told = json.loads(out.splitlines()[-1])
    assert (code, told["status"], told["charged"], told["balance"]) == (1, "cancelled", 0, 370)
    assert "Cancelling" in err


async def test_it_works_beside_a_running_demo_on_the_same_folder(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    async with serving("demo", "--port", "0", "--data", data, log=tmp_path / "demo.log"):
        made = await make(
            tmp_path, "--json", "--data", data, "--set", "width=64", "--set", "height=64", "a fox"
        )

    assert made.told["status"] == "succeeded"


async def test_a_result_that_cannot_be_written_is_paid_for_and_kept(tmp_path: Path) -> None:
    (tmp_path / "full.png").symlink_to("/dev/full")

    small = ("--set", "width=64", "--set", "height=64")  # so that its price is the least there is
    made = await make(tmp_path, "--json", "--out", "full.png", *small, "a fox")

    told = made.told
    assert (made.code, told["status"], told["charged"], told["files"]) == (1, "succeeded", 1, [])
    assert "The result is kept in" in made.err
    kept = list((tmp_path / "data" / "media").iterdir())
    assert [path.name.startswith(told["job_id"]) for path in kept] == [True]
