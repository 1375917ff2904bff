"""How those who act on a chain sign and send: nonces, fees, gas."""

from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.transaction import DYNAMIC, LEGACY, Transaction

GWEI: Final = 10**9
NATIVE_GAS: Final = 21_000


class Wallets:
    """Sends for anybody. `tip_wei` scales with what is normal on the chain."""

    def __init__(self, chain: Chain, rng: Random) -> None:
        self.chain = chain
        self._rng = rng

    def tip(self, median: float, spread: float = 0.6) -> int:
        """A priority fee around a share of the chain's normal base fee."""
        drawn = median * self.chain.spec.base_wei * 2.718281828 ** self._rng.gauss(0.0, spread)
        return max(1, int(drawn))

    def send(self, at_s: float, sender: str, to: str, data: bytes, gas: int, tip_wei: int, *,
             most_wei: int | None = None, value_wei: int = 0, legacy: bool = False) -> Transaction | None:  # fmt: skip # noqa: E501
        """Sign and send; None when the mempool does not take it.

        `most_wei` is the most that is paid per gas, by default twice the next base fee and the tip.
        """
        most = most_wei if most_wei is not None else 2 * self.chain.next_base_wei + tip_wei
        if legacy:
            tip_wei = most
        spent = gas if gas == NATIVE_GAS else int(gas * (0.6 + 0.3 * self._rng.random()))
        nonce = self.chain.mempool.next_nonce(sender)
        made = Transaction(
            self.chain.spec.chain_id, sender, to, nonce, data, gas, spent, most,
            min(tip_wei, most), value_wei, LEGACY if legacy else DYNAMIC,
        )  # fmt: skip
        return made if self.chain.submit(made, at_s) else None

    def bump(self, at_s: float, old: Transaction) -> bool:
        """Send it once more for higher fees, with the same nonce; whether it was taken."""
        share = 110 + 1 + self._rng.randrange(30)
        most = max(-(-old.max_fee_wei * share // 100), 5 * self.chain.next_base_wei // 4)
        tip = most if old.type == LEGACY else min(most, -(-old.priority_wei * share // 100))
        made = Transaction(
            old.chain_id, old.sender, old.to, old.nonce, old.data, old.gas, old.burns, most, tip,
            old.value_wei, old.type,
        )  # fmt: skip
        return self.chain.submit(made, at_s)

    def cost_usd(self, gas: int, coin_usd: float) -> float:
        """What gas costs at the next base fee, roughly."""
        return gas * 1.5 * self.chain.next_base_wei / 1e18 * coin_usd
