"""The running digest: however the stream is cut, and taken up again at any place."""

from hashlib import sha256

import pytest

from sources.digest import BLOCK, RunningDigest

DATA = bytes(range(256)) * (3 * BLOCK // 256) + b"the rest"


def plain(data: bytes) -> str:
    """The definition, block by block."""
    chain = b""
    while len(data) >= BLOCK:
        chain, data = sha256(chain + data[:BLOCK]).digest(), data[BLOCK:]
    return sha256(chain + data).hexdigest()


@pytest.mark.parametrize("cut", [16_384, 100_000, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK])
def test_any_cut_gives_the_same(cut: int) -> None:
    digest = RunningDigest()
    for begin in range(0, len(DATA), cut):
        digest.update(DATA[begin : begin + cut])
        assert digest.hexdigest() == plain(DATA[: begin + cut])


def test_of_less_than_a_block_it_is_the_usual_one() -> None:
    assert RunningDigest().hexdigest() == sha256(b"").hexdigest()
    digest = RunningDigest()
    for begin in range(0, 3000, 7):
        digest.update(DATA[begin : min(begin + 7, 3000)])
    assert digest.hexdigest() == sha256(DATA[:3000]).hexdigest()


def test_many_large_pieces_without_asking_between() -> None:
    pieces = [bytes([k]) * 50_000 for k in range(40)]
    digest = RunningDigest()
    for piece in pieces:
        digest.update(piece)
    assert digest.hexdigest() == plain(b"".join(pieces))


@pytest.mark.parametrize("at", [0, 5, BLOCK - 1, BLOCK, BLOCK + 20_000, 3 * BLOCK])
def test_taken_up_again_anywhere(at: int) -> None:
    before = RunningDigest()
    before.update(DATA[:at])
    chain, blocks = before.taken_up()
    assert blocks == at // BLOCK
    again = RunningDigest(chain, blocks)
    again.update(DATA[blocks * BLOCK : at])
    assert again.hexdigest() == before.hexdigest()
    again.update(DATA[at:])
    assert again.hexdigest() == plain(DATA)
