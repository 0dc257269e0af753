"""The migrations make what the schema says, on both databases."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ca_core import notices
from ca_core.identifiers import Phone
from ca_core.roles import Role
from ca_core.staff import Account
from ca_core.subscriber import MobileRegistration, PastRegistration
from data import applications, call_schema, dossier_schema, migrate, people, review_schema, schema
from data import engine as engines
from data.tables import metadata
from data.work import Store, Work
from tests import builders, fakes, flagged
from tests.core.x509.authorities import NOW

# All files of tables are known to the metadata once they are imported.
assert call_schema.call.metadata is review_schema.review.metadata is schema.person.metadata is metadata
assert dossier_schema.dossier.metadata is metadata


def test_migrated_database_equals_the_schema(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_there_is_one_head_and_it_is_in_force(engine: sa.Engine) -> None:
    assert migrate.current(engine) == migrate.head(engine)


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    assert migrate.upgrade(engine) is False


def test_database_of_a_newer_version_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.DatabaseFromNewerVersion):
        migrate.upgrade(engine)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of the first version: before the video call."""
    url = f"sqlite:///{tmp_path}/first.sqlite"
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS first_version")
            connection.exec_driver_sql("CREATE DATABASE first_version")
        admin.dispose()
        url = f"{server}/first_version"
    engine = engines.open_engine(url)
    command.upgrade(migrate.configuration(engine), "0001")
    yield engine
    engine.dispose()


def opened(engine: sa.Engine) -> AbstractContextManager[Work]:
    store = Store(engine, code_seal=fakes.CodeSeal())
    return store.write(policy=builders.policy(), now=NOW)


def test_what_the_first_version_stored_is_there_after_the_second(first_version: sa.Engine) -> None:
    """SQLite makes the outbox anew: its rows, its numbers and its rules go along."""
    whose = builders.person()
    registration = {
        "iin": whose.iin.number, "phone": builders.PHONE.number, "since": NOW, "registered_by": "counter",
    }  # fmt: skip
    with opened(first_version) as work:
        work.connection.execute(sa.insert(schema.person).values(people.person_row(whose)))
        work.connection.execute(sa.insert(schema.bmg).values(registration))
        owner = work.subscribers.add(whose, phone=builders.PHONE, email="damir@example.kz")
        work.outbox.add(
            notices.to_owner(
                owner, phone=builders.PHONE, kind=notices.NoticeKind.REVOKED, words={"serial": "00"}, now=NOW
            )
        )
    assert migrate.upgrade(first_version)
    with first_version.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        kept = connection.execute(sa.select(schema.outbox).order_by(schema.outbox.c.notice_id)).all()
        assert [(row.notice_id, row.medium, row.subscriber_id) for row in kept] == [
            (1, "sms", owner.subscriber_id),
            (2, "email", owner.subscriber_id),
        ]
        assert connection.scalar(sa.select(schema.person.c.iin)) == whose.iin.number


def test_after_the_second_version_a_message_may_go_to_a_phone_alone(first_version: sa.Engine) -> None:
    """Who registers a phone need not be a subscriber yet; who is named must exist."""
    migrate.upgrade(first_version)
    told = notices.to_phone(
        builders.PHONE, kind=notices.NoticeKind.PHONE_REGISTERED, language="kk", words={}, now=NOW
    )
    with opened(first_version) as work:
        work.outbox.add([told])
    with pytest.raises(sa.exc.IntegrityError), opened(first_version) as work:
        work.outbox.add([replace(told, subscriber_id=77)])
    with first_version.connect() as connection:
        assert connection.execute(sa.select(schema.outbox.c.subscriber_id)).all() == [(None,)]


def test_who_opened_what_is_under_review_is_known_where_one_has_the_name(first_version: sa.Engine) -> None:
    """Of two with one name nobody can say which; nobody is kept from a review for somebody else's act."""
    command.upgrade(migrate.configuration(first_version), "0007")
    columns = schema.application.c
    older = sa.insert(schema.application)
    with opened(first_version) as work:
        owner = work.subscribers.add(builders.person(), phone=None, email="")
        ids = [
            work.accounts.add(Account(0, login, name, Role.RA_OFFICER, "hash", "secret", 19))
            for login, name in (("one", "Aida K."), ("two", "Timur Q."), ("three", "Timur Q."))
        ]
        for name in ("Aida K.", "Timur Q.", ""):
            row = applications.to_row(flagged.in_review(owner, NOW, opened_by=name))
            del row["opened_by_id"]
            work.connection.execute(older.values(row))
            waiting = {
                "application_number": row["number"], "state": 1, "flagged_because": "", "opened_at": NOW, "due_at": NOW,
                "attempt_id": 0, "risk": 2, "round": 1, "fence": 0, "version": 0,
            }  # fmt: skip
            work.connection.execute(sa.insert(review_schema.review).values(waiting))
    migrate.upgrade(first_version)
    with first_version.connect() as connection:
        found = connection.execute(sa.select(columns.opened_by, columns.opened_by_id)).all()
        known = {row.opened_by: row.opened_by_id for row in found}
    assert known == {"Aida K.": ids[0], "Timur Q.": None, "": None}


def test_a_phone_from_before_the_history_gets_its_line_when_it_is_replaced(first_version: sa.Engine) -> None:
    """R3: changes keep their history, the first one too."""
    whose, other = builders.person(), Phone.parse("+7 702 765 43 21")
    earlier = {
        "iin": whose.iin.number, "phone": builders.PHONE.number, "since": NOW, "registered_by": "counter",
    }  # fmt: skip
    with opened(first_version) as work:
        work.connection.execute(sa.insert(schema.bmg).values(earlier))
    migrate.upgrade(first_version)
    later = NOW + timedelta(hours=1)
    with opened(first_version) as work:
        assert work.bmg.history(whose.iin) == []
        work.bmg.enter(MobileRegistration(whose.iin, other, later, "agent"), call_id=1)
        assert work.bmg.history(whose.iin) == [
            PastRegistration(other, later, "agent", 1),
            PastRegistration(builders.PHONE, NOW, "counter", None, until=later, ended_by="agent"),
        ]
