"""How a table is declared: STRICT on SQLite, constraint names that both databases agree on."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, text

from data.columns import Number

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *parts: Column[Any] | Index, rowid: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)


def key(name: str) -> Column[Any]:
    return Column(name, Number, primary_key=True, autoincrement=True)


def reference(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Number, ForeignKey(target), nullable=nullable)


def unique(name: str, *columns: str, where: str) -> Index:
    """Unique among some rows: both databases have it, each under its own option."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))
