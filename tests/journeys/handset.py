"""A citizen's telephone or mailbox in the demo: codes and notices, each read once."""

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select, update

from ca_core.identifiers import Phone
from data import schema
from tests.journeys.conftest import House

_CODE = re.compile(r"(?<![…\w.-])\d{6}(?![\w-])")


@dataclass
class Handset:
    """`recipient` is eleven digits of a phone, or an e-mail address."""

    house: House
    recipient: str
    taken: set[int] = field(default_factory=set)

    def code(self) -> str:
        """The newest code that was not typed yet."""
        return self.notice(_CODE).group()

    def notice(self, pattern: re.Pattern[str], *, seconds: float = 30) -> re.Match[str]:
        """What the pattern finds in the newest message that has it and was not read yet; waits until there is one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.house.service.look() as work:
                messages = work.demo_messages.of(self.recipient)
            for message in messages:
                found = pattern.search(message.text)
                if found and message.message_id not in self.taken:
                    self.taken |= {one.message_id for one in messages if one.message_id <= message.message_id}
                    return found
            time.sleep(0.05)
        raise AssertionError(f"{self.recipient} got no message with {pattern.pattern}")


def let_a_minute_pass(house: House, phone: Phone) -> None:
    """The minute after which another code for the same purpose may be sent (R4)."""
    codes = schema.sms_code
    with house.service.work() as work:
        for row in work.connection.execute(select(codes).where(codes.c.phone == phone.number)).all():
            earlier = row.sent_at - timedelta(seconds=61)
            work.connection.execute(
                update(codes).where(codes.c.code_id == row.code_id).values(sent_at=earlier)
            )
