"""The digest computed beside equals that of the whole, however it is cut."""

from hashlib import sha256

import pytest

from sources.digest import RunningDigest


@pytest.mark.parametrize("cut", [1_000, 16_384, 100_000, 1_000_000])
def test_any_cut_gives_the_same(cut: int) -> None:
    data = bytes(range(256)) * 4_000
    digest = RunningDigest()
    for begin in range(0, len(data), cut):
        digest.update(data[begin : begin + cut])
        prefix = data[: begin + cut]
        assert digest.hexdigest() == sha256(prefix).hexdigest()
    assert RunningDigest().hexdigest() == sha256(b"").hexdigest()


def test_many_large_pieces_without_asking_between() -> None:
    pieces = [bytes([k]) * 50_000 for k in range(40)]
    digest = RunningDigest()
    for piece in pieces:
        digest.update(piece)
    assert digest.hexdigest() == sha256(b"".join(pieces)).hexdigest()
