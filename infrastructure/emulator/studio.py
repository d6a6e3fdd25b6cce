"""Where the files of a run are made: in a thread of its own, so that the server keeps answering."""

import asyncio
import functools
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import attrs

from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.input_images import InputImages, opened
from infrastructure.emulator.png import as_png
from infrastructure.emulator.runs import Output, Run, SavedFile
from infrastructure.emulator.scene import Wish, draw
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.transform import enlarge, repaint

_MAX_SEED = 2**32
Made = TypeVar("Made")


@attrs.define
class Studio:
    """Makes pictures and puts them on the shelf."""

    _dials: Dials
    _shelf: FileShelf
    _images: InputImages
    files_url: str = ""
    """Where the files are served, with a slash at the end; known once the server is bound."""
    _threads: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Open the threads' pool."""
        self._threads = ThreadPoolExecutor(
            max_workers=self._dials.settings.draw_threads, thread_name_prefix="emulator-studio"
        )

    def stop(self) -> None:
        """End the threads; what they are at is finished first, which takes parts of a second."""
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
            self._threads = None

    async def in_thread(self, work: Callable[[], Made]) -> Made:
        """Do blocking work in the studio's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def make(self, run: Run) -> Output:
        """Make the run's files. Raises UnusableImageError when its input is no picture."""
        match run.deployment.name:
            case "text2img":
                contents = [await self.in_thread(each) for each in self._drawings(run)]
            case "img2img":
                contents = [await self._repainted(run)]
            case _:
                contents = [await self._enlarged(run)]
        files = [
            await self.in_thread(functools.partial(self._keep, run, number, content))
            for number, content in enumerate(contents, 1)
        ]
        return Output(
            node_id=run.deployment.last_node_id, node_class="SaveImage", files=tuple(files)
        )

    def _drawings(self, run: Run) -> list[Callable[[], bytes]]:
        seed = int(run.number("seed"))
        if seed < 0:
            seed = secrets.randbelow(_MAX_SEED)
        wish = Wish(
            prompt=run.text("prompt"),
            negative=run.text("negative"),
            width=int(run.number("width")),
            height=int(run.number("height")),
            seed=seed,
        )
        wishes = [
            attrs.evolve(wish, seed=(seed + number) % _MAX_SEED)
            for number in range(int(run.number("batch")))
        ]
        return [functools.partial(_drawn, run, each) for each in wishes]

    async def _repainted(self, run: Run) -> bytes:
        source = await self._source(run)

        def work() -> bytes:
            image = repaint(
                opened(source),
                prompt=run.text("prompt"),
                strength=run.number("strength"),
                seed=run.text("seed"),
            )
            return as_png(image, run.deployment.workflow_api(), run.inputs)

        return await self.in_thread(work)

    async def _enlarged(self, run: Run) -> bytes:
        source = await self._source(run)

        def work() -> bytes:
            image = enlarge(opened(source), factor=int(run.number("factor")))
            return as_png(image, run.deployment.workflow_api(), run.inputs)

        return await self.in_thread(work)

    async def _source(self, run: Run) -> bytes:
        return await self._images.fetch(run.text("image"), own_files=self.files_url)

    def _keep(self, run: Run, number: int, content: bytes) -> SavedFile:
        name = f"ComfyUI_{number:05d}_.png"
        key = f"outputs/runs/{run.id}/{name}"
        self._shelf.put(key, content)
        return SavedFile(filename=name, url=self.files_url + key)


def _drawn(run: Run, wish: Wish) -> bytes:
    return as_png(draw(wish), run.deployment.workflow_api(), run.inputs | {"seed": wish.seed})
