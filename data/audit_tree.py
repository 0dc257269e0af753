"""The leaves and inner hashes of the tree over the audit log, and the entries that have no leaf yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select
from sqlalchemy.exc import DBAPIError

from ca_core.audit import Recorded
from ca_core.audit_check import Leaf
from ca_core.audit_tree import Node
from data import audit
from data.audit_schema import audit_leaf, audit_node
from data.schema import audit as entry

# An entry may be committed after another one with a higher id was sealed. So many ids back are looked at each time;
# what came later still is found by looking at all.
LOOK_BACK = 20_000
# An instant that no clock shows, text that is no text: what somebody wrote past us need not be readable.
_UNREADABLE = (ValueError, OverflowError, OSError, DBAPIError)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Entries without a leaf: how many, and the first of them by id."""

    n: int
    first: Recorded | None


class AuditTree:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def size(self) -> int:
        """One more than the highest position."""
        highest = self._connection.scalar(select(func.max(audit_leaf.c.position)))
        return 0 if highest is None else int(highest) + 1

    def stored(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Hashes of one level; of level 0 they are the leaves'."""
        if level == 0:
            place = audit_leaf.c.position
            query = select(audit_leaf.c.hash).where(place >= first, place < first + count).order_by(place)
        else:
            place = audit_node.c.place
            query = (
                select(audit_node.c.hash)
                .where(audit_node.c.level == level, place >= first, place < first + count)
                .order_by(place)
            )
        return [bytes(hash_) for hash_ in self._connection.scalars(query)]

    def waiting(self, limit: int, *, all_of_them: bool) -> list[Recorded]:
        """Entries without a leaf, by id: the newest ones' neighbourhood, or really all."""
        query = select(entry).where(_has_no_leaf()).order_by(entry.c.audit_id).limit(limit)
        if not all_of_them:
            newest = self._connection.scalar(select(func.max(audit_leaf.c.audit_id))) or 0
            query = query.where(entry.c.audit_id > int(newest) - LOOK_BACK)
        return [audit.of_row(row) for row in self._connection.execute(query)]

    def first_beyond(self) -> Recorded | None:
        """The first entry after the newest one that has a leaf: a quick look, which sees whether sealing goes on."""
        newest = select(func.coalesce(func.max(audit_leaf.c.audit_id), 0)).scalar_subquery()
        query = select(entry).where(entry.c.audit_id > newest).order_by(entry.c.audit_id).limit(1)
        row = self._connection.execute(query).one_or_none()
        return audit.of_row(row) if row is not None else None

    def unsealed(self) -> Unsealed:
        """Of the whole log."""
        row = self._connection.execute(
            select(func.count(), func.min(entry.c.audit_id)).where(_has_no_leaf())
        ).one()
        return Unsealed(int(row[0]), self.entry(int(row[1])) if row[0] else None)

    def entry(self, entry_id: int) -> Recorded | None:
        row = self._connection.execute(select(entry).where(entry.c.audit_id == entry_id)).one_or_none()
        return audit.of_row(row) if row is not None else None

    def position_of(self, entry_id: int) -> int | None:
        query = select(audit_leaf.c.position).where(audit_leaf.c.audit_id == entry_id)
        found = self._connection.scalar(query)
        return None if found is None else int(found)

    def leaves(self, first: int, limit: int) -> list[Leaf]:
        """From a position on, each with the entry that its id leads to now."""
        try:
            return self._leaves(first, limit)
        except _UNREADABLE:
            return self._one_by_one(first, limit)

    def _one_by_one(self, first: int, limit: int) -> list[Leaf]:
        """One entry that cannot be read is a finding, and does not hide the others."""
        place = audit_leaf.c.position
        rows = self._connection.execute(
            select(audit_leaf).where(place >= first).order_by(place).limit(limit)
        ).all()
        return [self._leaf(row.position, row.audit_id, bytes(row.hash)) for row in rows]

    def _leaf(self, position: int, entry_id: int, hash_: bytes) -> Leaf:
        try:
            return Leaf(position, entry_id, hash_, self.entry(entry_id))
        except _UNREADABLE:
            # Where the database is away this raises too, and nothing was found.
            self.position_of(entry_id)
            return Leaf(position, entry_id, hash_, None, is_readable=False)

    def _leaves(self, first: int, limit: int) -> list[Leaf]:
        query = (
            select(audit_leaf.c.position, audit_leaf.c.audit_id.label("leaf_of"), audit_leaf.c.hash, entry)
            .outerjoin_from(audit_leaf, entry, entry.c.audit_id == audit_leaf.c.audit_id)
            .where(audit_leaf.c.position >= first)
            .order_by(audit_leaf.c.position)
            .limit(limit)
        )
        return [
            Leaf(
                row.position,
                row.leaf_of,
                bytes(row.hash),
                None if row.audit_id is None else audit.of_row(row),
            )
            for row in self._connection.execute(query)
        ]

    def add(self, first: int, leaves: Sequence[tuple[int, bytes]], nodes: Iterable[Node]) -> None:
        """`leaves`: the id of each entry and its hash, from that position on."""
        rows = [
            {"position": place, "audit_id": entry_id, "hash": hash_}
            for place, (entry_id, hash_) in enumerate(leaves, first)
        ]
        self._connection.execute(insert(audit_leaf), rows)
        inner = [{"level": node.level, "place": node.place, "hash": node.hash} for node in nodes]
        if inner:
            self._connection.execute(insert(audit_node), inner)


def _has_no_leaf() -> ColumnElement[bool]:
    return ~exists().where(audit_leaf.c.audit_id == entry.c.audit_id)
