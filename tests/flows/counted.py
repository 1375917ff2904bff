"""A tiny flow that counts letters by key, and can die like a killed process at a chosen moment.

`python tests/flows/counted.py FOLDER TEXT CUTS MOMENT AT` counts TEXT in batches that end at the
comma-separated CUTS, one epoch each, and kills itself in the sink's MOMENT (`write`, `snapshot`)
once the letter number AT has come there.
"""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

Counted = tuple[int, str, int]  # position, letter, how often it has come


class _Letters(StatefulSourcePartition[tuple[str, int], int]):
    def __init__(self, text: str, cuts: Sequence[int], at: int) -> None:
        self.text, self.cuts, self.at = text, cuts, at

    def next_batch(self) -> list[tuple[str, int]]:
        ahead = [cut for cut in self.cuts if cut > self.at]
        if not ahead:
            raise StopIteration
        begin, self.at = self.at, ahead[0]
        return [(self.text[k], k + 1) for k in range(begin, self.at)]

    def snapshot(self) -> int:
        return self.at


class _Source(FixedPartitionedSource[tuple[str, int], int]):
    def __init__(self, text: str, cuts: Sequence[int]) -> None:
        self.text, self.cuts = text, cuts

    def list_parts(self) -> list[str]:
        return ["text"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Letters:
        return _Letters(self.text, self.cuts, resume_state or 0)


class _List(StatefulSinkPartition[Counted, None]):
    def __init__(self, out: list[Counted], moment: str, at: int) -> None:
        self.out, self.moment, self.at = out, moment, at

    def write_batch(self, values: list[Counted]) -> None:
        self.out += values
        self._perhaps_die("write")

    def snapshot(self) -> None:
        self._perhaps_die("snapshot")

    def _perhaps_die(self, moment: str) -> None:
        if moment == self.moment and self.out and max(self.out)[0] >= self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class _Sink(FixedPartitionedSink[Counted, None]):
    def __init__(self, moment: str, at: int) -> None:
        self.out: list[Counted] = []
        self.moment, self.at = moment, at

    def list_parts(self) -> list[str]:
        return ["list"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _List:
        return _List(self.out, self.moment, self.at)


def count(
    folder: str, text: str, cuts: Sequence[int], moment: str = "", at: int = 0
) -> list[Counted]:
    """Run the flow on a recovery folder; what came out of this execution, in order."""
    sink = _Sink(moment, at)
    dataflow = Dataflow("counted")
    letters = op.input("letters", dataflow, _Source(text, cuts))
    counts = op.stateful_map("count", letters, lambda n, at: ((n or 0) + 1, (at, (n or 0) + 1)))
    rows = op.map("rows", counts, lambda each: ("list", (each[1][0], each[0], each[1][1])))
    op.output("out", rows, sink)
    run_main(dataflow, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(folder))
    return sorted(sink.out)


if __name__ == "__main__":
    cuts = [int(cut) for cut in sys.argv[3].split(",")]
    count(sys.argv[1], sys.argv[2], cuts, sys.argv[4], int(sys.argv[5]))
