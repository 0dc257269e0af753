"""When somebody last asked for a certificate's status: what "unused" is estimated from (R12)."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from ca_core.identifiers import Serial
from data.columns import Day
from data.schema import certificate
from data.schema import certificate_use as table

# SQLite takes a limited number of values in one statement.
_AT_ONCE = 500


class Uses:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, serials: Sequence[Serial], day: date) -> None:
        """A serial that is no certificate is passed over; an earlier day never replaces a later one."""
        for start in range(0, len(serials), _AT_ONCE):
            self._note([serial.octets for serial in serials[start : start + _AT_ONCE]], day)

    def last_seen(self, serial: Serial) -> date | None:
        query = select(table.c.last_seen_on).join(
            certificate, certificate.c.certificate_id == table.c.certificate_id
        )
        seen: date | None = self._connection.scalar(query.where(certificate.c.serial == serial.octets))
        return seen

    def _note(self, serials: list[bytes], day: date) -> None:
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        # In order of key, so that two writers never deadlock.
        asked = (
            select(certificate.c.certificate_id, literal(day, Day))
            .where(certificate.c.serial.in_(serials))
            .order_by(certificate.c.certificate_id)
        )
        statement = dialect.insert(table).from_select(["certificate_id", "last_seen_on"], asked)
        later = statement.excluded.last_seen_on > table.c.last_seen_on
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["certificate_id"],
                set_={"last_seen_on": statement.excluded.last_seen_on},
                where=later,
            )
        )
