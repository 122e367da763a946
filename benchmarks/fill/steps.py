"""What takes how long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell how long it takes."""
    start = time.monotonic()
    yield
    print(f"  {name}: {time.monotonic() - start:.0f} s", flush=True)
