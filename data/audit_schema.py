"""The tables of the tree over the audit log: which entry is which leaf, stored inner hashes, signed heads."""

from sqlalchemy import Column, Index

from data.columns import Instant, Number, Octets, Small
from data.tables import table

# The sealer gives positions in the order in which it sees entries: on PostgreSQL that is not the order of their ids.
audit_leaf = table(
    "audit_leaf",
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("audit_id", Number, nullable=False),
    Column("hash", Octets, nullable=False),
    Index("uq_audit_leaf_audit_id", "audit_id", unique=True),
)

audit_node = table(
    "audit_node",
    Column("level", Small, primary_key=True, autoincrement=False),
    Column("place", Number, primary_key=True, autoincrement=False),
    Column("hash", Octets, nullable=False),
    rowid=False,
)

audit_head = table(
    "audit_head",
    Column("size", Number, primary_key=True, autoincrement=False),
    Column("root", Octets, nullable=False),
    Column("at", Instant, nullable=False),
    Column("key_id", Octets, nullable=False),
    Column("signature", Octets, nullable=False),
)
