"""OCSP over HTTP, in the hands of openssl and of cryptography's own reader."""

import base64
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as oracle

from ca_core import statistics
from ca_core.x509 import ocsp
from portal import status_protocol
from runtime import authority
from tests.core.x509 import authorities
from tests.portal.conftest import House, Owned

REQUEST = {"Content-Type": "application/ocsp-request"}


def asked(house: House, certificate: x509.Certificate, *, nonce: bytes = b"", sha256: bool = False) -> bytes:
    issuer = authority.certificates(house.service.settings).issuing
    builder = oracle.OCSPRequestBuilder().add_certificate(
        certificate, issuer, hashes.SHA256() if sha256 else hashes.SHA1()
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def told(browser: httpx.Client, raw: bytes) -> oracle.OCSPResponse:
    answer = browser.post("/ocsp", content=raw, headers=REQUEST)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == status_protocol.MEDIA_TYPE
    return oracle.load_der_ocsp_response(answer.content)


def openssl(house: House, folder: Path, *question: str, leaf: Owned | None = None) -> str:
    """`openssl ocsp` as a relying party runs it: it verifies the signature and the delegate."""
    made = authority.certificates(house.service.settings)
    (folder / "root.pem").write_bytes(made.root.public_bytes(Encoding.PEM))
    (folder / "issuing.pem").write_bytes(made.issuing.public_bytes(Encoding.PEM))
    if leaf is not None:
        (folder / "leaf.pem").write_bytes(leaf.pem)
    command = ["openssl", "ocsp", "-issuer", "issuing.pem", *question, "-url", f"{house.url}/ocsp"]
    command += ["-CAfile", "root.pem", "-timeout", "10"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


@pytest.mark.judge
@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
def test_openssl_finds_a_valid_certificate_good(
    house: House, owned: Owned, tmp_path: Path, digest: str, nonce: str
) -> None:
    said = openssl(house, tmp_path, digest, "-cert", "leaf.pem", nonce, leaf=owned)
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said
    assert "WARNING" not in said


@pytest.mark.judge
def test_openssl_finds_a_revoked_certificate_revoked(house: House, owned: Owned, tmp_path: Path) -> None:
    house.revoke(owned)
    said = openssl(house, tmp_path, "-sha256", "-cert", "leaf.pem", leaf=owned)
    assert "Response verify OK" in said
    assert "leaf.pem: revoked" in said
    assert "Reason: keyCompromise" in said


@pytest.mark.judge
def test_openssl_finds_a_held_certificate_on_hold(house: House, owned: Owned, tmp_path: Path) -> None:
    """R10a: a hold shows as certificateHold."""
    house.hold(owned)
    said = openssl(house, tmp_path, "-sha256", "-cert", "leaf.pem", leaf=owned)
    assert "leaf.pem: revoked" in said
    assert "Reason: certificateHold" in said


@pytest.mark.judge
def test_openssl_finds_a_never_issued_serial_revoked(house: House, tmp_path: Path) -> None:
    """RFC 6960, 2.2: revoked on 1 January 1970, on hold; never good."""
    said = openssl(house, tmp_path, "-sha1", "-serial", "0x1234")
    assert "Response verify OK" in said
    assert "revoked" in said
    assert "Jan  1 00:00:00 1970" in said


@pytest.mark.judge
def test_openssl_is_not_answered_about_a_foreign_issuer(house: House, tmp_path: Path) -> None:
    foreign = authorities.authority()
    (tmp_path / "foreign.pem").write_bytes(authorities.pem(foreign.issuing.certificate))
    command = ["openssl", "ocsp", "-issuer", "foreign.pem", "-serial", "7", "-url", f"{house.url}/ocsp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert "unauthorized (6)" in done.stdout + done.stderr


def test_a_nonce_comes_back_and_the_answer_is_kept_by_nobody(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    nonce = bytes(range(32))
    response = told(browser, asked(house, owned.certificate, nonce=nonce))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    answer = browser.post("/ocsp", content=asked(house, owned.certificate, nonce=nonce), headers=REQUEST)
    assert answer.headers["cache-control"] == "no-store"


def test_a_get_is_answered_and_no_cache_may_answer_in_our_place(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    """RFC 5019, 5: the same answer by GET; R10 forbids that somebody repeats it without asking."""
    question = base64.b64encode(asked(house, owned.certificate, sha256=True)).decode()
    for path in (quote(question, safe=""), question):
        answer = browser.get(f"/ocsp/{path}")
        response = oracle.load_der_ocsp_response(answer.content)
        assert response.certificate_status is oracle.OCSPCertStatus.GOOD
        assert "no-cache" in answer.headers["cache-control"]


@pytest.mark.parametrize("mark", ["/", "+"])
def test_a_get_whose_base64_ends_in_a_slash_or_a_plus_is_answered(
    house: House, browser: httpx.Client, mark: str
) -> None:
    """The slash belongs to the question, not to the path."""
    serials = (0x11 << bits | last for bits in (8, 16, 24) for last in (0x3E, 0x3F, 0xFE, 0xFF))
    questions = ((serial, base64.b64encode(by_serial(house, serial)).decode()) for serial in serials)
    serial, question = next((s, q) for s, q in questions if q.endswith(mark))
    response = oracle.load_der_ocsp_response(browser.get(f"/ocsp/{question}").content)
    assert response.response_status is oracle.OCSPResponseStatus.SUCCESSFUL
    assert response.serial_number == serial


def by_serial(house: House, serial: int) -> bytes:
    """A question about our issuer and any serial."""
    issuer = authority.certificates(house.service.settings).issuing
    builder = oracle.OCSPRequestBuilder().add_certificate_by_hash(
        _sha1(issuer.subject.public_bytes()), _sha1(ocsp._key_bits(issuer)), serial, hashes.SHA1()
    )
    return builder.build().public_bytes(Encoding.DER)


def _sha1(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA1())
    digest.update(data)
    return digest.finalize()


def test_an_answer_holds_five_minutes_at_most(house: House, browser: httpx.Client, owned: Owned) -> None:
    response = told(browser, asked(house, owned.certificate))
    assert response.next_update_utc is not None
    assert response.next_update_utc - response.this_update_utc == timedelta(minutes=5)


def test_a_revocation_is_live_within_a_second(house: House, browser: httpx.Client, owned: Owned) -> None:
    """R10."""
    raw = asked(house, owned.certificate)
    assert told(browser, raw).certificate_status is oracle.OCSPCertStatus.GOOD
    house.revoke(owned)
    committed = time.monotonic()
    response = told(browser, raw)
    assert response.certificate_status is oracle.OCSPCertStatus.REVOKED
    assert time.monotonic() - committed < 1


@pytest.mark.parametrize("raw", [b"", b"garbage", b"0" * 20_000])
def test_garbage_is_answered_malformed(browser: httpx.Client, raw: bytes) -> None:
    assert told(browser, raw).response_status is oracle.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_body_beyond_the_limit_is_turned_away(browser: httpx.Client) -> None:
    answer = browser.post("/ocsp", content=b"0" * 70_000, headers=REQUEST)
    assert answer.status_code == 413


def test_a_serial_longer_than_any_of_ours_was_never_issued(house: House, browser: httpx.Client) -> None:
    response = told(browser, by_serial(house, 1 << 170))
    assert response.certificate_status is oracle.OCSPCertStatus.REVOKED


def test_a_status_request_is_noted_for_its_day(house: House, browser: httpx.Client, owned: Owned) -> None:
    """R12: what "unused" is estimated from; written apart from the answer."""
    told(browser, asked(house, owned.certificate))
    assert _last_seen(house, owned) is None
    house.app.state.parts.uses.flush()
    assert _last_seen(house, owned) == statistics.local_day(house.service.now())


def _last_seen(house: House, owned: Owned) -> object:
    with house.service.look() as work:
        return work.uses.last_seen(owned.record.serial)
