"""A signed tree head outlives the program that made it: its form stays, and what is no head is refused."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import audit_head
from ca_core.audit_head import Head, HeadForged, HeadUnreadable

HEAD = Head(3, bytes(range(32)), datetime(2026, 11, 22, 9, tzinfo=UTC))
KEY = ec.generate_private_key(ec.SECP256R1())


def test_what_is_signed_keeps_its_form() -> None:
    """A change of it would call every head of before forged."""
    assert HEAD.to_be_signed == f"qoltanba audit head 1\n3\n{bytes(range(32)).hex()}\n1795338000\n".encode()


def test_a_head_comes_back_from_its_line() -> None:
    signed = audit_head.sign(HEAD, KEY)
    assert audit_head.from_line(audit_head.to_line(signed)) == signed
    audit_head.require_genuine(signed, {signed.key_id: KEY.public_key()})
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(HeadForged):
        audit_head.require_genuine(signed, {signed.key_id: other})


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"at": "2026-11-22T09:00:00"},
        {"at": "yesterday"},
        {"root": "no hex"},
        {"signature": "!!" + "AAAA"},
        {"key": 7},
    ],
)
def test_what_is_no_head_is_refused(wrong: dict[str, object]) -> None:
    fields = json.loads(audit_head.to_line(audit_head.sign(HEAD, KEY)))
    with pytest.raises(HeadUnreadable):
        audit_head.from_line(json.dumps(fields | wrong))
