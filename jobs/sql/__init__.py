"""SQL of migrations: functions and triggers.

A file is named after the migration that reads it and never changes; a later change is another migration with its own
file.
"""

from pathlib import Path


def read_sql(name: str) -> str:
    """Return the statements of a file in this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
