#!/usr/bin/env python
"""Django's command line for AnyWork."""

import sys


def main() -> None:
    """Run the management command named on the command line."""
    from django.core.management import execute_from_command_line

    from anywork.environment import require_settings

    require_settings()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
