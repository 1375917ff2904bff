"""One flat object: what the kernel takes is what a JSON parser reads; the rest it refuses."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.flat_object import (
    FALSE,
    LEVELS,
    NONE,
    NUMBER,
    PU,
    SLOTS,
    ST,
    TRUE,
    fields_plain,
    is_plain,
    is_word,
    levels_plain,
    read_fields,
    read_levels,
)

ALL = np.full(SLOTS, -1, np.int64)


def read(payload: bytes, kernel=read_fields, takes=ALL):
    """(fields by key, level rows as (px, size), decimals), or None when it is handed back."""
    buffer = np.frombuffer(payload + b"\n", np.uint8)
    kinds = np.zeros(SLOTS, np.int8)
    begins, ends = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    px, size, places = np.zeros(8, np.int64), np.zeros(8), np.full(1, -1, np.int64)
    past, rows = kernel(
        buffer, 0, len(payload), kinds, begins, ends, 0, px, size, places, takes
    )  # fmt: skip
    if past != len(payload):
        return None
    fields = {}
    for slot in np.flatnonzero(kinds).tolist():
        key = {PU: "pu", ST: "st"}.get(slot, chr(slot))
        begin, end = int(begins[slot]), int(ends[slot])
        value = {TRUE: True, FALSE: False, LEVELS: (begin, end)}.get(int(kinds[slot]))
        if value is None:
            value = payload[begin:end].decode()
            value = int(value) if kinds[slot] == NUMBER else value
        fields[key] = value
    return fields, list(zip(px.tolist(), size.tolist(), strict=True))[:rows], int(places[0])


def test_every_kind_of_value() -> None:
    payload = (
        b'{"e":"depthUpdate","U":0,"pu":12,"st":1,"m":true,"M":false,"":"x","long":"y",'
        b'"b":[["100.10","0.5"],["99.00","3"]],"a":[["100.20","7"]],"u":34}'
    )
    fields = {"e": "depthUpdate", "U": 0, "pu": 12, "st": 1, "m": True, "M": False, "u": 34}
    levels = [(10010, 0.5), (9900, 3.0), (10020, 7.0)]
    assert read(payload) == (fields | {"b": (0, 2), "a": (2, 3)}, levels, 2)


HANDED_BACK = (
    b"", b"{", b"{}", b"[]", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b'{"a":1}}', b'{"a":1} ',
    b' {"a":1}', b'{ "a":1}', b'{"a" :1}', b'{"a": 1}', b'{"a":1 }', b'{"a":-1}', b'{"a":1.5}',
    b'{"a":1e3}', b'{"a":01}', b'{"a":00}', b'{"a":null}', b'{"a":{}}', b'{"a":tru}',
    b'{"a":txxe}', b'{"a":falze}', b'{"a":"x}', b'{"a":"\\u0041"}', b'{"\\u0061":1}',
    b'{"\\":1,":":2}', b'{"a":"\t"}', b'{""":1}',
    b'{"\x01":1}', b'{"\xc3":1}', b'{"a":1,"a":2}', b'{"pu":1,"pu":2}', b'{"c":[]}',
    b'{"a":[],"b":[]}', b'{"b":[[]]}', b'{"b":[["1"]]}', b'{"b":[["1","2","3"]]}',
    b'{"b":[["1","2"],]}', b'{"b":[["1.0","2"],["1.00","2"]]}', b'{"b":[["0","2"]]}',
    b'{"b":[["1.","2"]]}', b'{"b":[[".5","2"]]}', b'{"b":[["","2"]]}', b'{"b":[["1",""]]}',
    b'{"b":[["-1","2"]]}', b'{"b":[["1","2"]', b'{"b":[[1,2]]}',
    b'{"b":[["9007199254740992","2"]]}', b'{"b":[["1","1234567890123456789"]]}',
    b'{"b":[["1","1"],["1","1"],["1","1"],["1","1"],["1","1"],["1","1"],["1","1"],["1","1"],["1","1"]]}',
)  # fmt: skip


@pytest.mark.parametrize("payload", HANDED_BACK)
def test_what_is_handed_back(payload: bytes) -> None:
    assert read(payload) is None


def test_a_value_of_another_type_than_taken_is_handed_back() -> None:
    takes = ALL.copy()
    takes[ord("E")] = 1 << NUMBER
    assert read(b'{"E":1}', takes=takes) == ({"E": 1}, [], -1)
    assert read(b'{"E":"1"}', takes=takes) is None
    assert NONE == 0


def test_nothing_is_read_past_a_cut_line() -> None:
    whole = b'{"e":"x","st":1,"m":true,"b":[["100.10","0.5"],["99.00","3"]]}'
    for cut in range(len(whole)):
        assert read(whole[:cut], fields_plain) is None  # the plain version checks every index


KEYS = st.sampled_from(["e", "E", "s", "u", "a", "b", "pu", "st", "ps", "nq", "", "zzz", "é"])
VALUES = st.one_of(
    st.integers(-2, 10**6),
    st.text("AZ09.-é", max_size=5),
    st.booleans(),
    st.just(None),
    st.lists(st.tuples(st.sampled_from(["1.5", "2.5", "0.0", "3"]), st.just("4")), max_size=3),
)


def compact(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


OBJECTS = st.lists(st.tuples(KEYS, VALUES), max_size=6).map(
    lambda pairs: "{" + ",".join(f"{compact(k)}:{compact(v)}" for k, v in pairs) + "}"
)


@given(OBJECTS, st.integers(0, 90), st.sampled_from(["", '"', "\\", ",", " ", "}", "[", "0"]))
@example('{"\\":1,":5}', 90, "")
@settings(max_examples=400, deadline=None)
def test_whatever_is_taken_is_json_and_says_the_same(text: str, at: int, extra: str) -> None:
    payload = (text[:at] + extra + text[at:]).encode()
    mine = read(payload)
    assert mine == read(payload, fields_plain)
    if mine is None:
        return
    fields, levels, decimals = mine
    theirs = json.loads(payload)
    known = {k: v for k, v in theirs.items() if k in ("pu", "st") or (len(k) == 1 and k < "\x7f")}
    assert fields.keys() == known.keys()
    for key, value in known.items():
        if isinstance(value, list):
            begin, end = fields[key]
            rows = [(int(p * 10**decimals), s) for p, s in ((float(p), float(s)) for p, s in value)]
            assert levels[begin:end] == rows
        else:
            assert fields[key] == value and type(fields[key]) is type(value)


@pytest.mark.parametrize("payload", [b"[]", b'[["1.50","2"],["3.25","4.125"]]', b"[[", b"[["])
def test_levels_are_their_plain_version(payload: bytes) -> None:
    buffer = np.frombuffer(payload + b"\n", np.uint8)
    outs = []
    for kernel in (levels_plain, read_levels):
        px, size, places = np.zeros(4, np.int64), np.zeros(4), np.full(1, -1, np.int64)
        said = kernel(buffer, 0, len(payload), 0, px, size, places)
        outs.append((said, px.tolist(), size.tolist(), places.tolist()))
    assert outs[0] == outs[1]


def test_a_word() -> None:
    buffer, word = np.frombuffer(b"trades", np.uint8), np.frombuffer(b"trade", np.uint8)
    for begin, end in ((0, 5), (0, 6), (1, 6), (0, 4)):
        assert is_plain(buffer, begin, end, word) == is_word(buffer, begin, end, word)
        assert is_word(buffer, begin, end, word) == ((begin, end) == (0, 5))
