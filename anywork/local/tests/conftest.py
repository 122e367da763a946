import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from anywork.local.postgres import FAST_SETTINGS, PrivateServer, find_binaries


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """Restore the signal handlers that the runner replaces in the process of the tests."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised server that isn't running, to be used or copied, since initialising one is slow."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("needs PostgreSQL binaries")
    directory = tmp_path_factory.mktemp("any work") / "it's"
    with PrivateServer(directory, binaries, settings=FAST_SETTINGS):
        return directory
