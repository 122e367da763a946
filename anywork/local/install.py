"""Install requirements into .venv: `python3 anywork/local/install.py requirements.txt`.

Run by path, with the system's Python and the standard library alone. Does nothing, in a few milliseconds, when neither
the requirements nor the interpreter changed since the last run.
"""

import fcntl
import hashlib
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = "requirements-constraints.txt"


class InstallError(Exception):
    """The installation failed; the text says what to do."""


@contextmanager
def step(what: str, *, every: float = 5) -> Iterator[None]:
    """Print how long the step took, and while it runs, every few seconds how long it has taken."""
    start, ended = time.monotonic(), threading.Event()

    def tick() -> None:
        while not ended.wait(every):
            print(f"{what} ... {time.monotonic() - start:.0f} s", flush=True)

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield
        print(f"{what}: {time.monotonic() - start:.1f} s", flush=True)
    finally:
        ended.set()
        ticking.join()


def _interpreter() -> str:
    """Return the version of the virtual environment's Python, "" if it doesn't work."""
    try:
        done = subprocess.run(
            [PYTHON, "-I", "-S", "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _create() -> None:
    try:
        # Completes one that was interrupted; replaces one whose Python is gone.
        venv.create(VENV, with_pip=True, clear=VENV.exists() and not _interpreter())
    except subprocess.CalledProcessError:
        raise InstallError(
            f"{sys.executable} cannot create virtual environments; on Debian and Ubuntu: apt install python3-venv"
        ) from None


def _digest(name: str) -> str:
    # requirements-dev.txt includes requirements.txt, so that one is part of every digest.
    digest = hashlib.sha256(_interpreter().encode())
    for path in sorted({ROOT / name, ROOT / "requirements.txt", ROOT / CONSTRAINTS}):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install(name: str) -> None:
    """Install the requirements file `name`, pinned by the constraints, unless it is installed already."""
    stamp = VENV / f"installed-{name}"
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make test` beside a first `make run` waits here.
        if stamp.exists() and stamp.read_text() == _digest(name):
            return
        # With .venv/bin first on PATH, this is the environment's own Python, and there is nothing to create.
        if Path(sys.prefix) != VENV and (not _interpreter() or not any(VENV.glob("installed-*"))):
            with step("Creating .venv"):
                _create()
        stamp.unlink(missing_ok=True)
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        with step(f"Installing {name} into .venv"):
            if subprocess.run([*pip, "-r", name, "-c", CONSTRAINTS], cwd=ROOT, check=False).returncode != 0:
                raise InstallError(f"pip could not install {name} (see above); check the network or the pip mirror")
        stamp.write_text(_digest(name))


def main() -> None:
    try:
        install(sys.argv[1])
    except InstallError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
