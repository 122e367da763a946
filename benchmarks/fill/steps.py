"""Durations of steps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print how long the step took."""
    start = time.monotonic()
    yield
    print(f"  {name}: {time.monotonic() - start:.0f} s", flush=True)
