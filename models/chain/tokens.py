"""Tokens of a chain: what they stand for, how many decimals, what they are worth."""

from collections.abc import Mapping

from msgspec import Struct


class Token(Struct, frozen=True):
    """A token: `asset` as everywhere (WETH is ETH); `dollar`: it is a US dollar by its name."""

    address: str
    asset: str
    decimals: int
    dollar: bool


class Tokens:
    """Known tokens by address, and what they are worth at prices by asset."""

    def __init__(self) -> None:
        self.known: dict[str, Token] = {}

    def learn(self, token: Token) -> None:
        """A token is known from here on."""
        self.known[token.address] = token

    def usd(self, address: str, amount: int | None, prices: Mapping[str, float]) -> float | None:
        """Worth of an amount in least units; None when token, amount or price is unknown.

        prices: USD per unit, by asset. A dollar token counts as one dollar unless a price is
        given for it, so that a lost peg shows where somebody watches it.
        """
        token = self.known.get(address)
        if token is None or amount is None:
            return None
        price = prices.get(token.asset, 1.0 if token.dollar else None)
        return None if price is None else amount / 10.0**token.decimals * price
