"""Recorded answers, spoiled by chance: the same seed spoils the same way again."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict, cast

import attrs

from tests.infrastructure.comfy_deploy.loopback import Reply

Json = object
Chance = random.Random

_RECORDED = Path(__file__).parents[2] / "contracts" / "recorded_exchanges.json"
_STOP_HERE = 0.15
_USUALLY = 0.3
_LONG = 60_000
_MANY = 4_000


class _Exchange(TypedDict):
    name: str
    status: int
    type: str
    body: Json


class _Recorded(TypedDict):
    exchanges: list[_Exchange]


@attrs.frozen(kw_only=True)
class Mutant:
    """One answer as it goes over the wire. Its seed makes it again."""

    seed: int
    about: str
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = attrs.field(repr=False)

    @property
    def reply(self) -> Reply:
        """The answer with a head that fits its length."""
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.kind}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.body)}", "Connection: close", "", ""]
        return Reply(raw="\r\n".join(lines).encode() + self.body)


@attrs.frozen
class Written:
    """JSON, or what looks like it, that goes out as these letters."""

    text: str


DEEP = Written("[" * 1000 + "]" * 1000)
"""As deep as the decoder takes it, which is deeper than Python itself writes it out."""

ODD_VALUES: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 0.5, -0.0, 2**53 + 1, 2**64, -(2**63) - 1, 1e308),
    *map(Written, ("1e999", "-1e999", "1" + "0" * 400, "NaN", "Infinity", "-Infinity", "01", "+1")),
    *map(Written, ('"\\ud800"', '"a\\udfffb"', '"\\u0000"', '"a\\u0000b"', '"\\x"', "undefined")),
    *("", " ", "None", "null", "nan", "inf", "-1e400", "1_000", "0x10", "٣٤", "²", "50%", "999 %"),
    *("2026-11-22T21:52Z", "2026-11-22T21:51:59.1+00Z", "9999-12-31T23:59:59-23:59"),
    *("0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026-11-22T21:52:00+99:99"),
    *("٢٠٢٦-11-22T21:52:00Z", "2026-11-22T24:60:60Z", "1970", "-0001-01-01"),
    *("http://[", "https://[::1", "https://user:pw@h/x", "http://℀.com/a", "https://a/%ZZ%00%ff"),
    *("http://", "https:///x", "http://h:99999999/x", "data:image/png;base64,AAAA"),
    *("<html>", "Bearer x", "eyJ-eyJ-.eyJ", "../../etc/passwd", "%s{0}{a!r}", "\u202e\ufeff\x7f"),
    *([], {}, [[]], [None], [0, "a", {}], {"": ""}, {"url": 1}, {"id": []}, {"detail": [[]]}),
    *({"detail": [{"loc": ["body", "inputs"]}]}, {"detail": [{"loc": ["inputs", {}], "msg": []}]}),
    *({"data": {"images": [{"url": "http://["}]}}, {"outputs": {"1": {"2": [["http://h/a"]]}}}),
    *(DEEP, Written("[" * _LONG + "]" * _LONG), {"error": DEEP}, {"status": DEEP}),
    *({"detail": [{"msg": DEEP, "loc": [DEEP]}]}, {"message": {"message": DEEP}}),
    *(Written('{"a":' * 1000 + "1" + "}" * 1000), Written('{"data":' * _LONG)),
    *("x" * _LONG, "\0" * _MANY, "é\U0001d11e" * _MANY, [0] * _MANY, [{}] * _MANY),
    *({str(number): number for number in range(_MANY)}, "http://" * 40, "9" * _MANY),
)
"""What a field may hold instead: of another kind, huge, deep, or hardly JSON."""

KINDS = (
    *("application/json", "application/json; charset=utf-8", "application/json; charset=utf-16"),
    *("application/problem+json", "text/html", "text/plain"),
    *("application/octet-stream", "", "APPLICATION/JSON", "json", ";", "application/json;;;=", "é"),
    *(
        "text/event-stream",
        "text/event-stream; charset=utf-7",
        "text/event-stream; charset=undefined",
        "text/event-stream; charset=hex",
        "image/png",
        "x" * _MANY,
    ),
)
STATUSES = (
    200,
    200,
    200,
    201,
    204,
    206,
    299,
    304,
    400,
    402,
    403,
    404,
    418,
    422,
    429,
    500,
    503,
    599,
)
HEADERS = (
    *({"Retry-After": each} for each in ("0", "-1", "1e9", "nan", "9" * 9, "9" * 40, "٣", "soon")),
    {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"Retry-After": "Mon, 01 Jan 0001 00:00:00 +2359"},
    {"Retry-After": "Mon, 01 Jan 2024 00:00:00 +999999999999"},
    *({"Content-Encoding": each} for each in ("gzip", "deflate", "br", "zstd", "nonsense")),
)
HTML = b"<!doctype html><title>502</title>" + b"<p>Bad gateway</p>" * 500


def exchanges() -> list[_Exchange]:
    """Return the recorded exchanges, of every kind that we ask for."""
    recorded = cast("_Recorded", json.loads(_RECORDED.read_text(encoding="utf-8")))
    return recorded["exchanges"]


BASES = exchanges()


def mutant(seed: int) -> Mutant:
    """Return an answer of a recorded kind with one to four things wrong with it."""
    chance = random.Random(seed)  # noqa: S311 - a replayable test, no secret
    base = BASES[seed % len(BASES)]
    tree = base["body"]
    for _ in range(chance.randint(0, 3)):
        tree = changed(tree, chance)
    made = Mutant(
        seed=seed,
        about=base["name"],
        status=base["status"],
        kind=base["type"],
        body=spoiled(_as_sent(base, tree), chance),
    )
    return _with_other_head(made, chance)


def _as_sent(base: _Exchange, tree: Json) -> bytes:
    if isinstance(tree, str) and not base["type"].startswith("application/json"):
        return tree.encode()
    return written(tree).encode()


def changed(tree: Json, chance: Chance) -> Json:
    """Return the tree with one place of it replaced, left out or told twice."""
    if chance.random() > _STOP_HERE:
        if isinstance(tree, dict) and tree:
            key = chance.choice(sorted(tree))
            return tree | {key: changed(tree[key], chance)}
        if isinstance(tree, list) and tree:
            place = chance.randrange(len(tree))
            return [*tree[:place], changed(tree[place], chance), *tree[place + 1 :]]
    if isinstance(tree, dict) and tree and chance.random() < _STOP_HERE:
        return _told_twice(tree, chance)
    return chance.choice(ODD_VALUES)


def written(tree: Json) -> str:
    """Write a tree as JSON, with what is `Written` already as it is."""
    if isinstance(tree, Written):
        return tree.text
    if isinstance(tree, dict):
        return "{" + ",".join(f"{written(key)}:{written(each)}" for key, each in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(written, tree)) + "]"
    return json.dumps(tree, ensure_ascii=False)


def _told_twice(tree: dict[str, Json], chance: Chance) -> Written:
    key = chance.choice(sorted(tree))
    twice = f"{written(key)}:{written(chance.choice(ODD_VALUES))}"
    return Written(f"{{{twice},{written(tree)[1:-1]},{twice}}}")


def _cut(body: bytes, chance: Chance) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _flipped(body: bytes, chance: Chance) -> bytes:
    spoilt = bytearray(body)
    for _ in range(min(len(spoilt), 3)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def _with_bytes_in(body: bytes, chance: Chance) -> bytes:
    place = chance.randrange(len(body) + 1)
    odd = (b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1f\x8b", b"\n\n", b" " * _LONG, b"\r")
    return body[:place] + chance.choice(odd) + body[place:]


def _in_another_charset(body: bytes, chance: Chance) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(chance.choice(("utf-16", "utf-32", "latin-1", "utf-7", "cp500")), "replace")


_SPOILS: tuple[Callable[[bytes, Chance], bytes], ...] = (
    _cut,
    _flipped,
    _with_bytes_in,
    _in_another_charset,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body + body,
    lambda body, _: body[:0],
    lambda body, _: HTML + body[:0],
)


def spoiled(body: bytes, chance: Chance) -> bytes:
    """Return the bytes, now and then with something wrong on their way."""
    return chance.choice(_SPOILS)(body, chance) if chance.random() < 2 * _STOP_HERE else body


def _with_other_head(made: Mutant, chance: Chance) -> Mutant:
    if chance.random() < _STOP_HERE:
        made = attrs.evolve(made, kind=chance.choice(KINDS))
    if chance.random() < _STOP_HERE:
        made = attrs.evolve(made, status=chance.choice(STATUSES))
    if chance.random() < _STOP_HERE:
        made = attrs.evolve(made, headers=chance.choice(HEADERS))
    return made


_UUID = "5e47a41f-7087-4d52-b59e-b75eae997673"
FRAMES: tuple[tuple[str, Json], ...] = (
    ("event_update", {"event": "queuing"}),
    ("event_update", {"event": "function_call_id", "data": "fc-01"}),
    ("event_update", {"prompt_id": _UUID, "number": 1, "node_errors": {}}),
    ("event_update", {"error": {"message": "Prompt has no outputs"}, "node_errors": {"1": {}}}),
    ("event_update", {"event": "progress", "data": {"node": "5", "value": 3, "max": 20}}),
    ("event_update", {"event": "live_status", "data": {"live_status": "a", "progress": 0.5}}),
    ("event_update", {"event": "output_ready", "data": {"node": "9", "output": {"images": []}}}),
    ("event_update", {"event": "status", "data": {"prompt_id": _UUID, "status": "running"}}),
    ("log_update", {"logs": "a line", "timestamp": 1795384380.5}),
    ("message", {"type": "subscribed"}),
    (
        "message",
        {"run_id": "staging", "progress": 0.5, "status": "running", "node_class": "KSampler"},
    ),
    ("message", {"message": "a line", "level": "info", "timestamp": "2026-11-22T21:52:00.661Z"}),
    ("message", {"error": "Run not found"}),
    ("event_update", {"event": "status", "data": {"prompt_id": _UUID, "status": "success"}}),
    ("message", {"type": "stream_complete", "source": "clickhouse"}),
)
"""A frame of each kind that the three streams send (contract 4.2 and 5)."""

_ODD_LINES = ("retry: soon", "id: \0", ":", "data", "event: " + "x" * _MANY, "data: ", "d\x85: 1")
_ENDS = ("\n\n", "\r\n\r\n", "\r\r", "\n", "\n\n\n", "\u2028\n", "")


def stream_mutant(seed: int) -> Mutant:
    """Return a stream of events with some of them changed and its bytes spoiled now and then."""
    chance = random.Random(seed)  # noqa: S311 - a replayable test, no secret
    kept = [each for each in FRAMES if chance.random() < 2 * _USUALLY]
    parts = [_frame(name, data, chance) for name, data in kept]
    body = spoiled("".join(parts).encode(), chance)
    made = Mutant(seed=seed, about="a stream", kind="text/event-stream", body=body)
    return _with_other_head(made, chance)


def _frame(name: str, data: Json, chance: Chance) -> str:
    if chance.random() < _USUALLY:
        data = changed(data, chance)
    lines = [f"event: {name}", f"data: {written(data)}"]
    if chance.random() < _STOP_HERE:
        lines.insert(chance.randrange(3), chance.choice(_ODD_LINES))
    return "\n".join(lines) + (chance.choice(_ENDS) if chance.random() < _USUALLY else "\n\n")
