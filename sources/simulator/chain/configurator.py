"""Who may change a lending market: the configurator, and the steward that calls it.

Real changes come through an executor as well, so a waiting transaction is not sent to the
configurator itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sources.simulator.chain.contract import Contract, Frame, Revert, require
from sources.simulator.chain.health import category
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.words import ZERO, Event

COLLATERAL = Event("CollateralConfigurationChanged(address,uint256,uint256,uint256)", 0)
FROZEN = Event("ReserveFrozen(address,bool)", 0)
PAUSED = Event("ReservePaused(address,bool)", 0)
SUPPLY_CAP = Event("SupplyCapChanged(address,uint256,uint256)", 0)
BORROW_CAP = Event("BorrowCapChanged(address,uint256,uint256)", 0)
FACTOR = Event("ReserveFactorChanged(address,uint256,uint256)", 0)
FEE = Event("LiquidationProtocolFeeChanged(address,uint256,uint256)", 0)
CATEGORY = Event("EModeCategoryAdded(uint8,uint256,uint256,uint256,address,string)", 0)
IN_CATEGORY = Event("AssetCollateralInEModeChanged(address,uint8,bool)", 0)
BORROWABLE = Event("AssetBorrowableInEModeChanged(address,uint8,bool)", 0)


class Configurator(Contract):
    """PoolConfigurator. It obeys the steward alone."""

    def __init__(self, address: str, steward: str, reserves: Mapping[str, Reserve]) -> None:
        super().__init__(address)
        self._steward = steward
        self._reserves = reserves
        self._own("configureReserveAsCollateral(address,uint256,uint256,uint256)", self._collateral)
        self._own("setReserveFreeze(address,bool)", self._flag("frozen", FROZEN))
        self._own("setReservePause(address,bool)", self._flag("paused", PAUSED))
        self._own("setSupplyCap(address,uint256)", self._number("supply_cap", SUPPLY_CAP))
        self._own("setBorrowCap(address,uint256)", self._number("borrow_cap", BORROW_CAP))
        self._own("setReserveFactor(address,uint256)", self._number("reserve_factor", FACTOR))
        self._own("setLiquidationProtocolFee(address,uint256)", self._number("protocol_fee", FEE))
        self._own("setEModeCategory(uint8,uint16,uint16,uint16,string)", self._category)
        self._own(
            "setAssetCollateralInEMode(address,uint8,bool)", self._member("collateral", IN_CATEGORY)
        )
        self._own(
            "setAssetBorrowableInEMode(address,uint8,bool)", self._member("borrowable", BORROWABLE)
        )

    def _own(self, signature: str, function: Callable[..., None]) -> None:
        def checked(frame: Frame, sender: str, *values: Any) -> None:
            require(sender == self._steward, "CALLER_NOT_POOL_ADMIN")
            function(frame, *values)

        self.expose(signature, checked)

    def _reserve(self, asset: str) -> Reserve:
        found = self._reserves.get(asset)
        if found is None:
            message = "ASSET_NOT_LISTED"
            raise Revert(message)
        return found

    def _collateral(self, frame: Frame, asset: str, ltv: int, threshold: int, bonus: int) -> None:
        require(ltv <= threshold, "INVALID_RESERVE_PARAMS")
        reserve = self._reserve(asset)
        config = replace(reserve.config(frame), ltv=ltv, threshold=threshold, bonus=bonus)
        reserve.set_config(frame, config)
        frame.emit(self.address, COLLATERAL, asset, ltv, threshold, bonus)

    def _number(self, name: str, event: Event) -> Callable[..., None]:
        def change(frame: Frame, asset: str, value: int) -> None:
            reserve = self._reserve(asset)
            reserve.update(frame)
            config = reserve.config(frame)
            changes: dict[str, Any] = {name: value}
            reserve.set_config(frame, replace(config, **changes))
            frame.emit(self.address, event, asset, getattr(config, name), value)
            if event is FACTOR:
                reserve.rates(frame)

        return change

    def _flag(self, name: str, event: Event) -> Callable[..., None]:
        def change(frame: Frame, asset: str, yes: bool) -> None:
            reserve = self._reserve(asset)
            changes: dict[str, Any] = {name: yes}
            reserve.set_config(frame, replace(reserve.config(frame), **changes))
            frame.emit(self.address, event, asset, yes)

        return change

    def _category(self, frame: Frame, number: int, ltv: int, threshold: int, bonus: int,
                  label: str) -> None:  # fmt: skip
        require(number > 0 and bool(label), "INVALID_EMODE_CATEGORY_PARAMS")
        own = replace(
            category(frame, number), ltv=ltv, threshold=threshold, bonus=bonus, label=label
        )
        frame.state.set(("category", number), own)
        frame.emit(self.address, CATEGORY, number, ltv, threshold, bonus, ZERO, label)

    def _member(self, name: str, event: Event) -> Callable[..., None]:
        def change(frame: Frame, asset: str, number: int, yes: bool) -> None:
            own = category(frame, number)
            members = tuple(one for one in getattr(own, name) if one != asset)
            if yes:
                members = (*members, self._reserve(asset).asset)
            changes: dict[str, Any] = {name: members}
            frame.state.set(("category", number), replace(own, **changes))
            frame.emit(self.address, event, asset, number, yes)

        return change


class Steward(Contract):
    """Carries out what its owner decides: `execute(target, data)`."""

    def __init__(self, address: str, owner: str) -> None:
        super().__init__(address)
        self.owner = owner
        self.expose("execute(address,bytes)", self._execute)

    def _execute(self, frame: Frame, sender: str, target: str, data: bytes) -> None:
        require(sender == self.owner, "not the owner")
        frame.call(target, self.address, data)
