"""What a token says of itself (ERC-20): its symbol and decimals."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from sources.evm.abi import Malformed
from sources.evm.readings import Ask, ask, counted, value

_MOST_SYMBOL: Final = 64


class TokenReading(Struct, frozen=True, gc=False):
    """One token unit is 10^decimals of the least unit."""

    token: str
    symbol: str
    decimals: int


class TokenDiscovery(Struct, frozen=True):
    """Reads a token in one round."""

    token: str

    def asks(self) -> tuple[Ask, ...]:
        """Symbol and decimals."""
        return ask(self.token, "symbol()"), ask(self.token, "decimals()")

    def take(self, results: Sequence[bytes]) -> TokenReading:
        """The reading. Raises Malformed."""
        symbol, decimals = counted(self.asks(), results)
        return TokenReading(self.token.lower(), symbol_of(symbol), value("uint8", decimals))


def symbol_of(data: bytes) -> str:
    """The answer to `symbol()`: a string, or of the oldest tokens (MKR) 32 bytes, padded.

    Raises Malformed, also for what no symbol is: nothing, more than 64 letters, unprintable ones.
    """
    if len(data) == 32:
        try:
            text = data.rstrip(b"\0").decode()
        except UnicodeDecodeError as error:
            message = f"symbol: {error}"
            raise Malformed(message) from error
    else:
        text = value("string", data)
    if not 0 < len(text) <= _MOST_SYMBOL or not text.isprintable():
        message = f"{text[:_MOST_SYMBOL]!r} is no symbol"
        raise Malformed(message)
    return text
