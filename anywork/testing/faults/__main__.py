"""Fault runs: `python -m anywork.testing.faults [NAME...]` prints the figures of all or the named ones."""

import sys
import tempfile
from pathlib import Path

from django.core.management import call_command

from anywork.local.postgres import FAST_SETTINGS, PrivateServer
from anywork.local.runner import server_binaries
from anywork.testing.faults.configuration import configure

HEADER = "| fault | attempted | acknowledged | lost | duplicated | recovered after | remarks |"


def main(names: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="anywork-faults-") as folder:
        directory = Path(folder)
        data = directory / "postgres"
        server = PrivateServer(data, server_binaries(data), settings=FAST_SETTINGS)
        try:
            server.start()
            configure(server.url, directory)
            # These need Django.
            from anywork.testing.engines import PgBouncer
            from anywork.testing.faults.runs import RUNS
            from anywork.testing.faults.stand import Stand

            if unknown := set(names) - set(RUNS):
                print(f"error: unknown names: {', '.join(sorted(unknown))}; choose from {', '.join(RUNS)}")
                return 2
            pool = PgBouncer(server.url, directory)
            with Stand(directory, server, environment={"DB_POOLED": "on", "DATABASE_URL": pool.url}) as stand:
                call_command("configure_database_role")
                print(HEADER, "|---|---|---|---|---|---|---|", sep="\n", flush=True)
                failed = 0
                for name in names or RUNS:
                    stand.reset()
                    result = RUNS[name](stand)
                    print(result.row(name.replace("_", " ")), flush=True)
                    failed += not result.is_good
        finally:
            server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
