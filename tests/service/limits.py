"""
limits.py - the limits of the fake API: calls counted in sliding windows.

Does      counts the calls that arrive, refused ones too; says how long a call that is one too many has to wait.
Not here  the answer 429 (defender.py).
Rules     100 calls in any minute and 1,500 in any hour (every page of defender-docs api/, read 2026-11-23), for the
          application as a whole: others of its users count as well.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

MINUTE, HOUR = 60.0, 3600.0


@dataclass
class Limits:
    """Sliding windows.

    scale  seconds of the API in a second of this host
    """

    minute: int = 100
    hour: int = 1500
    scale: float = 60.0
    refused: int = 0
    arrivals: list[float] = field(default_factory=list)

    def now(self) -> float:
        return time.monotonic() * self.scale

    def others(self, calls: int) -> None:
        """So many calls of somebody else, now."""
        self.arrivals += [self.now()] * calls

    def take(self) -> int | None:
        """A call has come. None: it may pass; else the seconds until one may."""
        now = self.now()
        wait = 0.0
        for limit, window in ((self.minute, MINUTE), (self.hour, HOUR)):
            if len(self.arrivals) >= limit:
                wait = max(wait, self.arrivals[-limit] + window - now)
        self.arrivals.append(now)
        if wait <= 0:
            return None
        self.refused += 1
        return math.ceil(wait)
