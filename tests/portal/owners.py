"""People with a phone in the BMG who use their cabinet: each test takes one of their own."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy import select, update

from ca_core.certificate import StorageKind
from ca_core.identifiers import Iin, iin_check_digit
from ca_core.issuance import submit
from data import schema
from tests.portal.conftest import OFFICER, House, Owned
from tests.runtime.conftest import new_request, register

_numbers = itertools.count(5000)


def fresh_iin() -> Iin:
    """A valid, fictitious IIN that no other test has."""
    while True:
        body = f"8703123{next(_numbers):04d}"
        digit = iin_check_digit(body)
        if digit is not None:
            return Iin.parse(f"{body}{digit}")


@dataclass
class Owner:
    """One person, and a browser of theirs."""

    house: House
    browser: httpx.Client
    iin: Iin
    phone: int

    def issue(self, storage: StorageKind = StorageKind.FILE) -> Owned:
        key, request = new_request()
        with self.house.service.work() as work:
            wanted = submit.with_request(
                work,
                actor=OFFICER,
                iin=self.iin,
                raw_request=request,
                storage=storage,
                now=self.house.service.now(),
            )
        return self.house._carried_out(wanted, key)

    def code(self) -> str:
        """The newest one-time code that was sent to the phone; a minute passes for the next one."""
        self.a_minute_passes()
        query = (
            select(schema.outbox.c.words)
            .where(schema.outbox.c.recipient == str(self.phone), schema.outbox.c.kind == "code")
            .order_by(schema.outbox.c.notice_id.desc())
            .limit(1)
        )
        with self.house.service.look() as work:
            return str(json.loads(work.connection.execute(query).scalar_one())["code"])

    def codes_sent(self) -> int:
        with self.house.service.look() as work:
            query = select(schema.sms_code.c.code_id).where(schema.sms_code.c.phone == self.phone)
            return len(work.connection.execute(query).all())

    def a_minute_passes(self) -> None:
        """R4: a code may be sent again after a minute."""
        table = schema.sms_code
        with self.house.service.work() as work:
            rows = work.connection.execute(select(table).where(table.c.phone == self.phone)).all()
            for row in rows:
                earlier = row.sent_at - timedelta(seconds=61)
                work.connection.execute(
                    update(table).where(table.c.code_id == row.code_id).values(sent_at=earlier)
                )

    def asks(self, iin: Iin | None = None) -> httpx.Response:
        self.browser.get("/cabinet")
        return self.browser.post("/cabinet/code/send", data={"iin": (iin or self.iin).digits})

    def sign_in(self) -> None:
        assert self.asks().status_code == 303
        answer = self.browser.post("/cabinet/code", data={"code": self.code()})
        assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet")

    def press(self, path: str, **given: str) -> httpx.Response:
        return self.browser.post(f"/cabinet{path}", data=given)

    def page(self, path: str = "", **asked: str) -> httpx.Response:
        return self.browser.get(f"/cabinet{path}", params=asked)


@contextmanager
def owner(house: House) -> Iterator[Owner]:
    who = fresh_iin()
    phone = 77020000000 + int(who.digits[7:11])
    register(house.service, who, phone=phone)
    with house.browser as browser:
        yield Owner(house, browser, who, phone)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def refused_as(answer: httpx.Response) -> str:
    """The code of the refusal that a page shows."""
    found = re.search(r'<p class="code">([a-z_.]+)', answer.text)
    return found[1] if found else ""
