import base64
import io

import pytest
from aiohttp import web
from PIL import Image, ImageChops, ImageStat

from infrastructure.emulator.scene import Wish, draw
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.transform import enlarge, repaint
from tests.infrastructure.emulator.workbench import Caller, calling, opened, picture


def scene() -> Image.Image:
    return draw(Wish(prompt="a red fox in the snow", width=160, height=120, seed=1))


def change(image: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(image, scene())).mean) / 3


def test_no_strength_leaves_the_picture_as_it_is() -> None:
    painted = repaint(scene(), prompt="sunset", strength=0.0, seed="")

    assert painted.tobytes() == scene().tobytes()


def test_more_strength_changes_more() -> None:
    changes = [
        change(repaint(scene(), prompt="blue", strength=strength, seed=""))
        for strength in (0.2, 0.5, 1.0)
    ]

    assert changes == sorted(changes)
    assert changes[-1] > 10


@pytest.mark.parametrize("prompt", ["pencil sketch", "pop art", "neon", "watercolor", "oil", ""])
def test_every_manner_keeps_the_size(prompt: str) -> None:
    painted = repaint(scene(), prompt=prompt, strength=0.8, seed="")

    assert painted.size == (160, 120)
    assert change(painted) > 3


def test_words_and_seed_decide_how_it_is_repainted() -> None:
    variants = {
        repaint(scene(), prompt=prompt, strength=0.8, seed=seed).tobytes()
        for prompt, seed in (("red", ""), ("blue", ""), ("blue", "1"))
    }

    assert len(variants) == 3


def test_a_repainted_picture_takes_the_named_colour() -> None:
    red, _, blue = ImageStat.Stat(
        repaint(scene(), prompt="a poster in blue", strength=1.0, seed="")
    ).mean

    assert blue > red


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_enlarged_picture_is_the_same_picture(factor: int) -> None:
    large = enlarge(scene(), factor=factor)

    assert large.size == (160 * factor, 120 * factor)
    assert change(large.resize((160, 120), Image.Resampling.BOX)) < 6


def test_enlarging_stops_where_memory_would_be_wasted() -> None:
    large = enlarge(Image.new("RGB", (2000, 1500)), factor=4)

    assert 11_900_000 < large.width * large.height <= 12_100_000


async def test_an_upload_is_enlarged(caller: Caller) -> None:
    url = (await caller.upload("a.png", picture(48, 32))).json()["file_url"]

    run = await caller.finished(await caller.start("upscale", inputs={"image": url, "factor": 3}))

    assert opened(await caller.image_of(run)).size == (144, 96)


async def test_the_picture_of_a_run_is_repainted(caller: Caller) -> None:
    first = await caller.finished(await caller.start())
    url = first["outputs"][0]["data"]["images"][0]["url"]

    run = await caller.finished(
        await caller.start("img2img", inputs={"image": url, "prompt": "sunset", "strength": 1})
    )

    assert run["status"] == "success"
    assert await caller.image_of(run) != await caller.image_of(first)


async def test_a_picture_that_is_written_out_is_kept_and_replaced_by_its_address(
    caller: Caller,
) -> None:
    written = "data:image/png;base64," + base64.b64encode(picture(40, 20)).decode()

    run = await caller.finished(await caller.start("upscale", inputs={"image": written}))

    assert run["workflow_inputs"]["image"].startswith(f"{caller.emulator.root_url}/files/inputs/")
    assert opened(await caller.image_of(run)).size == (80, 40)


async def test_a_picture_is_fetched_from_elsewhere() -> None:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=picture(30, 30), content_type="image/png")

    app = web.Application()
    app.router.add_get("/p", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/p"
    async with (
        calling(Emulator(EmulatorSettings.quick())) as caller,
        calling(Emulator(EmulatorSettings.quick(max_input_bytes=10))) as strict,
    ):
        run = await caller.finished(await caller.start("upscale", inputs={"image": url}))
        refused = await strict.finished(await strict.start("upscale", inputs={"image": url}))

        assert opened(await caller.image_of(run)).size == (60, 60)
        assert refused["status"] == "failed"
    await runner.cleanup()


def gigantic() -> bytes:
    file = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("name", ["upscale", "img2img"])
@pytest.mark.parametrize(
    "content", [b"no picture", picture()[:60], b"", gigantic()], ids=["text", "cut", "empty", "big"]
)
async def test_a_file_that_is_no_usable_picture_fails_the_run(
    caller: Caller, name: str, content: bytes
) -> None:
    url = (await caller.upload("a.png", content)).json()["file_url"]

    run = await caller.finished(await caller.start(name, inputs={"image": url}))

    assert (run["status"], run["outputs"]) == ("failed", [])


@pytest.mark.parametrize("address", ["", "not an address", "http://127.0.0.1:9/x.png", "ftp://x"])
async def test_an_address_without_a_picture_fails_the_run(caller: Caller, address: str) -> None:
    run = await caller.finished(await caller.start("upscale", inputs={"image": address}))

    assert run["status"] == "failed"


async def test_a_file_of_our_own_that_is_gone_fails_the_run(caller: Caller) -> None:
    url = f"{caller.emulator.root_url}/files/inputs/img_gone.png"

    run = await caller.finished(await caller.start("upscale", inputs={"image": url}))

    assert run["status"] == "failed"
