"""Interest and liquidations: published figures, the 3.3 rules one by one, refusals."""

from dataclasses import replace

import pytest

from sources.simulator.chain.contract import Frame, Revert
from sources.simulator.chain.deployment import CONFIGS, Deployment
from sources.simulator.chain.health import Health
from sources.simulator.chain.liquidation import Seizure, most_repaid, seizure
from sources.simulator.chain.ray import RAY, compounded, linear, percent_div, ray_div, ray_mul
from sources.simulator.chain.store import Store
from sources.simulator.chain.words import MOST, call

E8, BTC, USDC, WAD = 10**8, 10**8, 10**6, 10**18
YOU, ME, BANK = (f"0x{k:040x}" for k in (1, 2, 3))


def test_interest_as_published() -> None:
    index = ray_mul(linear(22461916953455574582370088, 1918), 1001723339432542553527150680)
    assert ray_mul(161316503206059870, index) == 161594727054623229
    assert compounded(5 * 10**17, 0) == RAY
    # (1 + 5 %/year)^year by its first terms: 1 + x + x²/2 + x³/6
    x = 0.05
    year = compounded(5 * 10**25, 365 * 86_400) / RAY
    assert year == pytest.approx(
        1 + x + x * x / 2 + x**3 / 6, abs=6e-6
    )  # its third power is cut to a few units
    assert (ray_div(2, 3 * RAY), percent_div(57_750, 10_500)) == (1, 55_000)


@pytest.mark.parametrize(
    ("price", "repaid", "expected"),
    [
        (68_000, 55_000, Seizure(55_000 * USDC, 84_522_058, 404_412)),
        (65_000, 110_000, Seizure(110_000 * USDC, 176_846_153, 846_154)),
    ],
)
def test_what_a_repayment_takes(price: int, repaid: int, expected: Seizure) -> None:
    prices, units = (price * E8, E8), (BTC, USDC)
    assert seizure(repaid * USDC, 2 * BTC, prices, units, 10_500, 1_000) == expected


def test_more_than_there_is_is_not_taken() -> None:
    found = seizure(110_000 * USDC, BTC, (65_000 * E8, E8), (BTC, USDC), 10_500, 0)
    assert found == Seizure(61_904_761_905, BTC, 0)  # 65000 / 1.05


@pytest.mark.parametrize(
    ("factor", "collateral", "debt", "expected"),
    [
        (0.96, 5_000, 3_000, 2_000), (0.95, 5_000, 3_000, 3_000), (0.96, 1_999, 3_000, 3_000),
        (0.96, 5_000, 1_999, 1_999), (0.96, 5_000, 2_000, 2_000),
    ],
)  # fmt: skip
def test_how_much_may_be_repaid(factor: float, collateral: int, debt: int, expected: int) -> None:
    health = Health(5_000 * E8, 4_000 * E8, 0, int(factor * WAD))
    found = most_repaid(health, collateral * E8, debt * E8, debt * USDC, E8, USDC)
    assert found == expected * USDC


class Market:
    """A lending market with two people and a bank; prices as set."""

    def __init__(self) -> None:
        self.made = Deployment(1)
        self.frame = Frame(Store(), 1, 1_000_000, self.made.contracts())
        self.prices = {"WETH": 2_000, "WBTC": 100_000, "USDC": 1, "USDX": 1}
        self.made.lending.prices = self
        for name, token in self.made.tokens.items():
            for who in (YOU, ME, BANK):
                token.mint(self.frame, who, 10**6 * token.unit)
            config = replace(CONFIGS[name], ltv=7_500, threshold=8_000, bonus=10_500,
                             supply_cap=0)  # fmt: skip
            self.made.reserves[name].set_config(self.frame, config)
            amount = 5 * 10**5 * token.unit
            self.do(BANK, "supply(address,uint256,address,uint16)", name, amount, BANK, 0)

    def price(self, frame: Frame, asset: str) -> int:
        del frame
        names = {token.address: name for name, token in self.made.tokens.items()}
        return self.prices[names[asset]] * E8

    def do(self, who: str, signature: str, name: str, *values: object) -> None:
        data = call(signature, self.made.tokens[name].address, *values)
        self.frame.call(self.made.lending.address, who, data)

    def open(self, collateral: int, owed: int) -> None:
        self.do(YOU, "supply(address,uint256,address,uint16)", "WBTC", collateral, YOU, 0)
        self.do(YOU, "borrow(address,uint256,uint256,uint16,address)", "USDC", owed, 2, 0, YOU)

    def liquidate(self, cover: int = MOST, *, receive: bool = False) -> None:
        asset = self.made.tokens["USDC"].address
        signature = "liquidationCall(address,address,address,uint256,bool)"
        self.do(ME, signature, "WBTC", asset, YOU, cover, receive)

    def debt(self) -> int:
        return self.made.reserves["USDC"].debt_token.balance(self.frame, YOU)


def test_the_worked_case() -> None:
    market = Market()
    market.open(2 * BTC, 110_000 * USDC)
    pool = market.made.lending
    assert pool.health(market.frame, YOU).factor / WAD == pytest.approx(1.4545, abs=1e-4)
    with pytest.raises(Revert, match="HEALTH_FACTOR_NOT_BELOW_THRESHOLD"):
        market.liquidate()
    market.prices["WBTC"] = 68_000
    assert pool.health(market.frame, YOU).factor / WAD == pytest.approx(0.9891, abs=1e-4)
    market.liquidate()
    wbtc, a_token = market.made.tokens["WBTC"], market.made.reserves["WBTC"].a_token
    assert wbtc.balance(market.frame, ME) == 10**6 * BTC + 84_522_058
    assert a_token.balance(market.frame, pool.treasury) == 404_412
    assert market.debt() == 55_000 * USDC
    assert pool.health(market.frame, YOU).factor / WAD == pytest.approx(1.1382, abs=1e-4)


def test_bad_debt_is_written_off() -> None:
    market = Market()
    market.open(BTC, 70_000 * USDC)
    market.prices["WBTC"] = 60_000
    market.liquidate()
    usdc = market.made.reserves["USDC"]
    repaid = 57_142_857_143  # 60000 / 1.05
    assert market.debt() == 0
    assert usdc.books(market.frame).deficit == 70_000 * USDC - repaid
    assert market.made.lending.health(market.frame, YOU).collateral == 0
    kinds = [log.topics[0][:10] for log in market.frame.logs[-4:]]
    assert "0x2bccfb3f" in [log.topics[0][:10] for log in market.frame.logs]
    assert kinds[-1] == "0xe413a321"


def test_no_dust_is_left() -> None:
    market = Market()
    market.open(BTC // 50, 1_400 * USDC)
    market.prices["WBTC"] = 87_000
    with pytest.raises(Revert, match="MUST_NOT_LEAVE_DUST"):
        market.liquidate(500 * USDC)
    market.liquidate(300 * USDC, receive=True)
    a_token = market.made.reserves["WBTC"].a_token
    expected = seizure(300 * USDC, BTC // 50, (87_000 * E8, E8), (BTC, USDC), 10_500, 1_000)
    assert a_token.balance(market.frame, ME) == expected.seized
    assert market.debt() == 1_100 * USDC


@pytest.mark.parametrize(
    ("signature", "name", "values", "why"),
    [
        ("borrow(address,uint256,uint256,uint16,address)", "USDC", (80_000 * USDC, 2, 0, YOU),
         "COLLATERAL_CANNOT_COVER"),
        ("withdraw(address,uint256,address)", "WBTC", (2 * BTC, YOU), "USER_BALANCE"),
        ("repay(address,uint256,uint256,address)", "WETH", (1, 2, YOU), "NO_DEBT"),
    ],
)  # fmt: skip
def test_refusals(signature: str, name: str, values: tuple[object, ...], why: str) -> None:
    market = Market()
    market.open(BTC, 10_000 * USDC)
    with pytest.raises(Revert, match=why):
        market.do(YOU, signature, name, *values)


def test_all_is_repaid_and_withdrawn_to_the_last_unit() -> None:
    market = Market()
    market.open(BTC, 10_000 * USDC)
    market.frame.timestamp_s += 86_400 * 30
    market.do(YOU, "repay(address,uint256,uint256,address)", "USDC", MOST, 2, YOU)
    market.do(YOU, "withdraw(address,uint256,address)", "WBTC", MOST, YOU)
    reserves = market.made.reserves
    assert reserves["USDC"].debt_token.scaled(market.frame, YOU) == 0
    assert reserves["WBTC"].a_token.scaled(market.frame, YOU) == 0
    usdc = reserves["USDC"].books(market.frame)
    assert usdc.variable_index > RAY
    assert usdc.liquidity_index > RAY
