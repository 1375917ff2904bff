"""What a pool is: its tokens, fee and spacing, and which of its tokens is the asset."""

from typing import Final, Literal

from msgspec import Struct

FEE_UNIT: Final = 1_000_000  # fees are in units of 1e-6
_MOST_DECIMALS: Final = 77  # 10^77 is the largest power of ten in 256 bits


class Pool(Struct, frozen=True, kw_only=True):
    """Constants of a pool. Addresses are text, lower case; token0 sorts before token1.

    Raises ValueError for what no pool can be: tokens in the wrong order (the price would come out
    inverted), a fee of 100 % or more, a spacing below 1.
    """

    address: str
    protocol: Literal["uniswap-v2", "uniswap-v3"]
    token0: str
    token1: str
    decimals0: int
    decimals1: int
    fee_e6: int = 3_000  # of what comes in: 3 000 is 30 bp
    tick_spacing: int = 1  # v3 alone
    symbol0: str = ""
    symbol1: str = ""
    asset: str = ""  # BTC, ETH, …
    asset_is_token0: bool = True  # the other token is the quote

    def __post_init__(self) -> None:
        """Refuse what no pool can be."""
        if not self.token0 < self.token1:
            message = f"pool {self.address}: token0 {self.token0} must sort before {self.token1}"
            raise ValueError(message)
        if not 0 <= self.fee_e6 < FEE_UNIT or not 1 <= self.tick_spacing < 1 << 14:
            message = f"pool {self.address}: fee {self.fee_e6}, tick spacing {self.tick_spacing}"
            raise ValueError(message)
        if (
            not 0
            <= min(self.decimals0, self.decimals1)
            <= _MOST_DECIMALS
            >= max(self.decimals0, self.decimals1)
        ):
            message = f"pool {self.address}: decimals {self.decimals0}, {self.decimals1}"
            raise ValueError(message)

    @property
    def quote_decimals(self) -> int:
        """Decimals of the token that the asset's price is told in."""
        return self.decimals1 if self.asset_is_token0 else self.decimals0

    def other(self, token: str) -> str | None:
        """The token that comes out when `token` goes in; None when the pool has no such token.

        >>> pool = Pool(address="0xp", protocol="uniswap-v2", token0="0xa", token1="0xb",
        ...             decimals0=18, decimals1=6)
        >>> pool.other("0xa"), pool.other("0xc")
        ('0xb', None)
        """
        return {self.token0: self.token1, self.token1: self.token0}.get(token)


def quote_per_asset(pool: Pool, amount1: int, amount0: int) -> float | None:
    """Price of the asset in whole quote tokens where `amount1` is worth `amount0`, both raw.

    price = (amount1 / 10^decimals1) / (amount0 / 10^decimals0), or its inverse when the asset is
    token1; correctly rounded. None where one of them is 0: there is no price.
    """
    if amount0 <= 0 or amount1 <= 0:
        return None
    above: int = amount1 * 10**pool.decimals0
    below: int = amount0 * 10**pool.decimals1
    return above / below if pool.asset_is_token0 else below / above
