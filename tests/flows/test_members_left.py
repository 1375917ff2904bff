"""A member of the market regime whose delisting is in no kept segment any more."""

import pickle
from pathlib import Path

import pytest
from msgspec.structs import replace

from flows.live_inputs import LiveInput, header_of, members_of
from flows.volatility import MarketRegimeLogic, Step
from flows.wiring import wire
from models.alignment import Alignment
from schemas.control import End
from schemas.errors import BrokenInvariant, RunConflict
from schemas.instrument import Instrument
from schemas.quality import Quality
from schemas.settings import RegimeSettings, Settings, SourceSettings
from sources.instrument_lines import entry_of
from sources.live.spool import Spool
from sources.live.told import told_in
from tests.flows.collected import collected
from tests.flows.live_made import BTC, ETH, OKX_BTC, USDM, live_input, live_settings
from tests.flows.test_listings_replayed import spoken
from tests.sources.talk import GRID, MS, START

PUBLIC = "binance-usdm-public"
GONE = "binance-usdm:GONEUSDT"


def spool(folder: Path, members: list[str], *listed: Instrument) -> Path:
    """The first kept segment: its header lists what there was then."""
    header = header_of(USDM, [entry_of(i) for i in listed], members)
    with Spool(folder, PUBLIC, header=header) as one:
        one.append([b'%d !{"k":"open"}\n' % START, b'%d !{"k":"clock"}\n' % (START + 9 * GRID)])
    return folder / PUBLIC


def restarted(folder: Path, *listed: Instrument) -> LiveInput:
    told = told_in(folder)
    assert told is not None
    return replace(live_input(*listed), told={PUBLIC: told})


def test_a_live_run_starts_again_without_it(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    folder = spool(tmp_path / settings.run, [BTC.name, GONE], BTC, ETH)
    one = restarted(folder, BTC, ETH)
    assert members_of(settings, [one]) == (BTC.name,)


def test_who_left_within_what_is_kept_stays_a_member(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    folder = spool(tmp_path / settings.run, [BTC.name, ETH.name], BTC, ETH)
    assert members_of(settings, [restarted(folder, BTC)]) == (BTC.name, ETH.name)


def test_a_venue_that_is_not_listened_to_is_a_conflict(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    folder = spool(tmp_path / settings.run, [BTC.name, OKX_BTC.name], BTC)
    with pytest.raises(RunConflict, match=f"has {OKX_BTC.name} in its market regime"):
        members_of(settings, [restarted(folder, BTC)])


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([BTC.name, GONE], (BTC.name,)),
        ([GONE], ()),
        ([BTC.name, ETH.name], (BTC.name, ETH.name)),
        ([BTC.name, OKX_BTC.name], (BTC.name, OKX_BTC.name)),  # of a venue that is not here
    ],
)
def test_a_replay_does_not_wait_for_it(
    tmp_path: Path, members: list[str], found: tuple[str, ...]
) -> None:
    folder = spool(tmp_path, members, BTC, ETH)
    assert wire(Settings(source=[SourceSettings(files=[str(folder)])])).members == found


def test_a_replay_of_what_is_kept_has_market_regimes(tmp_path: Path) -> None:
    found = []
    for name, members in (("whole", [BTC.name]), ("kept", [BTC.name, GONE])):
        folder = tmp_path / name / PUBLIC
        with Spool(
            tmp_path / name, PUBLIC, header=header_of(USDM, [entry_of(BTC)], members)
        ) as one:
            one.append([b"%d %s\n" % (START + ms * MS, x.encode()) for ms, x in spoken()[0]])
        found.append(collected([folder], regime=RegimeSettings(step_s=1.0)).rows["regimes"])
    assert found[0] == found[1]
    assert {row.scope for row in found[1]} == {BTC.name, ETH.name, "market"}


def test_recovery_data_may_know_one_that_has_left() -> None:
    settings = RegimeSettings(step_s=1.0)
    whole = MarketRegimeLogic([BTC.name, GONE], settings, None)
    first = [Step(name, 1, (1.0, 0.0, 0.0), Quality.ok) for name in (BTC.name, GONE)]
    whole.on_batch([*first, End(GONE, delisted=True)])
    state = pickle.loads(pickle.dumps(whole.snapshot()))
    resumed = MarketRegimeLogic([BTC.name], settings, state)
    for at in (2, 3):
        step = Step(BTC.name, at, (0.0, 0.0, 1.0), Quality.ok)
        (rows,) = resumed.on_batch([step])[0]
        assert [rows] == whole.on_batch([step])[0]
    assert resumed.snapshot() == whole.snapshot()


def test_recovery_data_with_one_that_is_here_are_of_others() -> None:
    state = Alignment(["a", "b"]).snapshot()
    with pytest.raises(BrokenInvariant, match="other members"):
        Alignment(["a"]).restore(state)
