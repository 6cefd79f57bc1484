"""Pacing of cyclic clients."""

import time
from collections.abc import Iterator


def cycles(every: float, seconds: float) -> Iterator[int]:
    """Counts 0, 1, 2 ... one each `every` seconds, until `seconds` have passed."""
    start = time.monotonic()
    number = 0
    while (due := number * every) < seconds:
        time.sleep(max(0.0, start + due - time.monotonic()))
        yield number
        number += 1
