"""Where the files of a run are made: in a thread of its own, so that the server keeps answering."""

import asyncio
import functools
import secrets
from collections.abc import Callable, Iterator
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
_USUAL_STRENGTH = 0.6
_USUAL_SIDE = 512
_MAX_SIDE = 2048
_TEXTS = ("Text", "TextAny", "TextSingleLine")
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
        picture = _picture_of(run)
        if picture is None:
            contents = [await self.in_thread(each) for each in self._drawings(run)]
        elif run.declared("factor") is not None:
            contents = [await self._enlarged(run, picture)]
        else:
            contents = [await self._repainted(run, picture)]
        files = [
            await self.in_thread(functools.partial(self._keep, run, number, content))
            for number, content in enumerate(contents, 1)
        ]
        node_id = run.deployment.last_node_id
        return Output(
            node_id=node_id,
            node_class=_class_of(run, node_id),
            files=tuple(files),
            created_at=self._dials.now(),
        )

    def _drawings(self, run: Run) -> list[Callable[[], bytes]]:
        seed = int(run.number("seed", -1))
        if seed < 0:
            seed = secrets.randbelow(_MAX_SEED)
        wish = Wish(
            prompt=_words_of(run),
            negative=run.text("negative"),
            width=_side(run, "width"),
            height=_side(run, "height"),
            seed=seed,
        )
        wishes = [
            attrs.evolve(wish, seed=(seed + number) % _MAX_SEED)
            for number in range(max(1, int(run.number("batch", 1))))
        ]
        return [functools.partial(_drawn, run, each) for each in wishes]

    async def _repainted(self, run: Run, picture: str) -> bytes:
        source = await self._source(picture)

        def work() -> bytes:
            image = repaint(
                opened(source),
                prompt=_words_of(run),
                strength=run.number("strength", _USUAL_STRENGTH),
                seed=run.text("seed"),
            )
            return as_png(image, run.deployment.workflow_api(), run.inputs)

        return await self.in_thread(work)

    async def _enlarged(self, run: Run, picture: str) -> bytes:
        source = await self._source(picture)

        def work() -> bytes:
            image = enlarge(opened(source), factor=int(run.number("factor")))
            return as_png(image, run.deployment.workflow_api(), run.inputs)

        return await self.in_thread(work)

    async def _source(self, picture: str) -> bytes:
        return await self._images.fetch(picture, own_files=self.files_url)

    def _keep(self, run: Run, number: int, content: bytes) -> SavedFile:
        name = f"ComfyUI_{number:05d}_.png"
        key = f"outputs/runs/{run.id}/{name}"
        self._shelf.put(key, content)
        return SavedFile(filename=name, url=self.files_url + key)


def _drawn(run: Run, wish: Wish) -> bytes:
    return as_png(draw(wish), run.deployment.workflow_api(), run.inputs | {"seed": wish.seed})


def _picture_of(run: Run) -> str | None:
    """Return the address of the picture to start from; None for a workflow that takes none."""
    declared = next((one for one in run.deployment.inputs if one.kind == "Image"), None)
    return None if declared is None else run.text(declared.input_id)


def _words_of(run: Run) -> str:
    """Return what the picture shows: the prompt, else the first text, else the graph's own."""
    texts = [one.input_id for one in run.deployment.inputs if one.kind in _TEXTS]
    if texts:
        return run.text("prompt" if "prompt" in texts else texts[0])
    return next((str(value) for value in _literals(run, "text") if isinstance(value, str)), "")


def _side(run: Run, name: str) -> int:
    """Return a side of the picture in pixels: the input's, else the graph's own, within bounds."""
    own = next((value for value in _literals(run, name) if isinstance(value, int)), _USUAL_SIDE)
    return min(_MAX_SIDE, max(1, int(run.number(name, own))))


def _literals(run: Run, field: str) -> Iterator[object]:
    """Yield what the graph's nodes hold in a field of this name, wires left out."""
    for node in run.deployment.workflow_api().values():
        fields = node.get("inputs") if isinstance(node, dict) else None
        if isinstance(fields, dict) and not isinstance(fields.get(field), list):
            yield fields.get(field)


def _class_of(run: Run, node_id: str) -> str:
    node = run.deployment.workflow_api().get(node_id)
    return str(node.get("class_type")) if isinstance(node, dict) else "SaveImage"
