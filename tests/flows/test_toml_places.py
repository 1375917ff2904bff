"""Lines of keys in TOML: every way to write a key, against positions counted by hand."""

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.toml_places import Path, places

TEXT = '''# a comment = 1
run = "main"   # not a key: x = 2

[store]
url = "http://u:p@h:1/#no-comment"
[regime]   # [not a table]
members = [
  "a:x",   # a comment, with "quotes]" in it

  'b]y',
]
prior_vol = { BTC = 0.6, "E.T\\u0048" = 0.8 }
text = """
[[rule]]
name = "inside ""two"" quotes"
"""
after = 1979-05-27 07:32:00Z
raw = \'\'\'
\'it\'s\' = 1\'\'\'
a.b . "c d" = 3
[[rule]]
name = "one"
scope = { asset = [
  "BTC",
  "ETH" ] }
[[rule]]
[rule.deep]
name = "two"
[[rule.part]]
x = 1
[[rule.part]]
x = -0.5
'''

EXPECTED: dict[Path, int] = {
    ("run",): 2,
    ("store",): 4,
    ("store", "url"): 5,
    ("regime",): 6,
    ("regime", "members"): 7,
    ("regime", "members", 0): 8,
    ("regime", "members", 1): 10,
    ("regime", "prior_vol"): 12,
    ("regime", "prior_vol", "BTC"): 12,
    ("regime", "prior_vol", "E.TH"): 12,
    ("regime", "text"): 13,
    ("regime", "after"): 17,
    ("regime", "raw"): 18,
    ("regime", "a"): 20,
    ("regime", "a", "b"): 20,
    ("regime", "a", "b", "c d"): 20,
    ("rule",): 21,
    ("rule", 0): 21,
    ("rule", 0, "name"): 22,
    ("rule", 0, "scope"): 23,
    ("rule", 0, "scope", "asset"): 23,
    ("rule", 0, "scope", "asset", 0): 24,
    ("rule", 0, "scope", "asset", 1): 25,
    ("rule", 1): 26,
    ("rule", 1, "deep"): 27,
    ("rule", 1, "deep", "name"): 28,
    ("rule", 1, "part"): 29,
    ("rule", 1, "part", 0): 29,
    ("rule", 1, "part", 0, "x"): 30,
    ("rule", 1, "part", 1): 31,
    ("rule", 1, "part", 1, "x"): 32,
}


def paths(value: Any, path: Path = ()) -> set[Path]:
    if isinstance(value, dict):
        parts: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        parts = []
    found = {path} if path else set()
    return found.union(*(paths(part, (*path, key)) for key, part in parts))


def test_every_way_to_write_a_key() -> None:
    assert places(TEXT) == EXPECTED


def test_the_same_with_carriage_returns() -> None:
    assert places(TEXT.replace("\n", "\r\n")) == EXPECTED


def test_the_paths_are_those_that_tomllib_finds() -> None:
    assert set(places(TEXT)) == paths(tomllib.loads(TEXT))


def test_empty_text() -> None:
    assert places("") == {}
    assert places("# only this") == {}


KEYS = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"h\\"i"', "1"])
VALUES = st.recursive(
    st.sampled_from(["1", "-2.5e3", "true", '"x]#"', "'y}'", '"""q\n"w""""', "07:32:00"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda xs: "[\n" + ", # c\n".join(xs) + "\n]"),
    max_leaves=5,
)

TABLE = st.dictionaries(KEYS, VALUES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=4), st.lists(st.dictionaries(KEYS, VALUES), max_size=3)
)
def test_made_up_documents_have_the_paths_that_tomllib_finds(
    top: dict[str, str], tables: list[dict[str, str]]
) -> None:
    lines = [f"{key} = {value}" for key, value in top.items()]
    for table in tables:
        lines += ["[[z]]", *(f"{key} = {value}" for key, value in table.items())]
    text = "\n".join(lines)
    assert set(places(text)) == paths(tomllib.loads(text))
