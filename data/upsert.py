"""Counting rows up, and putting rows in others' place: the same statement on both databases."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def add_counts(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Adds each row's `n` to the row with the same key. Sorted by key, so that two writers never deadlock."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key.columns]
    counted = statement.on_conflict_do_update(
        index_elements=keys, set_={"n": table.c.n + statement.excluded.n}
    )
    ordered = sorted(rows, key=lambda row: [str(row[key]) for key in keys])
    connection.execute(counted, ordered)


def put(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Each row in the place of the one with its key, of two at once the later. Sorted by key, as above."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key.columns]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    replaced = statement.on_conflict_do_update(index_elements=keys, set_=others)
    connection.execute(replaced, sorted(rows, key=lambda row: [str(row[key]) for key in keys]))
