"""Raw values into structs: every mistake reported, good values kept, agreement with msgspec."""

from typing import Annotated, Any, Literal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, inspect

from flows.settings_shape import dotted, shaped
from flows.toml_places import Path


class Inner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5


class Outer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=9)] = 1
    word: Literal["a", "b"] | None = None
    flag: bool = False
    listed: list[str] = []
    named: dict[str, float] = {}
    inner: list[Inner] = []


def told(raw: Any) -> tuple[Any, list[tuple[Path, str]]]:
    found: list[tuple[Path, str]] = []
    value = shaped(raw, inspect.type_info(Outer), (), lambda path, text: found.append((path, text)))
    return value, found


def test_everything_right() -> None:
    raw = {
        "count": 9,
        "word": "b",
        "flag": True,
        "listed": ["x"],
        "named": {"k": 1},
        "inner": [{"name": "n", "share": 0.25}],
    }
    assert told(raw) == (msgspec.convert(raw, Outer), [])
    assert told({"word": None}) == (Outer(), [])


def test_everything_wrong_is_told_and_the_rest_is_kept() -> None:
    raw = {
        "count": 10,
        "word": "c",
        "flag": 1,
        "listed": ["x", 2, []],
        "named": {"k": float("inf"), "l": 1},
        "inner": [{"share": 1}, {"name": "kept"}, 5, {"name": "n", "shares": 0.1}],
        "cuont": 1,
    }
    value, found = told(raw)
    assert found == [
        (("cuont",), 'unknown key "cuont", did you mean "count"?'),
        (("count",), "count must be at least 1 and at most 9, not 10"),
        (("word",), 'word must be one of "a", "b", not the text "c"'),
        (("flag",), "flag must be true or false, not 1"),
        (("listed", 1), "listed must be text in quotes, not 2"),
        (("listed", 2), "listed must be text in quotes, not a list"),
        (("named", "k"), "named.k must be a number, not inf"),
        (("inner", 0), 'inner needs "name"'),
        (("inner", 0, "share"), "inner.share must be above 0 and below 1, not 1"),
        (("inner", 2), "inner must be a table, not 5"),
        (("inner", 3, "shares"), 'unknown key "shares", did you mean "share"?'),
    ]
    assert value == Outer(inner=[UNSET, Inner(name="kept"), UNSET, Inner(name="n")])


def test_wrong_shapes() -> None:
    assert told({"inner": {}, "listed": "x", "named": [], "flag": None})[1] == [
        (("flag",), "flag must be true or false, not nothing"),
        (("listed",), 'listed must be a list, not the text "x"'),
        (("named",), "named must be a table, not a list"),
        (("inner",), "inner must be tables written [[inner]], not a table"),
    ]


def test_dotted_names_leave_out_indices() -> None:
    assert dotted(("rule", 3, "scope", "asset", 0)) == "rule.scope.asset"


VALUES = st.one_of(
    st.integers(-2, 12),
    st.floats(-2, 2),
    st.booleans(),
    st.sampled_from(["a", "b", "c"]),
    st.none(),
    st.lists(st.sampled_from(["a", 1]), max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*Outer.__struct_fields__, "other"]),
        st.one_of(
            VALUES,
            st.dictionaries(st.sampled_from(["name", "share"]), VALUES),
            st.lists(st.dictionaries(st.sampled_from(["name", "share", "x"]), VALUES), max_size=2),
        ),
    )
)
def test_msgspec_accepts_exactly_what_has_no_mistake(raw: dict[str, Any]) -> None:
    value, found = told(raw)
    try:
        expected = msgspec.convert(raw, Outer)
    except msgspec.ValidationError:
        assert found
    else:
        assert (value, found) == (expected, [])
