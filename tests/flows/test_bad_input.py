"""Bad input: one sentence, the line at fault in `rejected`, nothing lost.

Everything runs as the command in another process; its stderr is what a user would see.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sinks.store import Store
from sources.simulator.recording import write_recording
from tests.flows.excerpt import S, raw_lines, stamp_of, write_lines
from tests.flows.killed import stored_rows
from tests.flows.several import commands, heard

NAME = "binance-usdm__a.gz"
H = 3600 * S


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clean") / NAME
    write_recording(path, minutes=0.2)
    return path


def payload(lines: list[bytes], kind: bytes) -> bytes:
    """The last frame of a kind."""
    line = next(line for line in reversed(lines) if kind in line)
    return line.split(b" ", 1)[1].rstrip()


def bad_frames(lines: list[bytes]) -> Iterator[tuple[bytes, str, str]]:
    """Payload, reason and detail of frames that must not be used."""
    trade, depth = payload(lines, b'"trade"'), payload(lines, b'"depthUpdate"')
    mark = payload(lines, b'"markPriceUpdate"')

    def priced(price: bytes) -> bytes:
        return re.sub(rb'"p":"[^"]*"', b'"p":"' + price + b'"', trade)

    yield b"hello", "not_json", "JSON is malformed: invalid character (byte 0)"
    yield depth[:80], "not_json", "Input data was truncated"
    yield (
        bytes(range(11, 32)) + b"\xff\xfe",
        "not_json",
        "JSON is malformed: invalid character (byte 0)",
    )
    yield b"[" * 100_000, "wrong_type", "Expected `object`, got `array` - at `$[0]`"
    yield b"null", "wrong_type", "Expected `object | array`, got `null`"
    yield (
        trade.replace(b'"p":', b'"p":[],"x":'),
        "wrong_type",
        ("Expected `str | null`, got `array` - at `$.p`"),
    )
    yield (
        re.sub(rb'"b":\[.*?\]\]', b'"b":5', depth),
        "missing_field",
        ("a depth frame needs lists b and a"),
    )
    yield re.sub(rb'"p":"[^"]*",', b"", trade), "missing_field", "a price is missing"
    yield re.sub(rb'"q":"[^"]*"', b'"q":"-1.5"', trade), "bad_size", "size -1.5 is out of range"
    yield (
        re.sub(rb'"b":\[\["([^"]*)","[^"]*"', rb'"b":[["\1","-5.0"', depth),
        "bad_size",
        ("size -5.0 is out of range"),
    )
    yield priced(b"0"), "bad_price", "price 0 is out of range"
    yield priced(b"1e30"), "bad_price", "price 1e30 is out of range"
    yield priced(b"NaN"), "bad_price", "'NaN' is not a plain number"
    yield (
        re.sub(rb'"p":"[^"]*"', b'"p":"-3"', mark),
        "bad_price",
        ("mark or index -3.0 is not positive"),
    )
    yield (
        b'@https://x/depth?symbol=BTCUSDT {"lastUpdateId":"x"}',
        "wrong_type",
        ("Expected `int`, got `str` - at `$.lastUpdateId`"),
    )
    yield b"!{", "bad_control", "Input data was truncated"


def replayed(path: Path, *more: object) -> list[object]:
    """Arguments of a replay into a store beside the recording."""
    return ["replay", path, "--store", f"chdb://{path.parent / 'store'}", *more]


def rejected(path: Path) -> list[tuple[Any, ...]]:
    """Line, stamp, reason, detail and text of what was rejected."""
    with Store.open(f"chdb://{path.parent / 'store'}", create=False) as store:
        sql = "SELECT line, stamp_ns, reason, detail, frame FROM rejected ORDER BY line"
        return list(store.query(sql).rows)


def without(rows: dict[str, Any], *names: str) -> dict[str, Any]:
    """All tables but some."""
    return {name: table for name, table in rows.items() if name not in names}


def test_bad_frames_among_good_ones(clean: Path, tmp_path: Path) -> None:
    lines = raw_lines(clean)
    bad = list(bad_frames(lines))
    step = len(lines) // (len(bad) + 3)
    good, mixed, wanted = [], [], []
    for at, line in enumerate(lines):
        good.append(line)
        mixed.append(line)
        number, rest = divmod(at, step)
        if rest or not number or number > len(bad) + 2:
            continue
        stamp = stamp_of(line) + 1
        good.append(b'%d !{"k":"clock"}\n' % stamp)  # in its place, so that lines keep numbers
        if number <= len(bad):
            frame, reason, detail = bad[number - 1]
            mixed.append(b"%d %s\n" % (stamp, frame))
            shown = frame[:500].decode("utf-8", "replace")
            wanted.append((len(mixed), stamp, reason, detail, shown))
        elif number == len(bad) + 1:  # an hour ago
            frame = payload(lines, b'"trade"')
            mixed.append(b"%d %s\n" % (stamp - H, frame))
            detail = f"the clock of binance-usdm__a already stood at {stamp_of(line)}"
            wanted.append((len(mixed), stamp - H, "time_back", detail, frame[:500].decode()))
        else:
            mixed.append(b"no stamp\n")
            detail = "no stamp, or nothing after it"
            wanted.append((len(mixed), None, "bad_line", detail, "no stamp"))
    assert len(wanted) == len(bad) + 2
    paths = [
        write_lines(part, tmp_path / name / NAME) for name, part in (("g", good), ("m", mixed))
    ]
    mine = [replayed(path, "--strict") for path in paths]
    whole, some, again, lax = commands([*mine, mine[1], mine[1][:-1]])
    for said in (whole, some, again, lax):
        heard(said)
    assert [said.code for said in (whole, some, again, lax)] == [0, 3, 3, 0]
    assert f"{len(wanted)} lines rejected: see table rejected" in some.err
    assert rejected(paths[1]) == wanted
    tables = [stored_rows(f"chdb://{path.parent / 'store'}") for path in paths]
    expected, got = (without(each, "runs", "rejected") for each in tables)
    assert got == expected


def test_a_line_from_the_future_is_told_line_by_line(clean: Path, tmp_path: Path) -> None:
    lines = raw_lines(clean)[1:]  # a foreign recording: a hole is a restart, not 2 h of ticks
    half = len(lines) // 2
    ahead = stamp_of(lines[half - 1]) + 2 * H
    early = b"%d %s\n" % (ahead, payload(lines, b'"trade"'))
    path = write_lines([*lines[:half], early, *lines[half:]], tmp_path / NAME)
    (said,) = commands([replayed(path, "--strict")])
    heard(said)
    assert said.code == 3
    late = [(half + 2 + k, stamp_of(line)) for k, line in enumerate(lines[half:])]
    late = [(number, stamp) for number, stamp in late if b"!{" not in lines[number - 2]]
    found = [row[:3] for row in rejected(path)]
    assert found[: len(late)] == [(number, stamp, "time_back") for number, stamp in late]


def test_files_that_end_early(clean: Path, tmp_path: Path) -> None:
    lines = raw_lines(clean)[:1000]
    whole = b"".join(lines)
    packed = gzip.compress(whole, mtime=0)
    damaged = bytearray(packed)
    for at in range(len(packed) * 3 // 4, len(packed) * 3 // 4 + 40):
        damaged[at] ^= 0x5A
    contents = {
        "cut": packed[: len(packed) * 3 // 4],
        "damaged": bytes(damaged),
        "checksum": packed[:-8] + b"\0\0\0\0" + packed[-4:],
        "half": gzip.compress(whole[:-40], mtime=0),
    }
    paths = {}
    for name, content in contents.items():
        paths[name] = tmp_path / name / NAME
        paths[name].parent.mkdir()
        paths[name].write_bytes(content)
    twice = [replayed(path) for path in paths.values() for _ in range(2)]
    said = commands(twice)
    for each in said:
        heard(each)
    first, again = said[::2], said[1::2]
    assert [each.code for each in first] == [0, 1, 1, 0]
    assert [each.code for each in again] == [0, 1, 1, 0]
    why = dict(zip(paths, first, strict=True))
    ends = f"{paths['half']}: ends in the middle of line 1000, which is left unread"
    assert f"{ends} (read to line 999)" in why["half"].err.splitlines()
    cut = f"{paths['cut']}: the compressed data are cut off; everything before was read"
    assert re.search(rf"^{re.escape(cut)} \(read to line \d+\)$", why["cut"].err, re.MULTILINE)
    for name in ("damaged", "checksum"):
        assert f"{paths[name]}: the compressed data are damaged (" in why[name].err
    for name, each in zip(paths, again, strict=True):
        assert "already stored: run 'main' has all of these inputs" in each.err
        assert str(paths[name]) in each.err  # and its problem is told again
    checksum = stored_rows(f"chdb://{paths['checksum'].parent / 'store'}")
    assert {row[4] for row in checksum["runs"]} >= {0, 1000}  # every line was used


def test_files_that_cannot_be_used(clean: Path, tmp_path: Path) -> None:
    def put(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    folder = tmp_path / "binance-usdm__folder.gz"
    folder.mkdir()
    whole = clean.read_bytes()
    store = ("--store", f"chdb://{tmp_path / 'store'}")
    none = tmp_path / "none.gz"
    empty = put("binance-usdm__empty.gz", b"")
    nothing = put("binance-usdm__nothing.gz", gzip.compress(b""))
    binary = put("binance-usdm__binary.gz", Random(1).randbytes(100_000))
    text = put("binance-usdm__text.gz", b"hello\nworld\n")
    zstd = put("binance-usdm__z.zst", b"\x28\xb5\x2f\xfd rest")
    unknown = put("binance-usmd__a.gz", whole)
    namesake = put("binance-usdm__a.txt", gzip.compress(b"".join(raw_lines(clean)[:9])))
    nameless = put("a.gz", gzip.compress(b"1 {}\n"))
    cases: list[tuple[list[object], str]] = [
        ([none], f"command line: {none} does not exist"),
        ([folder], f"command line: {folder} is neither a file nor a spool"),
        ([empty], f"{empty}: is empty, there is nothing to replay"),
        ([nothing], f"{nothing}: holds no whole line, there is nothing to replay"),
        ([binary], f"{binary}: no line begins with a stamp; is it a recording?"),
        ([text], f"{text}: no line begins with a stamp; is it a recording?"),
        ([zstd], f"{zstd}: the compressed data are damaged ("),
        ([unknown], 'unknown venue "binance-usmd"'),
        ([nameless], f"{nameless}: no venue in its name (<venue>__<label>.gz) or first line"),
        ([clean, "--venue", "nyse"], 'command line: unknown venue "nyse"'),
        ([clean, "--grid", "300ms"], '--grid: grid.interval "300ms" must divide 1s'),
        ([clean, "--workers", "0"], "--workers: flow.workers must be at least 1"),
        ([clean, "--store", "ftp://x"], "--store: store.url: store 'ftp://…' is not known"),
        ([clean, "--state", text], f"--state {text}: is a file, not a folder"),
        ([clean, "--state", tmp_path], f"--state {tmp_path}: holds other files; use an empty"),
        ([clean, namesake], "two inputs are named binance-usdm__a: a connection's name must be"),
    ]
    for (arguments, text_of), said in zip(
        cases,
        commands([["replay", *store, *arguments] for arguments, _ in cases]),
        strict=True,
    ):
        heard(said)
        assert said.code == 2, (arguments, said)
        assert said.last.startswith(f"seawall: {text_of}"), said.err
    assert not (tmp_path / "store").exists()
