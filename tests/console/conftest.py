"""A service on a database of its own, staff to sign in with, and words that must not be missing."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from streamlit.testing.v1 import AppTest

from ca_core import roles, staff
from ca_core.roles import Role
from console import words
from data import engine as engines
from data import migrate
from runtime import settings, wiring
from runtime.secrets import Passwords
from runtime.service import Service

SEED = roles.Actor("seed", None, roles.Door.COMMAND_LINE)
PASSWORD = "twelve letters and more"


class WordingMissing(AssertionError):
    pass


class QuickPasswords(Passwords):
    """Argon2 is slow on purpose; it has tests of its own."""

    def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()

    def matches(self, password_hash: str, password: str) -> bool:
        return password_hash == self.hash(password)


@pytest.fixture(autouse=True)
def no_missing_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(key: str, language: str) -> None:
        raise WordingMissing(f"{key} ({language})")

    monkeypatch.setattr(words, "on_missing", missing)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once, copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "qoltanba.sqlite"
    engine = engines.open_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def service(tmp_path: Path, empty_database: Path) -> Iterator[Service]:
    configured = settings.load({"var_dir": str(tmp_path / "var")})
    configured.var_dir.mkdir()
    shutil.copy(empty_database, configured.var_dir)
    made = wiring.make_service(configured)
    made.passwords = QuickPasswords()
    yield made
    made.close()
    made.store.engine.dispose()


@dataclass
class Person:
    """A member of staff who may sign in: each code is taken from a step that was not used before."""

    service: Service
    staff_id: int
    login: str
    role: Role
    totp_secret: str
    password: str = PASSWORD

    def code(self) -> str:
        with self.service.look() as work:
            used = staff.account(work, staff_id=self.staff_id).last_step
        step = max(used + 1, int(self.service.now().timestamp()) // staff.STEP_SECONDS)
        return pyotp.TOTP(self.totp_secret).at(step * staff.STEP_SECONDS)

    def token(self) -> str:
        with self.service.work() as work:
            return staff.sign_in(
                work,
                login=self.login,
                password=self.password,
                code=self.code(),
                hasher=self.service.passwords,
                now=self.service.now(),
            ).token

    def actor(self) -> roles.Actor:
        with self.service.look() as work:
            return staff.actor(staff.account(work, staff_id=self.staff_id))

    def seen_ago(self, token: str, ago: timedelta) -> None:
        with self.service.work() as work:
            staff.seen(work, token_digest=staff.digest(token), now=self.service.now() - ago)


def person(service: Service, role: Role, login: str = "") -> Person:
    secret = pyotp.random_base32()
    name = login or role.value
    with service.work() as work:
        staff_id = staff.add(
            work,
            by=SEED,
            login=name,
            name=f"Үлгіев {role.value}",
            role=role,
            password=PASSWORD,
            totp_secret=secret,
            hasher=service.passwords,
            now=service.now(),
        )
    return Person(service, staff_id, name, role, secret)


def listed(test: AppTest) -> list[list[list[str]]]:
    """The lists whose rows lead on, in the order of the page: the cells of each row."""
    handed = [json.loads(drawn.proto.json) for drawn in test.get("bidi_component")]
    return [[row["cells"] for row in data["rows"]] for data in handed if "rows" in data]


@pytest.fixture
def officer(service: Service) -> Person:
    return person(service, Role.RA_OFFICER)
