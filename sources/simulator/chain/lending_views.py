"""What a lending market can be asked: its oracle, its data provider."""

from collections.abc import Mapping, Sequence

from sources.simulator.chain.contract import Contract, Frame, Revert
from sources.simulator.chain.health import used
from sources.simulator.chain.oracle import Proxy
from sources.simulator.chain.ray import ray_mul
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.words import ZERO


class AaveOracle(Contract):
    """Prices of assets, USD with 8 decimals, each from its feed's proxy."""

    def __init__(self, address: str, sources: Mapping[str, Proxy]) -> None:
        super().__init__(address)
        self._sources = sources
        self.expose("getAssetPrice(address)", lambda f, _, a: (self.price(f, a),), "(uint256)")
        self.expose("getAssetsPrices(address[])", self._prices, "(uint256[])")
        self.expose("getSourceOfAsset(address)", self._source, "(address)")
        self.expose("BASE_CURRENCY_UNIT()", lambda *_: (10**8,), "(uint256)")

    def price(self, frame: Frame, asset: str) -> int:
        """The feed's answer. Raises Revert for an asset without one."""
        source = self._sources.get(asset)
        if source is None:
            message = "no source"
            raise Revert(message)
        return source.aggregator.answer(frame)

    def _prices(self, frame: Frame, _: str, assets: Sequence[str]) -> tuple[list[int]]:
        return ([self.price(frame, asset) for asset in assets],)

    def _source(self, _: Frame, __: str, asset: str) -> tuple[str]:
        return (self._sources[asset].address if asset in self._sources else ZERO,)


class DataProvider(Contract):
    """ProtocolDataProvider."""

    def __init__(self, address: str, reserves: Mapping[str, Reserve]) -> None:
        super().__init__(address)
        self._reserves = reserves
        self.expose("getAllReservesTokens()", self._all, "((string,address)[])")
        self.expose("getReserveTokensAddresses(address)", self._tokens,
                    "(address,address,address)")  # fmt: skip
        self.expose(
            "getReserveConfigurationData(address)", self._configuration,
            "(uint256,uint256,uint256,uint256,uint256,bool,bool,bool,bool,bool)",
        )  # fmt: skip
        self.expose("getReserveCaps(address)", self._caps, "(uint256,uint256)")
        self.expose("getPaused(address)", self._paused, "(bool)")
        self.expose("getDebtCeiling(address)", self._ceiling, "(uint256)")
        self.expose("getDebtCeilingDecimals()", lambda *_: (2,), "(uint256)")
        self.expose("getLiquidationProtocolFee(address)", self._fee, "(uint256)")
        many = ",".join(["uint256"] * 11)
        self.expose("getReserveData(address)", self._data, f"({many},uint40)")
        self.expose(
            "getUserReserveData(address,address)", self._user,
            "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint40,bool)",
        )  # fmt: skip

    def _reserve(self, asset: str) -> Reserve:
        found = self._reserves.get(asset)
        if found is None:
            message = "ASSET_NOT_LISTED"
            raise Revert(message)
        return found

    def _all(self, _: Frame, __: str) -> tuple[list[tuple[str, str]]]:
        return ([(one.token.symbol, asset) for asset, one in self._reserves.items()],)

    def _tokens(self, _: Frame, __: str, asset: str) -> tuple[str, str, str]:
        reserve = self._reserve(asset)
        return reserve.a_token.address, ZERO, reserve.debt_token.address

    def _configuration(self, frame: Frame, _: str, asset: str) -> tuple[int | bool, ...]:
        reserve = self._reserve(asset)
        c = reserve.config(frame)
        return (
            reserve.token.decimals, c.ltv, c.threshold, c.bonus, c.reserve_factor,
            c.threshold > 0, True, False, c.active, c.frozen,
        )  # fmt: skip

    def _caps(self, frame: Frame, _: str, asset: str) -> tuple[int, int]:
        config = self._reserve(asset).config(frame)
        return config.borrow_cap, config.supply_cap

    def _paused(self, frame: Frame, _: str, asset: str) -> tuple[bool]:
        return (self._reserve(asset).config(frame).paused,)

    def _ceiling(self, frame: Frame, _: str, asset: str) -> tuple[int]:
        return (self._reserve(asset).config(frame).debt_ceiling,)

    def _fee(self, frame: Frame, _: str, asset: str) -> tuple[int]:
        return (self._reserve(asset).config(frame).protocol_fee,)

    def _data(self, frame: Frame, _: str, asset: str) -> tuple[int, ...]:
        reserve = self._reserve(asset)
        books = reserve.books(frame)
        deposits = ray_mul(reserve.a_token.total(frame), reserve.normal_income(frame))
        debt = ray_mul(reserve.debt_token.total(frame), reserve.normal_debt(frame))
        return (
            0, books.treasury, deposits, 0, debt, books.liquidity_rate, books.variable_rate, 0, 0,
            books.liquidity_index, books.variable_index, books.updated_s,
        )  # fmt: skip

    def _user(
        self, frame: Frame, _: str, asset: str, who: str
    ) -> tuple[int, int, int, int, int, int, int, int, bool]:
        reserve = self._reserve(asset)
        books = reserve.books(frame)
        return (
            reserve.a_token.balance(frame, who), 0, reserve.debt_token.balance(frame, who), 0,
            reserve.debt_token.scaled(frame, who), 0, books.liquidity_rate, 0,
            asset in used(frame, who),
        )  # fmt: skip
