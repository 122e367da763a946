"""Usage: `python -m anywork.local run` or `python -m anywork.local test [pytest arguments]`."""

import sys

from anywork.local.identity import NoIdentityError
from anywork.local.install import InstallError
from anywork.local.postgres import PostgresError
from anywork.local.runner import UsageError, run, test


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["run"]:
                return run()
            case ["test", *rest]:
                return test(rest)
    except (UsageError, PostgresError, NoIdentityError, InstallError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
