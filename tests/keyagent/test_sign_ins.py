"""A sign-in to the cabinet is signed for the site that it names: nobody in between is let in."""

import base64
import dataclasses
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat import asn1

from ca_core.cabinet import by_key
from qoltanba_keyagent import cms, keys, origins, sign_ins
from qoltanba_keyagent.refusals import SignInElsewhere
from tests import builders
from tests.core.x509 import authorities
from tests.keyagent import person
from tests.keyagent.conftest import Installed
from tests.keyagent.person import PASSWORD, Site

COMMON = "kz.gov.pki.knca.commonUtils"
BASICS = "kz.gov.pki.knca.basics"
PORTAL = "https://portal.example"
NONCE = "66f0.0123.4567"


def sign_in(origin: str) -> str:
    return f"{sign_ins.TITLE}\n{origin}\n{NONCE}"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_title_is_the_one_that_the_authority_writes() -> None:
    house = builders.house()
    with house.work() as work:
        written = by_key.nonce(work, page="a page", origin=PORTAL, now=house.now)
    assert written.startswith(f"{sign_ins.TITLE}\n{PORTAL}\n".encode())
    sign_ins.require_own(written, origin=PORTAL)
    with pytest.raises(SignInElsewhere):
        sign_ins.require_own(written, origin="https://relay.example")


@pytest.mark.parametrize(
    ("named", "asking"),
    [
        (PORTAL, "https://relay.example"),
        (PORTAL, "http://portal.example"),
        (PORTAL, "https://portal.example:8443"),
        (PORTAL, "https://portal.example.relay.example"),
        ("", "https://relay.example"),
        ("no origin", "https://relay.example"),
        ("https://[", "https://relay.example"),
        (f"{PORTAL}/https://relay.example", "https://relay.example"),
    ],
)
def test_a_sign_in_to_another_site_is_refused(named: str, asking: str) -> None:
    for text in (sign_in(named), f"\n {sign_in(named)}", sign_ins.TITLE, f"{sign_ins.TITLE}\r\n{named}\r\n"):
        with pytest.raises(SignInElsewhere):
            sign_ins.require_own(text.encode(), origin=asking)


def test_a_sites_own_sign_in_and_other_texts_are_signed() -> None:
    sign_ins.require_own(sign_in("https://Portal.example:443").encode(), origin=PORTAL)
    for text in ("", "\n", "A contract", "About: Qoltanba: sign-in to the cabinet"):
        sign_ins.require_own(text.encode(), origin=PORTAL)


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        ("HTTPS://Portal.Example:443", PORTAL),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[::1", None),
        ("null", None),
    ],
)
def test_an_origin_is_written_in_one_way(header: str, origin: str | None) -> None:
    assert origins.of(header) == origin


def relayed() -> list[tuple[str, str, Any]]:
    text = sign_in(PORTAL)
    params: dict[str, Any] = {"encapsulate": True}
    asked = {"allowedStorages": ["PKCS12"], "format": "cms", "signerParams": {}}
    return [
        (COMMON, "createCAdESFromBase64", ["PKCS12", "SIGNATURE", encoded(text), True]),
        (COMMON, "createCAdESFromBase64", ["PKCS12", "SIGNATURE", encoded(text), False]),
        (BASICS, "sign", asked | {"data": encoded(text), "signingParams": params | {"decode": True}}),
        (BASICS, "sign", asked | {"data": text, "signingParams": params}),
        (BASICS, "sign", asked | {"data": ["harmless", text], "signingParams": params}),
    ]


@pytest.mark.parametrize(("module", "method", "args"), relayed())
def test_no_door_signs_it_for_another_site(installed: Installed, module: str, method: str, args: Any) -> None:
    """Not even the owner is asked."""
    with Site(installed.agent, "https://relay.example") as site:
        assert "agent.sign_in_elsewhere" in str(site.ask(module, method, args))


def test_the_portal_itself_gets_it_signed(installed: Installed) -> None:
    with Site(installed.agent, PORTAL) as site:
        site.send(COMMON, "createCAdESFromBase64", ["PKCS12", "SIGNATURE", encoded(sign_in(PORTAL)), True])
        asked = person.waiting_dialog(installed.agent)
        assert asked.says(NONCE)
        asked.send(do="use", password=PASSWORD)
        assert site.receive()["code"] == "200"


@pytest.mark.judge
def test_what_was_signed_as_a_bare_digest_signs_nobody_in() -> None:
    """No program can see whose sign-in a digest is; the site in between puts the content beside it afterwards."""
    house = builders.house()
    mine = builders.issued(house, builders.register(house))
    leaf = x509.load_der_x509_certificate(house.memory.ders[mine.certificate.certificate_id])
    held = keys.KeyWithCertificate(mine.key, leaf)
    with house.work() as work:
        statement = by_key.nonce(work, page="a page", origin=PORTAL, now=house.now)

    def confirm(raw: bytes) -> by_key.Proven:
        issuer = authorities.authority().issuing.certificate
        with house.work() as work:
            return by_key.confirm(work, raw=raw, page="a page", origin=PORTAL, issuer=issuer, now=house.now)

    unseen = cms.sign_digest(held, hashlib.sha256(statement).digest(), now=house.now)
    with pytest.raises(by_key.KeyRefused):
        confirm(with_content(unseen, statement))
    seen = cms.sign(held, statement, encapsulate=False, now=house.now)
    assert confirm(with_content(seen, statement)).iin == mine.owner.iin


def with_content(raw: bytes, content: bytes) -> bytes:
    """A detached CMS becomes an attached one: nothing that is signed changes."""
    outer = asn1.decode_der(cms._ContentInfo, raw)
    inside = dataclasses.replace(outer.content.encapsulated, content=content)
    return asn1.encode_der(
        dataclasses.replace(outer, content=dataclasses.replace(outer.content, encapsulated=inside))
    )
