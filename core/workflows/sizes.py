"""Sizes: from the shape that a person wants to a width and a height that the workflow takes."""

import math
import re
from collections.abc import Mapping

from core.shared.errors import SHOWN_NAME_LENGTH, InputRefusedError
from core.workflows.inputs import Input
from core.workflows.kinds import Role
from core.workflows.model import Workflow

ASPECTS: Mapping[str, float] = {"portrait": 2 / 3, "landscape": 3 / 2, "square": 1.0}
"""Width by height. What cameras and paper have, and what image models are trained on."""

USUAL_SIDE = 1024.0
"""The side of a picture, in pixels, where the workflow does not tell."""

GRID = 8
"""Image models work on cells of so many pixels; other sides would be cut to these."""

SLIMMEST = 8.0
"""How many times longer than the other a side may be."""

_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)(?:\s*[:x\u00d7/]\s*(\d{1,5}(?:\.\d{1,4})?))?")


def ratio_of(text: str) -> float | None:
    """Return width by height of `16:9`, `3x2`, `1.5` or `portrait`; None for anything else."""
    plain = text.strip().lower()
    found = _RATIO.fullmatch(plain)
    if found is None or not plain.isascii():
        return ASPECTS.get(plain)
    width, height = float(found[1]), float(found[2] or 1)
    if not width or not height or not 1 / SLIMMEST <= width / height <= SLIMMEST:
        return None
    return width / height


def has_sizes(workflow: Workflow) -> bool:
    """Whether a workflow can be told a shape."""
    return _side(workflow, Role.WIDTH) is not None and _side(workflow, Role.HEIGHT) is not None


def size_for(
    workflow: Workflow,
    ratio: float,
    *,
    width: float | None = None,
    height: float | None = None,
) -> dict[str, float]:
    """
    Return width and height of a shape, in pixels, by input name.

    They make about as many pixels as the workflow's defaults, unless one side is given. Each is
    one that its input takes. Raises InputRefusedError where the workflow has no such inputs.
    """
    wide, high = _side(workflow, Role.WIDTH), _side(workflow, Role.HEIGHT)
    if wide is None or high is None:
        raise InputRefusedError(
            "ar", f"/{workflow.name} makes its pictures in a size of its own: leave the shape out."
        )
    if width is not None:
        sides = width, height or width / ratio
    elif height is not None:
        sides = height * ratio, height
    else:
        pixels = _default(wide) * _default(high)
        sides = math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)
    factor = _factor(*zip((wide, high), sides, strict=True))
    return {
        each.name: _nearest(each, side * factor)
        for each, side in zip((wide, high), sides, strict=True)
    }


def shape_of(workflow: Workflow, text: str) -> float:
    """Return the shape that a text names. Raises InputRefusedError, which says what would do."""
    ratio = ratio_of(text)
    if ratio is None:
        raise InputRefusedError(
            "ar",
            f"“{text[:SHOWN_NAME_LENGTH]}” is no shape: please write 16:9, 3:2, portrait, "
            f"landscape or square, as in /{workflow.name} a red fox --ar 16:9. One side may be "
            f"{SLIMMEST:g} times the other.",
        )
    return ratio


def _side(workflow: Workflow, role: Role) -> Input | None:
    return next((each for each in workflow.inputs if each.role is role), None)


def _default(side: Input) -> float:
    """Return the side that a workflow draws by itself, in pixels."""
    default = side.default
    if isinstance(default, bool) or not isinstance(default, int | float) or default <= 0:
        return USUAL_SIDE
    return float(default)


def _factor(*sides: tuple[Input, float]) -> float:
    """Return by what both sides are scaled so that neither leaves its range, if that can be."""
    most = [each.maximum / side for each, side in sides if each.maximum is not None and side]
    least = [each.least / side for each, side in sides if each.least is not None and side]
    return max(min([1.0, *most]), *least, 0.0)


def _nearest(each: Input, side: float) -> float:
    """Return the nearest side, in pixels, that an input takes."""
    step = each.step if each.step and (each.step >= 1 and GRID % each.step) else GRID
    low = -math.inf if each.least is None else each.least
    high = math.inf if each.maximum is None else each.maximum
    # The nearest cell that is within the range, if there is one; the input has the last word.
    cells = [math.floor(side / step + shift) * step for shift in (0.5, -0.5, 1.5)]
    within = [cell for cell in cells if low <= cell <= high]
    best = within[0] if within else min(max(side, low), high)
    taken = each.accept(float(round(best)))
    return taken if isinstance(taken, int | float) else best
