""" "Call me back": the place is kept, an SMS invites, and the message asks for nothing (R13)."""

import pytest

from ca_core import roles
from ca_core.call import CallBack
from ca_core.identifiers import Phone
from ca_core.notices import NoticeKind
from ca_core.registration import call_back, ticket
from tests import builders
from tests.builders import AGENT, GATEWAY, SECOND_AGENT
from tests.core import lines
from tests.fakes import House

OTHER_PHONE = Phone.parse("+7 702 765 43 21")


def ask(here: House, phone: Phone = builders.PHONE, language: str = "ru") -> CallBack:
    with here.work() as work:
        return call_back.ask(work, phone=phone, language=language, now=here.now)


def invite(here: House, actor: roles.Actor = GATEWAY) -> int:
    with here.work() as work:
        return call_back.invite(work, actor=actor, now=here.now)


def secret(here: House) -> str:
    (notice,) = (n for n in here.memory.notices if n.kind is NoticeKind.CALL_BACK)
    return notice.words["token"]


def test_asking_again_keeps_the_first_place() -> None:
    here = lines.house()
    first = ask(here)
    here.later(minutes=5)
    assert ask(here) == first
    assert len(here.memory.call_backs) == 1
    assert [entry.event for entry in here.memory.audit].count("call_back:ask:done") == 1


def test_an_sms_invites_when_an_agent_is_free_and_nobody_waits() -> None:
    here = lines.house()
    ask(here)
    assert invite(here) == 0
    lines.ready(here)
    assert invite(here) == 1
    (notice,) = here.memory.notices
    assert (notice.recipient, notice.language, notice.subscriber_id) == (builders.PHONE.digits, "ru", None)
    # The link in it is a secret: it is erased once it is sent.
    assert notice.secret
    assert invite(here) == 0


def test_those_who_wait_go_before_those_who_are_called_back() -> None:
    here = lines.house()
    ask(here, OTHER_PHONE)
    lines.ready(here)
    lines.queued(here)
    assert invite(here) == 0


def test_one_free_agent_is_one_invitation_the_first_who_asked() -> None:
    here = lines.house()
    ask(here, OTHER_PHONE)
    here.later(minutes=1)
    ask(here)
    lines.ready(here)
    assert invite(here) == 1
    assert here.memory.notices[0].recipient == OTHER_PHONE.digits


def test_an_invitation_waits_for_an_agent_of_its_language() -> None:
    here = lines.house()
    ask(here, OTHER_PHONE, "en")
    here.later(minutes=1)
    ask(here)
    lines.ready(here, AGENT, ("ru",))
    assert invite(here) == 1
    assert here.memory.notices[0].recipient == builders.PHONE.digits
    lines.ready(here, SECOND_AGENT, ("en",))
    assert invite(here) == 1


def test_the_secret_of_the_link_rests_nowhere_but_in_the_message() -> None:
    here = lines.house()
    ask(here)
    lines.ready(here)
    invite(here)
    stored = here.memory.call_backs[1]
    assert secret(here).encode() not in stored.token_digest
    assert secret(here) not in repr(here.memory.audit)


def test_whoever_comes_back_stands_at_the_first_place() -> None:
    here = lines.house()
    asked_at = here.now
    ask(here)
    here.later(hours=3)
    lines.ready(here)
    invite(here)
    here.later(minutes=10)
    other = lines.queued(here, page=b"somebody else", iin=builders.iin(number=500))
    back = lines.queued(here, invitation=secret(here))
    assert (back.queued_at, back.opened_at) == (asked_at, here.now)
    with here.work() as work:
        assert work.calls.living() == [back, other]


def test_a_place_that_was_kept_for_long_is_no_wait_that_is_over() -> None:
    """Who asked three hours ago is not turned away on coming back for having waited three hours."""
    here = lines.house()
    ask(here)
    here.later(hours=3)
    lines.ready(here)
    invite(here)
    lines.queued(here, invitation=secret(here))
    here.later(seconds=1)
    assert lines.tick(here) == []


def test_an_invitation_works_once() -> None:
    here = lines.house()
    ask(here)
    lines.ready(here)
    invite(here)
    lines.left(here, lines.queued(here, invitation=secret(here)).call_id)
    with pytest.raises(call_back.CallBackUnknown):
        lines.queued(here, invitation=secret(here))


def test_an_invitation_holds_for_a_day() -> None:
    here = lines.house()
    ask(here)
    lines.ready(here)
    invite(here)
    here.later(hours=24)
    with pytest.raises(call_back.CallBackUnknown):
        lines.queued(here, invitation=secret(here))
    here.later(seconds=-1)
    lines.queued(here, invitation=secret(here))


def test_who_was_not_invited_yet_has_no_place_to_claim() -> None:
    here = lines.house()
    with here.work() as work:
        work.call_backs.add(CallBack(ticket.digest("known"), builders.PHONE, "ru", here.now))
    with pytest.raises(call_back.CallBackUnknown):
        lines.queued(here, invitation="known")


@pytest.mark.parametrize("forged", ["x", "0" * 24])
def test_a_forged_invitation_is_refused_and_opens_no_call(forged: str) -> None:
    here = lines.house()
    ask(here)
    with pytest.raises(call_back.CallBackUnknown):
        lines.queued(here, invitation=forged)
    assert here.memory.calls == {}


@pytest.mark.parametrize("actor", [AGENT, builders.SUPERVISOR, roles.OWNER])
def test_the_system_alone_invites(actor: roles.Actor) -> None:
    with pytest.raises(roles.NotAllowed):
        invite(lines.house(), actor)


def erase(here: House, actor: roles.Actor = GATEWAY) -> list[CallBack]:
    """What is left."""
    with here.work() as work:
        call_back.erase_old(work, actor=actor, now=here.now)
    return list(here.memory.call_backs.values())


def test_a_call_back_is_forgotten_thirty_days_after_it_was_used() -> None:
    """R14: the phone is kept for a set term."""
    here = lines.house()
    ask(here)
    lines.ready(here)
    invite(here)
    here.later(hours=5)
    lines.queued(here, invitation=secret(here))
    here.later(days=30)
    assert len(erase(here)) == 1
    here.later(seconds=1)
    assert erase(here) == []
    assert here.memory.audit[-1].event == "call_back:erase:done"


def test_a_call_back_that_nobody_used_is_forgotten_thirty_days_after_its_time() -> None:
    here = lines.house()
    ask(here)
    here.later(days=31)
    assert len(erase(here)) == 1
    here.later(seconds=1)
    assert erase(here) == []


def test_the_system_alone_forgets_call_backs() -> None:
    with pytest.raises(roles.NotAllowed):
        erase(lines.house(), AGENT)
