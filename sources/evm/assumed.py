"""What a node's session has to know beforehand: the settings of its chain, also in a recording."""

import re
from typing import Final

from schemas.chain_contract import ChainSettings
from sources.assumed import Assumed

VENUE: Final = re.compile(r"evm-([1-9][0-9]{0,17})")


class EvmAssumed(Assumed, frozen=True, kw_only=True):
    """`chain` None: nothing is watched but heads and what waits."""

    chain: ChainSettings | None = None

    def of(self, venue: str) -> ChainSettings:
        """The settings of the chain that a venue is."""
        found = VENUE.fullmatch(venue)
        number = int(found[1]) if found else 0
        return self.chain or ChainSettings(id=number, name=venue)
