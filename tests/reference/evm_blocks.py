"""Recorded Ethereum blocks, read word by word; and what stands in them, reviewed by hand.

Knows no ABI library and nothing of the project: a call is its four bytes, copied from published
lists of selectors, and words of 32 bytes that are counted by hand.
"""

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

BLOCKS = (12498502, 12775690, 13298725, 13326607, 13666326)

TRANSMIT = "c9807539"
LIQUIDATION_CALL = "00a718a9"
LIQUIDATE_TOKEN = "f5e3c462"
LIQUIDATE_COIN = "aae40a2a"
VALIDATE = "beed9b51"  # what an aggregator tells its validator: the round before and the new one
MULTICALL = "ac9650d8"

# Selector of a v2 swap: (exact in, coin in, coin out), as the interface's names say.
V2_SWAPS = {
    "38ed1739": (True, False, False),
    "8803dbee": (False, False, False),
    "7ff36ab5": (True, True, False),
    "4a25d94a": (False, False, True),
    "18cbafe5": (True, False, True),
    "fb3bdb41": (False, True, False),
    "5c11d795": (True, False, False),
    "b6f9de95": (True, True, False),
    "791ac947": (True, False, True),
}
# Selector of a v3 swap of the first router: (exact in, one hop).
V3_SWAPS = {
    "414bf389": (True, True),
    "db3e2198": (False, True),
    "c04b8d59": (True, False),
    "f28c0498": (False, False),
}
COIN = "0x" + 40 * "0"


class Trace(NamedTuple):
    """A call that was made: where in its transaction, how, by whom, to whom, and how it ended."""

    block: int
    transaction: str
    place: tuple[int, ...]
    kind: str
    sender: str
    to: str
    value: int
    data: bytes
    output: bytes | None
    failed: bool

    @property
    def selector(self) -> str:
        return self.data[:4].hex()


def traces(folder: Path) -> list[Trace]:
    """Every call of the recorded blocks, in order of execution."""
    found = []
    for block in BLOCKS:
        with gzip.open(folder / f"ethereum_block_{block}.json.gz") as file:
            recorded = json.load(file)
        found += [_trace(block, row) for row in recorded["traces"] if row["type"] == "call"]
    return found


def _trace(block: int, row: dict[str, Any]) -> Trace:
    action, result = row["action"], row["result"]
    return Trace(
        block,
        row["transaction_hash"],
        tuple(row["trace_address"]),
        action["callType"],
        action["from"],
        action["to"],
        int(action["value"], 16),
        bytes.fromhex(action["input"][2:]),
        None if not result else bytes.fromhex(result["output"][2:]),
        row["error"] is not None,
    )


class Words:
    """Bytes as words of 32, by their position in bytes; what is not there is an IndexError."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def number(self, at: int, signed: bool = False) -> int:
        if len(self.data) < at + 32:
            raise IndexError(at)
        return int.from_bytes(self.data[at : at + 32], "big", signed=signed)

    def address(self, at: int) -> str:
        return "0x" + self.data[at + 12 : at + 32].hex()

    def tail(self, at: int) -> bytes:
        """The bytes that the offset in the word at `at` points to, without their length."""
        begin = self.number(at)
        return self.data[begin + 32 : begin + 32 + self.number(begin)]

    def addresses(self, at: int) -> tuple[str, ...]:
        begin = self.number(at)
        return tuple(self.address(begin + 32 + 32 * i) for i in range(self.number(begin)))


class Transmission(NamedTuple):
    """Of OCR1: digest (16 bytes), epoch and round, observations, how many signatures."""

    digest: str
    epoch_round: int
    observations: tuple[int, ...]
    signatures: int


def transmission(data: bytes) -> Transmission:
    """`transmit(bytes report, bytes32[] rs, bytes32[] ss, bytes32)`, selector included."""
    words = Words(data[4:])
    report = Words(words.tail(0))
    begin = report.number(64)
    observations = tuple(
        report.number(begin + 32 + 32 * i, signed=True) for i in range(report.number(begin))
    )
    context = report.data[:32]
    return Transmission(
        "0x" + context[11:27].hex(),
        int.from_bytes(context[27:32], "big"),
        observations,
        words.number(words.number(32)),
    )


class Swapped(NamedTuple):
    """A swap as calldata asks for it; amounts as in `schemas.chain_call.Swap`."""

    path: tuple[str, ...]
    fees: tuple[int, ...]
    amount_in: int | None
    amount_out: int | None
    limit: int
    recipient: str
    deadline: int


def v2_swap(data: bytes, value: int) -> Swapped:
    """A swap of the v2 router; where it says ETH, that end of the path is the coin."""
    exact_in, coin_in, coin_out = V2_SWAPS[data[:4].hex()]
    words = Words(data[4:])
    if coin_in:
        first, second, at = (
            (value, words.number(0), 32) if exact_in else (words.number(0), value, 32)
        )
    else:
        first, second, at = words.number(0), words.number(32), 64
    path = list(words.addresses(at))
    if coin_in:
        path[0] = COIN
    if coin_out:
        path[-1] = COIN
    return Swapped(
        tuple(path), (), first if exact_in else None, None if exact_in else first, second,
        words.address(at + 32), words.number(at + 64),
    )  # fmt: skip


def v3_swap(data: bytes) -> Swapped:
    """A swap of the first v3 router."""
    exact_in, one_hop = V3_SWAPS[data[:4].hex()]
    words = Words(data[4:])
    if one_hop:
        path, fees = (words.address(0), words.address(32)), (words.number(64),)
        recipient, deadline, at = words.address(96), words.number(128), 160
    else:
        struct = Words(words.data[words.number(0) :])
        packed, path, fees = struct.tail(0), (), ()
        while len(packed) >= 43:
            path += ("0x" + packed[:20].hex(),)
            fees += (int.from_bytes(packed[20:23], "big"),)
            packed = packed[23:]
        path += ("0x" + packed.hex(),)
        if not exact_in:
            path, fees = path[::-1], fees[::-1]
        recipient, deadline, at, words = struct.address(32), struct.number(64), 96, struct
    exact, limit = words.number(at), words.number(at + 32)
    return Swapped(
        path, fees, exact if exact_in else None, None if exact_in else exact, limit,
        recipient, deadline,
    )  # fmt: skip


_ROWS = """
0xbe1a452c38831a0f3d959bd9d2377edf6a6e79920a2f9e5a40047afcd3774959
0x05b83a5209bed4299f056ef1cf4f1283ebb1dd27 394473861022496 16
6c377c7be83bda2d23cef9305509b359 19926 2 6
0x905875d0d2425803fb09e7766ceecf1f8ebd84faec46a3833df2a8d9057f9287
0x09d8a3d88f07e39a44c904c465b922dfd4b68929 183759813 16
06d0e91e94a31545382c5c499be40884 9504 5 6
0x110d3fe986d029136897043870c0e97e79105a52391e5c8d33a30feb8872c83c
0x37bc7498f4ff12c19678ee8fe19d713b87f6a9e6 254003096375 31
3fb821a27fcd8c306252e6f92e7a7fcb 2015 1 11
0xcfdd6f242d9d0aede1042b9a6c81dd3a3467a36c638072a86ad917175c4b87aa
0xdf627aa5b9c024818c6950fdad7e4c16d93b10ca 30169000 16
43ce0adc59bc513d6157c173cbacf85b 20108 2 6
0x7de0e2c9710aa5d95e876ec3ef6c2fdab99b4980e8755bf27470cc704a135620
0x09d8a3d88f07e39a44c904c465b922dfd4b68929 183759813 16
06d0e91e94a31545382c5c499be40884 9504 5 6
0x752b3ecc6ebe362b4fb3f7362d435ffaf4c8d230651d76acc61036a8d39b2a9e
0xb92ee05e7514ffedddbcd76f5e3064691f6ec79e 257900000000000 16
8a7cbe812e11aea214d38e30a5b9ece5 9909 6 6
0x766419b7ea46be5060406d289638a4934013ade1be53481b4113e24803f8735f
0xb92ee05e7514ffedddbcd76f5e3064691f6ec79e 257900000000000 16
8a7cbe812e11aea214d38e30a5b9ece5 9909 6 6
0xdc672f4952992384b146b00fe09b467ad2d1a0b9b1b9d250b31c285da8210150
0xbc3c868763b7c15d0ce527af455041919e9c07b1 149624502 15
8ad595f2407d9e81ee9857a03b7ca5ac 41258 3 6
0x568951f251d0472d91221ecce733e8b7d8b8c140141d7387c23c51c70801360b
0xbc3c868763b7c15d0ce527af455041919e9c07b1 149624502 15
8ad595f2407d9e81ee9857a03b7ca5ac 41258 3 6
0x6c86f5c9064ad91430d849b63891face67f5f9b53c38b146259dd6b59992a331
0x37bc7498f4ff12c19678ee8fe19d713b87f6a9e6 254003096375 31
3fb821a27fcd8c306252e6f92e7a7fcb 2015 1 11
0x2b97fa611c3fdd315403c12852b86352e3d2c1932f9ec162611e8aca35b23fed
0x68577f915131087199fe48913d8b416b3984fd38 1864368516 16
9d436fac08b79151281708f3863c6ab9 64372 3 6
0x2a64f7e67ed4fd8a35b65f680b67a0168e6e01be713ebec2734b7511c175c02b
0xb3bcb06bbf2413d88c46cabf40e4ba54e1189c86 594087588370 16
bb818c87cf845670d7de7e6ab9c62b9e 111315 3 6
0x24faa564bab2c9299f88c792c0edf72d123f79ed30ed02661af02942350e6448
0x608d4724f725845c2bbb1a27d7dce341c9f85b00 1149000000 16
71ff3f86f0b306ef8f325caabdc2ef0d 18831 3 6
0xd0e9586322b26273b161ff857d08e21a3ca5b1e48f985387de6cd0758870c5cc
0xf6eeca2fd1ace8c17389b119de983e9fd9a8ee8f 496824657 16
4c0c97d374f8923755d97e6ebfe5d06a 100064 6 6
0x42624c4a52d991ea624742b8d8b6ce4c56be050dbd17fe2bc9c9416510eaac12
0x37bc7498f4ff12c19678ee8fe19d713b87f6a9e6 410764375926 31
3fb821a27fcd8c306252e6f92e7a7fcb 91691 6 11
0xca7659eab80f9504aaf73e85555fa237c0abd42756b63c6a5b17a30dd5409fe1
0xe5bbbdb2bb953371841318e1edfbf727447cef2e 243389655196379 16
564997afbba610b23a0be0760b924e1d 129617 6 6
0xf1ce4832b34bf1a0225afdb8c72672bba1d1462f8d6c66fd2ce1cd597be93915
0xda31bc2b08f22ae24aed5f6eb1e71e96867ba196 410900609207 16
805f4e40894e05ce379439fb0fbe750b 42949 5 6
0xf05fbc1e3a3bb4276808d8475d39591548b07d85c0907ec0dcc83922902354a9
0x9c2c487dad6c8e5bb49dc6908a29d95a234faad8 242658635712150 16
fe07709607a26195a7b6dd8c8c6e64cb 29666 6 6
0x4e2a8bacd4845e0e7e2ebaa34787c85143d874251855b1898903a7220c8e7566
0x3497a346c8368383c23a20d82a37b29ba160f4b1 2096000000 13
768b21403b9a606c384764c66bc1b75a 17361 1 5
0x1a8a7db6c8e180dafcd373d3454e7a7f7a6bece046bb25b2b12d47922a65afc3
0x37bc7498f4ff12c19678ee8fe19d713b87f6a9e6 410704280568 31
3fb821a27fcd8c306252e6f92e7a7fcb 91692 3 11
0x46cb4e1b9341f485914b645ce9f5c2a2c2cb7f9acc94368233ee29e646432a71
0x785433d8b06d77d68df6be63944742130a4530d1 222831025817 16
43d6990286561e7f599d19ef68dfe4b9 126107 4 6
"""
# Every OCR1 transmission of the blocks: transaction, aggregator, median, observations, digest,
# epoch and round, signatures. Those of the first block failed, for the rounds were over.
TRANSMISSIONS = tuple(
    (row[0], row[1], int(row[2]), int(row[3]), "0x" + row[4], int(row[5]) << 8 | int(row[6]),
     int(row[7]))
    for row in zip(*[iter(_ROWS.split())] * 8, strict=True)
)  # fmt: skip

# Of these the chain itself says the median: in calls of the aggregator to its validator.
VALIDATED = {
    "0x2b97fa611c3fdd315403c12852b86352e3d2c1932f9ec162611e8aca35b23fed": 1864368516,
    "0x1a8a7db6c8e180dafcd373d3454e7a7f7a6bece046bb25b2b12d47922a65afc3": 410704280568,
}

_AAVE = "0x398ec7346dcd622edc5ae82352f02be94c62d119"
_LINK = "0x514910771af9ca656af840dff83e8264ecf986ca"

# Transaction, pool, collateral, debt, account, debt to cover, as aToken; all at the top.
LIQUIDATION_CALLS = (
    ("0xedd062c3a728db4b114f2e83cac281d19a9f753e36afa8a35cdbdf1e1dd5d017", _AAVE, _LINK,
     "0x4fabb145d64652a948d72533023f6e7a623c7c53", "0x6c6541ae8a7c6a6f968124a5ff2feac8f0c7875b",
     457700000000000000000, False),
    ("0x18492f250cf4735bd67a21c6cc26b7d9c59cf2fb077356dc924f36bc68a810e5", _AAVE, _LINK,
     "0x0000000000085d4780b73119b644ae5ecd22b376", "0x6c6541ae8a7c6a6f968124a5ff2feac8f0c7875b",
     497030000000000000000, False),
    ("0x191b05b28ebaf460e38e90ac6a801681b500f169041ae83a45b32803ef2ec98c", _AAVE,
     "0x9f8f72aa9304c8b593d555f12ef6589cc3a579a2", "0x57ab1ec28d129707052df4df418d58a2d46d5f51",
     "0xda874f844389df33c0fad140df4970fe1b366726", 447810000000000000000, False),
)  # fmt: skip

# Transaction, place, debt's cToken, account, repaid, collateral's cToken; all inside contracts.
COMPOUND_LIQUIDATIONS = (
    ("0x22a98b27a1d2c4f3cba9d65257d18ee961d6c98f21c7eade37da0543847eb654", (1,),
     "0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5", "0xacbcf5d2970eef25f02a27e9d9cd31027b058b9b",
     1106497772527562662, "0x35a18000230da775cac24873d00ff85bccded550"),
    ("0x012215bedd00147c58e1f59807664914b2abbfc13c260190dc9cfc490be3e343", (1,),
     "0x39aa39c021dfbae8fac545936693ac917d5e7563", "0xacdd5528c1c92b57045041b5278efa06cdade4d8",
     1207055531, "0x70e36f6bf80a52b3b46b3af8e106cc0ed743e8e4"),
)  # fmt: skip
