"""Other subjects: deer, birds, a whale, a boat, a house and a castle."""

from infrastructure.emulator.colours import Rgb, mix, shifted
from infrastructure.emulator.creatures import sitting
from infrastructure.emulator.figures import Figure, Part, Points, both, oval

_DARK: Rgb = (42, 34, 40)
_CREAM: Rgb = (250, 242, 228)
_SITTING = frozenset({"fox", "wolf", "dog", "cat", "tiger", "rabbit", "bear"})


def figure(subject: str, colour: Rgb | None) -> Figure:
    """Return the figure for a subject, in the colour that the prompt gives it, if any."""
    if subject in _SITTING:
        return sitting(subject, colour)
    make = {
        "deer": _deer,
        "owl": _owl,
        "bird": _bird,
        "whale": _whale,
        "boat": _boat,
        "house": _house,
        "castle": _castle,
        "lighthouse": _lighthouse,
    }[subject]
    return make(colour)


def _tones(base: Rgb) -> dict[str, Rgb]:
    return {
        "coat": base,
        "shade": shifted(base, light=0.76),
        "bright": mix(base, (255, 240, 210), 0.25),
        "cream": mix(_CREAM, base, 0.12),
        "dark": _DARK,
        "spark": (255, 255, 255),
        "beak": (240, 164, 60),
        "lit": (255, 214, 120),
        "wood": (112, 76, 58),
        "stone": mix(base, (146, 142, 156), 0.5),
    }


_DEER_FAR_LEGS = tuple(
    Part(
        "shade",
        ((x, 66), (x + 5, 66), (x + 3.4, 84), (x + 3, 100), (x, 100), (x + 0.6, 84)),
        is_smooth=False,
    )
    for x in (40.0, 72.0)
)
_DEER_NEAR_LEGS = tuple(
    Part(
        "coat",
        ((x, 64), (x + 6, 64), (x + 4, 82), (x + 3.6, 100), (x, 100), (x + 0.8, 82)),
        is_smooth=False,
    )
    for x in (34.0, 66.0)
)
_DEER_ANTLER: Points = (
    (27, 18),
    (21, 8),
    (20, -6),
    (22, -6),
    (23, 3),
    (28, -4),
    (30, -4),
    (25, 7),
    (27, 11),
    (34, 4),
    (35.6, 5),
    (29, 15),
)
_DEER = (
    *_DEER_FAR_LEGS,
    Part(
        "coat",
        (
            (30, 56),
            (36, 48),
            (50, 48),
            (66, 46),
            (78, 50),
            (80, 60),
            (74, 68),
            (56, 69),
            (40, 70),
            (32, 66),
        ),
    ),
    Part("cream", oval(79.5, 54, 3, 4.4)),
    *_DEER_NEAR_LEGS,
    Part(
        "coat",
        ((28, 26), (34, 30), (40, 44), (44, 56), (38, 64), (30, 60), (27, 46), (25, 34)),
    ),
    Part("cream", ((28, 42), (31, 50), (33, 60), (30, 60), (27.4, 50))),
    *both("wood", _DEER_ANTLER, 30.0, is_smooth=False),
    Part("coat", ((34, 22), (42, 17), (44, 20), (37, 26)), is_smooth=False),
    Part(
        "coat",
        ((34, 20), (36, 28), (31, 34), (22, 37), (14, 37), (13, 33), (20, 28), (26, 20)),
    ),
    Part("dark", oval(14.6, 34.4, 2, 1.7)),
    Part("dark", oval(26.4, 26.6, 1.4, 1.7)),
)


def _deer(colour: Rgb | None) -> Figure:
    return Figure(
        parts=_DEER,
        colours=_tones(mix((168, 112, 70), colour, 0.8) if colour else (168, 112, 70)),
        height=0.5,
    )


_OWL_FEATHERS = tuple(
    Part("cream", oval(x, y, 2.4, 1.7))
    for y, xs in ((62, (38, 44, 50)), (69, (35, 41, 47, 53)), (76, (38, 44, 50)))
    for x in xs
)
_OWL = (
    Part("shade", ((34, 94), (44, 104), (54, 94), (50, 84), (38, 84))),
    Part(
        "coat",
        (
            (25, 40),
            (24, 62),
            (30, 84),
            (44, 96),
            (58, 84),
            (64, 62),
            (63, 40),
            (56, 24),
            (44, 21),
            (32, 24),
        ),
    ),
    Part("bright", oval(44, 72, 13, 19)),
    *_OWL_FEATHERS,
    *both("shade", ((27, 46), (22, 64), (27, 82), (33, 84), (35, 66), (33, 52))),
    *both("coat", ((28, 34), (25, 14), (42, 25)), is_smooth=False),
    *both("cream", oval(36, 38, 8.6, 9)),
    *both("dark", oval(36.6, 38, 4.8, 5.2)),
    *both("lit", oval(36.6, 38, 3.9, 4.3)),
    *both("dark", oval(37, 38, 2.4, 2.8)),
    *both("beak", oval(39, 96, 3, 2.6)),
    Part("beak", ((41, 43), (47, 43), (44, 51)), is_smooth=False),
)


def _owl(colour: Rgb | None) -> Figure:
    return Figure(
        parts=_OWL,
        colours=_tones(mix((132, 98, 72), colour, 0.8) if colour else (132, 98, 72)),
        height=0.42,
    )


def _bird(colour: Rgb | None) -> Figure:
    return Figure(
        parts=(
            Part("dark", ((46, 84), (47.4, 84), (46.4, 100), (45, 100)), is_smooth=False),
            Part("dark", ((54, 84), (55.4, 84), (54.4, 100), (53, 100)), is_smooth=False),
            Part("shade", ((70, 66), (98, 78), (96, 86), (84, 84), (64, 80)), is_smooth=False),
            Part(
                "coat",
                (
                    (22, 46),
                    (28, 34),
                    (42, 32),
                    (52, 42),
                    (66, 52),
                    (78, 68),
                    (70, 82),
                    (52, 87),
                    (36, 82),
                    (27, 66),
                ),
            ),
            Part("bright", ((26, 52), (34, 52), (46, 62), (52, 78), (46, 85), (36, 81), (28, 67))),
            Part("shade", ((44, 56), (58, 54), (74, 68), (84, 78), (66, 77), (52, 70))),
            Part("beak", ((22, 43), (11, 48), (23, 51)), is_smooth=False),
            Part("dark", oval(31, 43, 2.5, 2.7)),
            Part("spark", oval(30.2, 42.2, 0.9, 0.9)),
        ),
        colours=_tones(colour or (214, 92, 64)),
        height=0.3,
    )


_WHALE = (
    Part(
        "coat",
        (
            (84, 78),
            (88, 62),
            (82, 50),
            (90, 52),
            (95, 56),
            (101, 50),
            (109, 50),
            (102, 60),
            (96, 66),
            (94, 82),
        ),
    ),
    Part(
        "coat",
        (
            (6, 96),
            (8, 78),
            (20, 64),
            (40, 60),
            (60, 66),
            (76, 78),
            (92, 84),
            (96, 92),
            (90, 100),
            (10, 100),
        ),
    ),
    Part("cream", ((8, 92), (20, 94), (40, 96), (60, 100), (12, 100))),
    Part("shade", ((44, 92), (58, 96), (64, 106), (50, 102))),
    Part("dark", oval(24, 84, 1.5, 1.7)),
    *(
        Part("spark", oval(30 + dx, 46 - dy, r, r * 1.3))
        for dx, dy, r in (
            (0, -8, 1.6),
            (0, 2, 2.0),
            (-5, 10, 2.2),
            (5, 10, 2.2),
            (-10, 5, 1.8),
            (10, 5, 1.8),
        )
    ),
)


def _whale(colour: Rgb | None) -> Figure:
    return Figure(
        parts=_WHALE,
        colours=_tones(mix((62, 98, 142), colour, 0.8) if colour else (62, 98, 142)),
        height=0.5,
    )


def _boat(colour: Rgb | None) -> Figure:
    return Figure(
        parts=(
            Part("wood", ((48.5, 8), (50.5, 8), (50.5, 84), (48.5, 84)), is_smooth=False),
            Part("cream", ((52, 10), (66, 40), (84, 74), (52, 74)), is_smooth=False),
            Part("coat", ((47, 18), (38, 44), (22, 74), (47, 74)), is_smooth=False),
            Part("bright", ((47, 18), (44, 44), (42, 74), (47, 74)), is_smooth=False),
            Part("wood", ((14, 82), (88, 82), (78, 100), (26, 100)), is_smooth=False),
            Part("cream", ((14, 82), (88, 82), (86.6, 85), (15.6, 85)), is_smooth=False),
        ),
        colours=_tones(colour or (214, 84, 66)),
        height=0.4,
    )


def _house(colour: Rgb | None) -> Figure:
    window = ((58.0, 66.0), (70.0, 66.0), (70.0, 79.0), (58.0, 79.0))
    return Figure(
        parts=(
            Part("stone", ((68, 28), (76, 28), (76, 50), (68, 50)), is_smooth=False),
            Part("cream", ((18, 54), (82, 54), (82, 100), (18, 100)), is_smooth=False),
            Part("stone", ((18, 92), (82, 92), (82, 100), (18, 100)), is_smooth=False),
            Part("coat", ((50, 22), (92, 58), (8, 58)), is_smooth=False),
            Part("shade", ((50, 22), (92, 58), (62, 58)), is_smooth=False),
            Part("wood", ((30, 68), (43, 68), (43, 100), (30, 100)), is_smooth=False),
            Part("lit", window, is_smooth=False),
            Part("wood", ((63.4, 66), (64.6, 66), (64.6, 79), (63.4, 79)), is_smooth=False),
            Part("lit", oval(50, 44, 4, 4)),
        ),
        colours=_tones(colour or (164, 72, 58)),
        height=0.42,
    )


def _castle(colour: Rgb | None) -> Figure:
    towers = (
        *_tower(14, 34, 44),
        *_tower(66, 86, 44),
        Part("cream", ((30, 58), (70, 58), (70, 100), (30, 100)), is_smooth=False),
        *_tower(40, 60, 30),
    )
    gate: Points = ((44, 100), (44, 86), (50, 80), (56, 86), (56, 100))
    return Figure(
        parts=(*towers, Part("wood", gate, is_smooth=False)),
        colours=_tones(colour or (96, 92, 150)),
        height=0.56,
    )


def _lighthouse(colour: Rgb | None) -> Figure:
    def band(top: float, bottom: float, tone: str) -> Part:
        def half(y: float) -> float:
            return 6.5 + 6.5 * (y - 20) / 80

        return Part(
            tone,
            (
                (50 - half(top), top),
                (50 + half(top), top),
                (50 + half(bottom), bottom),
                (50 - half(bottom), bottom),
            ),
            is_smooth=False,
        )

    return Figure(
        parts=(
            Part("stone", ((26, 94), (50, 88), (74, 94), (84, 104), (16, 104))),
            *(band(20 + 16 * n, 36 + 16 * n, "cream" if n % 2 else "coat") for n in range(5)),
            Part("dark", ((40, 17), (60, 17), (60, 20.6), (40, 20.6)), is_smooth=False),
            Part("lit", ((44, 6), (56, 6), (56, 17), (44, 17)), is_smooth=False),
            Part("dark", ((49.4, 6), (50.6, 6), (50.6, 17), (49.4, 17)), is_smooth=False),
            Part("shade", ((42, 6.6), (50, -4), (58, 6.6)), is_smooth=False),
            Part("wood", ((47, 90), (53, 90), (53, 100), (47, 100)), is_smooth=False),
        ),
        colours=_tones(colour or (204, 66, 58)),
        height=0.6,
    )


def _tower(left: float, right: float, top: float) -> tuple[Part, ...]:
    middle = (left + right) / 2
    walls: Points = ((left, top), (right, top), (right, 100), (left, 100))
    shaded: Points = ((middle + 3, top), (right, top), (right, 100), (middle + 3, 100))
    roof: Points = ((left - 3, top), (middle, top - 30), (right + 3, top))
    return (
        Part("cream", walls, is_smooth=False),
        Part("stone", shaded, is_smooth=False),
        Part("coat", roof, is_smooth=False),
        Part("lit", oval(middle, top + 14, 2.6, 4.4)),
    )
