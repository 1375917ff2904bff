"""The settings tree (C15): frozen, every default written once, here. `flows/settings.py` loads it.

Names ending in `_s` take numbers (seconds); other durations are text such as "250ms".
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from schemas.chain_contract import ChainSettings
from schemas.instrument import Kind
from schemas.rule import Rule

Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class StoreSettings(_Section, frozen=True, kw_only=True):
    """Where rows go: `chdb:///folder` (embedded) or `http(s)://user:password@host:port/`."""

    url: str = "chdb://seawall-store"


class StateSettings(_Section, frozen=True, kw_only=True):
    """Where recovery data go; None: a run cannot be resumed."""

    dir: str | None = None


class GridSettings(_Section, frozen=True, kw_only=True):
    """The time grid of ticks: divides 1 s, or is a whole number of seconds."""

    interval: str = "250ms"


class FlowSettings(_Section, frozen=True, kw_only=True):
    """How the dataflow is run. None of these affects a number."""

    chunk_frames: Count = 4096  # lines read at a time
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    epoch_s: Annotated[float, Meta(ge=0)] = 5.0


class StaleSettings(_Section, frozen=True, kw_only=True):
    """Age past which a stream's last event no longer describes the market."""

    book_s: Positive = 10.0
    hole_s: Positive = 60.0  # silence in a foreign recording that counts as a restart


class VolatilitySettings(_Section, frozen=True, kw_only=True):
    """Estimators of C7 whose parameters a desk may want to change."""

    forecast_half_life_s: Positive = 900.0


class RegimeSettings(_Section, frozen=True, kw_only=True):
    """The anchored three-state filter with its measured defaults (per step of 60 s)."""

    step_s: Positive = 60.0  # a multiple of the grid and of 1 s
    members: list[str] | None = None  # None: per asset the perpetual with most volume
    stay_probability: Share = 0.999  # per 60 s; scaled to the step
    tempering: Annotated[float, Meta(gt=0, le=1)] = 1.0 / 3.0
    enter: Share = 0.8  # P(stress) at or above …
    enter_dwell_s: Positive = 180.0  # … for this long
    leave: Share = 0.5  # P(stress) below …
    leave_dwell_s: Positive = 3600.0  # … for this long
    prior_days: Positive = 3.0  # weight of the prior scale
    prior_vol: dict[str, Positive] = field(
        default_factory=lambda: {"BTC": 0.60, "ETH": 0.80}
    )  # annual, by asset
    prior_vol_other: Positive = 1.00
    threshold_half_life_s: Positive = 1800.0  # the EWMA shown beside the filter
    threshold_enter: Positive = 3.0  # × reference volatility
    threshold_leave: Positive = 2.0


class SourceSettings(_Section, frozen=True, kw_only=True):
    """One input: recordings (`files`), or a venue live (without). None affects a number."""

    venue: str | None = None  # of recordings: None is from the file name or its first line
    files: list[str] = []
    instruments: list[str] = []  # symbols of the venue, or patterns such as "BTC*"
    top: Count | None = None  # and the so many with most quote volume, at the run's first start
    streams: list[str] = []  # book, top, trade, mark, liquidation, …; none: the venue's usual ones
    ws_url: str | None = None  # replaces scheme and host of the venue's sockets
    rest_url: str | None = None  # … of its REST
    accounts: list[str] = []  # addresses to watch, where the venue shows accounts to everybody
    key: str | None = None  # "${NAME}": the variable of the environment that has it

    @property
    def is_live(self) -> bool:
        """Whether it is a venue and no recording."""
        return not self.files


class LiveSettings(_Section, frozen=True, kw_only=True):
    """How live connections are kept. None of these affects a number."""

    spool: str = "seawall-spool"  # folder: every line is there before it is used
    queue_frames: Count = 50_000  # of one connection; what does not fit is lost, and told
    queue_mb: Positive = 64.0
    segment_mb: Positive = 256.0  # a segment of the spool ends at this size …
    segment_minutes: Positive = 60.0  # … or age
    keep_hours: Annotated[float, Meta(ge=0)] = 0.0  # 0: for ever; never before they are read
    wish_repeat_s: Positive = 30.0  # until a snapshot is asked for again
    # Until the venues are asked anew what they list, for `instruments` (never for `top`); 0: never.
    listing_minutes: Annotated[float, Meta(ge=0)] = 15.0
    backoff_least_s: Positive = 0.5  # between two attempts to connect
    backoff_most_s: Positive = 30.0
    epoch_s: Positive = 30.0  # between two snapshots, for which the flow stands still briefly
    page: str = "127.0.0.1:8099"  # host and port of the page; "": none


class InstrumentSettings(_Section, frozen=True, kw_only=True):
    """Metadata that overrides what frames let one guess."""

    name: str
    asset: str | None = None
    quote: str | None = None
    kind: Kind | None = None
    price_decimals: Annotated[int, Meta(ge=0, le=12)] | None = None
    ratio_factor: Positive | None = None
    contract_size: Positive | None = None
    funding_interval_h: Positive | None = None


class Settings(_Section, frozen=True, kw_only=True):
    """The whole tree. `run` names the set of rows in the store.

    `assumed` has, by venue, what is set of the assumptions that its `sources/<venue>_assumed.py`
    documents, with their defaults; what is not set is as a recording says, or as by default.
    """

    run: str = "main"
    store: StoreSettings = StoreSettings()
    state: StateSettings = StateSettings()
    grid: GridSettings = GridSettings()
    flow: FlowSettings = FlowSettings()
    stale: StaleSettings = StaleSettings()
    volatility: VolatilitySettings = VolatilitySettings()
    regime: RegimeSettings = RegimeSettings()
    live: LiveSettings = LiveSettings()
    source: list[SourceSettings] = []
    instrument: list[InstrumentSettings] = []
    assumed: dict[str, dict[str, Any]] = {}
    chain: list[ChainSettings] = []
    rule: list[Rule] = []


NUMBERS = ("grid", "stale", "volatility", "regime", "instrument", "assumed", "chain", "rule")
"""The sections that affect numbers: their hash belongs to the run."""
