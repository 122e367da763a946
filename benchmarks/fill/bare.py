"""Tables without indexes, foreign keys or triggers while many rows are written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Definitions from the catalog, to recreate them unchanged. Indexes of constraints are kept.
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid = %s::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
    ORDER BY pg_get_indexdef(indexrelid) LIKE '%% USING gin %%' DESC, 1
"""
_FOREIGN_KEYS = """
    SELECT quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY conname
"""

Statements = list[str]


@contextmanager
def bare(cursor: Any, table: str, *, run_all: Callable[[Statements], None]) -> Iterator[None]:
    """Drop indexes and foreign keys of `table`, and recreate them at the end of the block.

    Args:
        cursor: of the connection that drops them.
        table: its name.
        run_all: runs statements in any order; it builds the indexes, slowest first.
    """
    indexes, foreign_keys = _read(cursor, _INDEXES, table), _read(cursor, _FOREIGN_KEYS, table)
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for name, _ in foreign_keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    run_all([definition for _, definition in indexes])
    for name, definition in foreign_keys:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def without_trigger(cursor: Any, table: str, trigger: str) -> Iterator[None]:
    """Disable a trigger whose work the caller does."""
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


def _read(cursor: Any, query: str, table: str) -> list[tuple[str, str]]:
    cursor.execute(query, [table])
    rows: list[tuple[str, str]] = cursor.fetchall()
    return rows
