"""The trial of a cluster: `python -m anywork.testing.cluster [FAULT...]` prints the figures of all faults or these."""

import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

import django

HEADER = "| fault | attempted | acknowledged | lost | doubled | failed | well after |"


def main(names: list[str]) -> int:
    # Of this process, which needs no database.
    os.environ |= {"DJANGO_SETTINGS_MODULE": "anywork.settings", "SECRET_KEY": "-", "DATABASE_URL": "postgres://-/-"}
    django.setup()
    logging.getLogger().setLevel(logging.WARNING)
    # These need the settings.
    from anywork.testing.cluster.faults import FAULTS, try_out
    from anywork.testing.cluster.load import People
    from anywork.testing.cluster.stand import Stand

    if unknown := set(names) - set(FAULTS):
        print(f"error: unknown names: {', '.join(sorted(unknown))}; choose from {', '.join(FAULTS)}")
        return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="anywork-cluster-") as folder, Stand(Path(folder), is_whole=True) as stand:
        people = People(stand)
        print(HEADER, "|---|---|---|---|---|---|---|", sep="\n", flush=True)
        for name in names or FAULTS:
            figures = try_out(people, FAULTS[name])
            print(figures.row(name.replace("_", " ")), flush=True)
            wrong = figures.lost + figures.doubled
            failed += bool(wrong or set(figures.failed) - {503})
            print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    # As Ctrl-C: everything is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
