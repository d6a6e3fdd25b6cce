"""
Their JSON as frozen attrs values, tolerantly.

A field that is missing, null or of a wrong kind has its default, never an error, and a row of a
list that is no object is left out.
So every field of such a value needs a default. Moments are UTC whichever of their five spellings
they come in; numbers may be written as text, as the lists of runs do it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from infrastructure.comfy_deploy.wire import moment, number, row, rows, text

T = TypeVar("T")


def decoded(kind: type[T], body: object) -> T:
    """Return one value of an answer; an answer that is no object has nothing but defaults."""
    return _converter.structure(row(body), kind)


def decoded_rows(kind: type[T], body: object) -> tuple[T, ...] | None:
    """Return the values of a list, bare or wrapped (T-15); None when the answer holds no list."""
    listed = rows(body)
    return None if listed is None else tuple(decoded(kind, each) for each in listed)


def _number(kind: type[int] | type[float]) -> Callable[[object, object], object]:
    def structure(value: object, _: object) -> object:
        found = number(value)
        return kind() if found is None else kind(found)

    return structure


def _is_optional(kind: object) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)


def _optional(value: object, kind: object) -> object:
    """Return None for whatever is not of the kind that may be there."""
    (inner,) = (each for each in get_args(kind) if each is not type(None))
    fits: Mapping[object, object] = {
        str: isinstance(value, str) or None,
        int: number(value),
        float: number(value),
        bool: isinstance(value, bool) or None,
        datetime: moment(value),
    }
    if attrs.has(get_origin(inner) or inner) and not isinstance(value, Mapping):
        return None
    return None if fits.get(inner, value) is None else _converter.structure(value, inner)


def _is_row_tuple(kind: object) -> bool:
    return get_origin(kind) is tuple


def _tuple(value: object, kind: object) -> object:
    inner = get_args(kind)[0]
    if not isinstance(value, list):
        return ()
    kept = [each for each in value if isinstance(each, Mapping)] if attrs.has(inner) else value
    if inner is str:
        kept = [each for each in value if isinstance(each, str)]
    return tuple(_converter.structure(each, inner) for each in kept)


def _is_mapping(kind: object) -> bool:
    return get_origin(kind) is Mapping


def _made() -> cattrs.Converter:
    # Nothing raises in here, so the detailed reports of cattrs would only cost time.
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_structure_hook(str, lambda value, _: text(value))
    converter.register_structure_hook(bool, lambda value, _: value is True)
    converter.register_structure_hook(int, _number(int))
    converter.register_structure_hook(float, _number(float))
    converter.register_structure_hook(datetime, lambda value, _: moment(value))
    converter.register_structure_hook_func(_is_optional, _optional)
    converter.register_structure_hook_func(_is_row_tuple, _tuple)
    converter.register_structure_hook_func(_is_mapping, lambda value, _: row(value))

    def whole(kind: type[attrs.AttrsInstance]) -> Callable[[object, object], object]:
        plain = make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=False)
        return lambda value, _: plain(row(value), kind)

    converter.register_structure_hook_factory(attrs.has, whole)
    return converter


_converter = _made()
