"""What a column says about itself: unit, meaning, type in the store.

One struct per published row gives the ClickHouse DDL, the Arrow schema, the topic message and
the documents; the annotations below are all they read.
"""

from typing import Annotated

from msgspec import Struct


class Col(Struct, frozen=True):
    """Unit and meaning of a column; `store` overrides the store's type."""

    unit: str
    text: str
    store: str = ""


class Row(Struct, frozen=True, gc=False):
    """A row as it is published. `None` means "not known", never 0 or NaN."""


# Kinds of columns that differ from their Python type in the store.
Time = Annotated[int, Col("ns UTC", "", "DateTime64(6, 'UTC')")]  # int64 ns here, µs in the store
Name = Annotated[str, Col("", "", "LowCardinality(String)")]  # few distinct values
Flags = Annotated[tuple[str, ...], Col("", "", "Array(LowCardinality(String))")]

# Numbers by unit. `None` where the number may be unknown.
Price = Annotated[float | None, Col("quote per base", "price")]
Size = Annotated[float | None, Col("base coin", "size")]
Usd = Annotated[float | None, Col("USD", "amount")]
BasisPoints = Annotated[float | None, Col("bp", "1e-4 of mid")]
Millis = Annotated[float | None, Col("ms", "duration")]
AnnualVariance = Annotated[float | None, Col("1/year", "annual variance, 1.0 = (100 %)²")]
AnnualVol = Annotated[float | None, Col("1/√year", "annual volatility, 1.0 = 100 %")]
Probability = Annotated[float | None, Col("probability", "0 … 1")]
