"""Animals that sit and look at you: fox, wolf, dog, cat, tiger, rabbit and bear."""

from infrastructure.emulator.colours import Rgb, mix, shifted
from infrastructure.emulator.figures import Figure, Part, Points, both, oval

_DARK: Rgb = (42, 32, 38)
_CREAM: Rgb = (252, 242, 228)
_COATS: dict[str, Rgb] = {
    "fox": (226, 98, 36),
    "wolf": (122, 132, 146),
    "dog": (206, 148, 84),
    "cat": (92, 88, 104),
    "tiger": (238, 148, 44),
    "rabbit": (178, 152, 132),
    "bear": (118, 80, 56),
}
_BUSHY_TAIL: Points = (
    (54, 95),
    (70, 99),
    (86, 95),
    (97, 82),
    (99, 64),
    (93, 48),
    (83, 40),
    (82, 52),
    (83, 62),
    (79, 73),
    (68, 80),
    (56, 82),
)
_BUSHY_TIP: Points = (
    (99, 65),
    (93.5, 48.5),
    (83, 40),
    (82, 52),
    (82.6, 57),
    (87, 55),
    (90, 62),
    (95, 60),
)
_SLIM_TAIL: Points = (
    (56, 96),
    (74, 98),
    (89, 92),
    (95, 78),
    (90, 66),
    (83, 62),
    (82, 67),
    (87, 73),
    (87, 82),
    (80, 89),
    (68, 91),
    (56, 88),
)
_TAILS: dict[str, Points] = {
    "fox": _BUSHY_TAIL,
    "wolf": _BUSHY_TAIL,
    "dog": _SLIM_TAIL,
    "cat": _SLIM_TAIL,
    "tiger": _SLIM_TAIL,
}
_BODY: Points = (
    (36, 98),
    (31, 86),
    (31, 72),
    (34, 58),
    (38, 48),
    (44, 44),
    (51, 46),
    (58, 54),
    (65, 66),
    (70, 80),
    (69, 92),
    (62, 98),
)
_ROUND_BODY: Points = (
    (30, 98),
    (24, 86),
    (25, 70),
    (31, 56),
    (38, 47),
    (44, 45),
    (50, 47),
    (57, 56),
    (63, 70),
    (64, 86),
    (58, 98),
)
_CHEST: Points = (
    (34, 50),
    (44, 47),
    (53, 50),
    (52, 60),
    (48, 69),
    (44, 80),
    (40, 70),
    (36, 61),
)
_LEG: Points = ((37, 98), (36.5, 84), (37, 70), (41, 68), (43.4, 72), (43.4, 98))
_PAW: Points = ((36, 98.6), (36.4, 92), (37, 86), (40, 84), (43.4, 86), (43.6, 92), (43.8, 98.6))
_HAUNCH: Points = ((54, 98), (52, 86), (56, 74), (64, 72), (71, 80), (71, 92), (66, 98))
_POINTED_HEAD: Points = (
    (24, 24),
    (28, 15.5),
    (36, 12.5),
    (44, 12),
    (52, 12.5),
    (60, 15.5),
    (64, 24),
    (67, 34),
    (58, 41),
    (50, 48),
    (44, 52),
    (38, 48),
    (30, 41),
    (21, 34),
)
_ROUND_HEAD: Points = (
    (25, 26),
    (30, 16),
    (37, 12.5),
    (44, 12),
    (51, 12.5),
    (58, 16),
    (63, 26),
    (62, 38),
    (54, 47),
    (44, 50),
    (34, 47),
    (26, 38),
)
_POINTED_EAR: Points = ((23.5, 25), (22, 10), (24.5, -4), (33, 3), (41, 14))
_POINTED_EAR_INSIDE: Points = ((26.5, 19), (25.6, 9), (26.6, 2), (31.5, 7), (36, 14))
_SHORT_EAR: Points = ((25, 24), (25, 12), (28, 2), (35, 7), (41, 14))
_SHORT_EAR_INSIDE: Points = ((28, 18), (28, 11), (29.6, 6.6), (33.5, 10), (36, 14))
_LONG_EAR: Points = ((32, 16), (27, 0), (27, -16), (32, -22), (37, -14), (40, 0), (41, 14))
_LONG_EAR_INSIDE: Points = (
    (34, 10),
    (30.5, -2),
    (30.5, -12),
    (32.6, -16),
    (35, -10),
    (37, 0),
    (37, 10),
)
_FLOPPY_EAR: Points = ((33, 13), (26, 14), (19, 22), (18, 36), (22, 41), (27, 34), (30, 24))
_CHEEK: Points = (
    (21, 34),
    (28, 31),
    (34.5, 33),
    (39, 38),
    (41.5, 44),
    (44, 52),
    (38, 48),
    (30, 41),
)
_MASK: Points = ((26, 40), (32, 33), (38, 33), (41, 26), (44, 18), (44, 51), (34, 47))
_BLAZE: Points = ((43.9, 20), (40, 34), (36, 40), (38, 47), (44, 50))


def sitting(kind: str, coat: Rgb | None) -> Figure:
    """Return the animal in its own colour, or in the one that the prompt gives it."""
    base = _coat(kind, coat)
    return Figure(
        parts=(*_tail(kind), *_body(kind), *_ears(kind), *_head(kind), *_face(kind)),
        colours={
            "coat": base,
            "shade": shifted(base, light=0.78, saturation=1.08),
            "bright": mix(base, (255, 236, 200), 0.22),
            "cream": mix(_CREAM, base, 0.06 if kind in ("fox", "wolf") else 0.3),
            "dark": _DARK,
            "sock": shifted(base, light=0.42) if kind == "fox" else shifted(base, light=0.86),
            "inside": mix(_DARK, (196, 118, 112), 0.25 if kind in ("fox", "wolf") else 0.75),
            "eye": (250, 206, 92) if kind in ("cat", "wolf", "tiger") else _DARK,
            "spark": (255, 255, 255),
        },
        height=0.4 if kind == "rabbit" else 0.47,
    )


def _coat(kind: str, coat: Rgb | None) -> Rgb:
    own = _COATS[kind]
    if coat is None:
        return own
    # A "red fox" is the orange of foxes, only warmer; a blue one is blue.
    is_near = kind == "fox" and coat[0] > coat[2] + 90
    return mix(own, coat, 0.25 if is_near else 0.85)


def _tail(kind: str) -> tuple[Part, ...]:
    if kind not in _TAILS:
        return (Part("cream", oval(64, 90, 7, 7)),)
    tail = Part("shade", _TAILS[kind])
    inner = tuple((x * 0.92 + 5.6, y * 0.93 + 3.6) for x, y in _TAILS[kind])
    if kind in ("fox", "wolf"):
        return tail, Part("coat", inner), Part("cream", _BUSHY_TIP)
    return tail, Part("coat", inner)


def _body(kind: str) -> tuple[Part, ...]:
    is_round = kind in ("bear", "rabbit")
    body = Part("coat", _ROUND_BODY if is_round else _BODY)
    belly = Part("cream", oval(44, 76, 11, 15) if is_round else _CHEST)
    legs = (*both("bright", _LEG), *both("sock", _PAW))
    stripes = _stripes() if kind == "tiger" else ()
    if is_round:
        return body, belly, *both("sock", oval(34, 95, 7.5, 4.2))
    return Part("shade", _HAUNCH), body, Part("shade", _HAUNCH), *stripes, *legs, belly


def _stripes() -> tuple[Part, ...]:
    rows = ((62, 64, 54, 66), (67, 73, 57, 74), (69, 82, 60, 82))
    return tuple(
        Part("dark", ((x1, y1), (x2, y2), (x2 + 1, y2 + 1), (x1, y1 + 3.4)))
        for x1, y1, x2, y2 in rows
    )


def _ears(kind: str) -> tuple[Part, ...]:
    match kind:
        case "rabbit":
            return *both("coat", _LONG_EAR), *both("inside", _LONG_EAR_INSIDE)
        case "bear":
            return *both("coat", oval(27, 14, 7, 7)), *both("inside", oval(27.5, 14.5, 3.8, 3.8))
        case "dog":
            return ()
        case "cat" | "tiger":
            outer, inner = _SHORT_EAR, _SHORT_EAR_INSIDE
        case _:
            outer, inner = _POINTED_EAR, _POINTED_EAR_INSIDE
    return (
        *both("coat", outer, is_smooth=False),
        *both("inside", inner, is_smooth=False),
    )


def _head(kind: str) -> tuple[Part, ...]:
    if kind in ("fox", "wolf"):
        return Part("coat", _POINTED_HEAD), *both("cream", _CHEEK), Part("bright", _brow())
    head = Part("coat", _ROUND_HEAD)
    if kind == "dog":
        return head, *both("shade", _FLOPPY_EAR), *both("cream", _BLAZE)
    if kind == "bear":
        return head, Part("cream", oval(44, 40, 9, 7.4))
    if kind == "tiger":
        return head, *both("cream", oval(39, 41, 6.4, 5.6)), *_brow_stripes()
    return head, *both("cream", oval(40, 41, 5, 4.6))


def _brow() -> Points:
    return ((44, 13), (47.5, 24), (46.5, 36), (46, 44), (44, 47), (42, 44), (41.5, 36), (40.5, 24))


def _brow_stripes() -> tuple[Part, ...]:
    middle = Part("dark", ((43, 13), (45, 13), (44.6, 22), (43.4, 22)))
    return (
        middle,
        *both("dark", ((37, 14), (39, 13.4), (41, 20), (40, 21))),
        *both("dark", ((26, 32), (26, 34), (33, 36), (33, 35))),
    )


def _face(kind: str) -> tuple[Part, ...]:
    pointed = kind in ("fox", "wolf")
    eye_y = 30.0 if pointed else 29.0
    eye = oval(35, eye_y, 2.3, 2.9)
    nose = oval(44, 50 if pointed else 38.6, 3.2, 2.4)
    parts = [*both("eye", eye)]
    if kind in ("cat", "wolf", "tiger"):
        parts += both("dark", oval(35.2, eye_y, 1.0, 2.5))
    parts += [Part("spark", oval(34.3 + dx, eye_y - 1.1, 0.8, 0.8)) for dx in (0.0, 18.0)]
    parts.append(Part("dark", nose))
    if not pointed:
        parts += both("dark", ((44, 41), (44, 44), (41, 45.6), (38, 44.6), (41, 44.4), (43.4, 43)))
    return tuple(parts)
