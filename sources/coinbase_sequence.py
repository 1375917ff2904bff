"""The number every frame of a Coinbase Advanced connection has, whatever its channel: +1 a frame.

next    it continues, or it is the first
broken  frames are missing: every book of the connection may have lost something
anew    the venue counts anew (a connection that nobody announced): nothing old holds
old     it was there before: left out, as long as such frames come singly
"""

from typing import Literal

from msgspec import Struct

Verdict = Literal["next", "broken", "anew", "old"]


class FrameSequence(Struct):
    """Where the connection stands: −1 when it is not known; `stray` is the last old number."""

    last: int = -1
    stray: int = -1

    def judge(self, number: int) -> Verdict:
        """What the number of the next frame says.

        A single old frame is a repetition. Two that follow each other, or number 0, are a new
        connection: to go on leaving them out would be silence until the old number is reached.
        """
        if self.last < 0 or number == self.last + 1:
            verdict: Verdict = "next"
        elif number > self.last:
            verdict = "broken"
        elif (number == 0 and self.last > 0) or (self.stray >= 0 and number == self.stray + 1):
            verdict = "anew"
        else:
            self.stray = number
            return "old"
        self.last, self.stray = number, -1
        return verdict

    def forget(self) -> None:
        """Take the next frame as the first."""
        self.last = self.stray = -1
