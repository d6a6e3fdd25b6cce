"""Good and bad requests to a route, made from its part of ComfyUI Deploy's OpenAPI document."""

from collections.abc import Mapping
from typing import cast

import attrs
from hypothesis import strategies as st

Json = object
Schema = Mapping[str, object]

UNKNOWN = "00000000-0000-0000-0000-000000000001"
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_VALUES: st.SearchStrategy[Json] = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)
_ODD: st.SearchStrategy[Json] = _VALUES | st.just([]) | st.just({}) | st.just([{"a": 1}])
_BAD_IDS = (UNKNOWN, "not-a-uuid", "00000000")
_BAD_QUERY = st.sampled_from(["bogus", "-1", "", "1e9", "null"])


@attrs.frozen
class Operation:
    """One route of the document."""

    method: str
    path: str
    told: Schema
    document: Schema

    @property
    def name(self) -> str:
        """The route as the table of endpoints calls it."""
        return f"{self.method} {self.path}"

    def answers_with(self, status: int) -> Schema | None:
        """Return the schema of the JSON of a status, None for a status that is not told."""
        responses = cast("Schema", self.told["responses"])
        answer = cast("Mapping[str, Mapping[str, Schema]] | None", responses.get(str(status)))
        if answer is None:
            return None
        return cast("Schema", answer["content"].get("application/json", {}).get("schema", {}))


@attrs.frozen
class Sent:
    """One request: what fills its path, its query and its body."""

    at: Mapping[str, str]
    query: Mapping[str, str]
    body: Json = None
    has_file: bool = False


@attrs.frozen
class Maker:
    """Makes requests; `words` are good for the fields and places of their names."""

    operation: Operation
    words: Mapping[str, str]

    def requests(self) -> st.SearchStrategy[Sent]:
        """Return requests in which anything may be wrong, and often nothing is."""
        parameters = cast("list[Schema]", self.operation.told.get("parameters", []))
        at = {self._name(each): self._place(each) for each in parameters if each["in"] == "path"}
        asked = [each for each in parameters if each["in"] == "query"]
        must = {self._name(each): self._word(each) for each in asked if each["required"]}
        may = {self._name(each): self._word(each) for each in asked if not each["required"]}
        query = st.fixed_dictionaries(must, optional=may)
        has_file = st.booleans() if self._is_form() else st.just(value=False)
        return st.builds(
            Sent,
            at=st.fixed_dictionaries(at),
            query=query | st.just({}),
            body=self._bodies(),
            has_file=has_file,
        )

    def _content(self) -> Mapping[str, Schema]:
        body = cast(
            "Mapping[str, Mapping[str, Schema]]", self.operation.told.get("requestBody", {})
        )
        return body.get("content", {})

    def _is_form(self) -> bool:
        return "multipart/form-data" in self._content()

    def _bodies(self) -> st.SearchStrategy[Json]:
        content = self._content().get("application/json")
        if content is None:
            return st.none()
        good = self.of(cast("Schema", content["schema"]), "")
        return st.one_of(good, good, good.flatmap(_spoiled), st.just({}))

    def _name(self, parameter: Schema) -> str:
        return str(parameter["name"])

    def _place(self, parameter: Schema) -> st.SearchStrategy[str]:
        known = self.words.get(self._name(parameter))
        return st.sampled_from(_BAD_IDS) if known is None else _mostly(known)

    def _word(self, parameter: Schema) -> st.SearchStrategy[str]:
        good = self.of(cast("Schema", parameter["schema"]), self._name(parameter))
        return good.map(_in_query) | _BAD_QUERY

    def of(self, schema: Schema, name: str) -> st.SearchStrategy[Json]:
        """Return what a schema allows. A known word stands where it is wanted."""
        if name in self.words:
            return _mostly(self.words[name])
        if "$ref" in schema:
            return self.of(self._referred(str(schema["$ref"])), name)
        if "enum" in schema:
            return st.sampled_from(cast("list[Json]", schema["enum"]))
        if "anyOf" in schema:
            return st.one_of(
                [self.of(each, name) for each in cast("list[Schema]", schema["anyOf"])]
            )
        return self._plain(schema, name)

    def _plain(self, schema: Schema, name: str) -> st.SearchStrategy[Json]:
        kinds: Mapping[str, st.SearchStrategy[Json]] = {
            "string": _TEXTS,
            "integer": st.integers(0, 100),
            "number": st.floats(0, 100),
            "boolean": st.booleans(),
            "null": st.none(),
        }
        kind = str(schema.get("type", ""))
        if kind == "array":
            return st.lists(self.of(cast("Schema", schema.get("items", {})), name), max_size=3)
        if kind != "object":
            return kinds.get(kind, _VALUES)
        return self._object(schema)

    def _object(self, schema: Schema) -> st.SearchStrategy[Json]:
        fields = cast("Mapping[str, Schema]", schema.get("properties", {}))
        if not fields:
            inner = schema.get("additionalProperties")
            each = self.of(cast("Schema", inner), "") if isinstance(inner, dict) else _VALUES
            return st.dictionaries(_TEXTS, each, max_size=3)
        wanted = cast("list[str]", schema.get("required", []))
        made = {name: self.of(each, name) for name, each in fields.items()}
        must = {name: each for name, each in made.items() if name in wanted}
        may = {name: each for name, each in made.items() if name not in wanted}
        return st.fixed_dictionaries(must, optional=may)

    def _referred(self, reference: str) -> Schema:
        found: object = self.operation.document
        for name in reference.removeprefix("#/").split("/"):
            found = cast("Schema", found)[name]
        return cast("Schema", found)


def _mostly(word: str) -> st.SearchStrategy[str]:
    return st.sampled_from([word] * 5 * len(_BAD_IDS) + [*_BAD_IDS])


def _spoiled(body: Json) -> st.SearchStrategy[Json]:
    if not isinstance(body, dict) or not body:
        return _ODD
    return st.builds(lambda key, odd: body | {key: odd}, st.sampled_from(sorted(body)), _ODD)


def _in_query(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
