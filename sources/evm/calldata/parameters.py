"""Calls that change a lending protocol's parameters or code, also hidden in other calldata.

Governance executes through contracts that nobody lists, so such calls stand somewhere inside
calldata: `hidden` looks for them, best effort. What is found there goes to the contract of the
outer call, for its own is not known; a proposal that carries it looks the same as its execution.
A payload that holds its calls in code cannot be seen, only that it is executed. The events of a
block are the authority.
Sources: interfaces of Aave v2 and v3, Compound v2 and v3, proxies.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import ParameterCall
from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Known, Reader, Said, Sent
from sources.evm.nested import WORD, arguments
from sources.evm.signatures import selector, types_in

_MOST_TRIED: Final = 256

_SIGNATURES: Final = (
    "configureReserveAsCollateral(address,uint256,uint256,uint256)",
    "setReserveActive(address,bool)",
    "setReserveFreeze(address,bool)",
    "setReservePause(address,bool)",
    "setReservePause(address,bool,uint40)",
    "setPoolPause(bool)",
    "setPoolPause(bool,uint40)",
    "setReserveBorrowing(address,bool)",
    "setReserveFlashLoaning(address,bool)",
    "setReserveFactor(address,uint256)",
    "setReserveLtvzero(address,bool)",
    "setReserveInterestRateStrategyAddress(address,address)",
    "setReserveInterestRateData(address,bytes)",
    "setSupplyCap(address,uint256)",
    "setBorrowCap(address,uint256)",
    "setDebtCeiling(address,uint256)",
    "setLiquidationProtocolFee(address,uint256)",
    "setLiquidationGracePeriod(address,uint40)",
    "setUnbackedMintCap(address,uint256)",
    "setSiloedBorrowing(address,bool)",
    "setBorrowableInIsolation(address,bool)",
    "setEModeCategory(uint8,uint16,uint16,uint16,string)",
    "setEModeCategory(uint8,uint16,uint16,uint16,address,string)",
    "setAssetEModeCategory(address,uint8)",
    "setAssetCollateralInEMode(address,uint8,bool)",
    "setAssetBorrowableInEMode(address,uint8,bool)",
    "setAssetLtvzeroInEMode(address,uint8,bool)",
    "updateFlashloanPremium(uint128)",
    "updateFlashloanPremiumTotal(uint128)",
    "dropReserve(address)",
    "activateReserve(address)",
    "deactivateReserve(address)",
    "freezeReserve(address)",
    "unfreezeReserve(address)",
    "enableBorrowingOnReserve(address,bool)",
    "disableBorrowingOnReserve(address)",
    "enableReserveStableRate(address)",
    "disableReserveStableRate(address)",
    "setAssetSources(address[],address[])",
    "setFallbackOracle(address)",
    "setPriceOracle(address)",
    "setPriceOracleSentinel(address)",
    "setPoolImpl(address)",
    "setPoolConfiguratorImpl(address)",
    "setLendingPoolImpl(address)",
    "setLendingPoolConfiguratorImpl(address)",
    "setAddress(bytes32,address)",
    "setAddressAsProxy(bytes32,address)",
    "executePayload(uint40)",
    "_setCloseFactor(uint256)",
    "_setCollateralFactor(address,uint256)",
    "_setLiquidationIncentive(uint256)",
    "_setPriceOracle(address)",
    "_setReserveFactor(uint256)",
    "_setInterestRateModel(address)",
    "_setMarketBorrowCaps(address[],uint256[])",
    "_setMintPaused(address,bool)",
    "_setBorrowPaused(address,bool)",
    "_setTransferPaused(bool)",
    "_setSeizePaused(bool)",
    "_setImplementation(address,bool,bytes)",
    "_setPendingImplementation(address)",
    "_supportMarket(address)",
    "deployAndUpgradeTo(address,address)",
    "updateAssetPriceFeed(address,address,address)",
    "updateAssetBorrowCollateralFactor(address,address,uint64)",
    "updateAssetLiquidateCollateralFactor(address,address,uint64)",
    "updateAssetLiquidationFactor(address,address,uint64)",
    "updateAssetSupplyCap(address,address,uint128)",
    "setBaseTokenPriceFeed(address,address)",
    "setBorrowKink(address,uint64)",
    "setSupplyKink(address,uint64)",
    "setStoreFrontPriceFactor(address,uint64)",
    "setPauseGuardian(address,address)",
    "pause(bool,bool,bool,bool,bool)",
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "upgrade(address,address)",
    "upgradeAndCall(address,address,bytes)",
    "changeAdmin(address)",
    "changeProxyAdmin(address,address)",
    "transferOwnership(address)",
    "acceptOwnership()",
    "renounceOwnership()",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "setPendingAdmin(address)",
    "acceptAdmin()",
    "pause()",
    "unpause()",
)


def _reader(name: str) -> Reader:
    def read(sent: Sent, _arguments: Any) -> Iterator[Said]:
        yield ParameterCall(sent.to, name)

    return read


def _name(signature: str) -> str:
    return signature.partition("(")[0]


KNOWN: Final = {
    selector(signature): Known(signature, types_in(signature), _reader(_name(signature)))
    for signature in _SIGNATURES
}
# Without arguments, four bytes alone would have to prove everything: those are not looked for.
_SOUGHT: Final = {known.signature.encode(): known for known in KNOWN.values() if known.types} | {
    code: known for code, known in KNOWN.items() if known.types
}
_PATTERN: Final = re.compile(b"|".join(map(re.escape, sorted(_SOUGHT))), re.DOTALL)


def hidden(sent: Sent, data: bytes) -> Iterator[ParameterCall]:
    """The calls that stand in calldata as parts of it, in order; at most 256 places are tried.

    A part is a length of 32 bytes and as many bytes: a selector with arguments that fit it, or a
    signature as text. Chance hardly makes a length and a selector side by side.
    """
    for tried, match in enumerate(_PATTERN.finditer(data)):
        if tried == _MOST_TRIED:
            return
        begin, end = match.span()
        length = int.from_bytes(data[max(0, begin - WORD) : begin], "big")
        known = _SOUGHT[match.group()]
        as_text = end - begin > 4
        if begin < WORD or length > len(data) - begin or (as_text and length != end - begin):
            continue
        if as_text or _fits(known, data[end : begin + length]):
            yield ParameterCall(sent.to, _name(known.signature))


def _fits(known: Known, data: bytes) -> bool:
    try:
        arguments(known.types, data)
    except Malformed:
        return False
    return True
