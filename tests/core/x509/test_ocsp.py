import base64
import hashlib
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_core.x509 import der, ocsp, ocsp_asn1, oids
from tests.core.x509 import authorities

NOW = authorities.NOW
NEXT = NOW + timedelta(hours=12)
SERIAL = authorities.serial()
HASHES = [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]


def asked(
    serial: int = SERIAL,
    *,
    algorithm: hashes.HashAlgorithm | None = None,
    nonce: bytes | None = None,
    issuer: x509.Certificate | None = None,
) -> bytes:
    """A request as cryptography makes it."""
    algorithm = algorithm or hashes.SHA1()
    issuer = issuer or authorities.authority().issuing.certificate
    key = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    builder = oracle.OCSPRequestBuilder().add_certificate_by_hash(
        _hash(algorithm, issuer.subject.public_bytes()), _hash(algorithm, key), serial, algorithm
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    return hashlib.new(algorithm.name, data).digest()


def several(*requests: bytes) -> bytes:
    """One request with the questions of several."""
    return der.sequence(der.sequence(der.sequence(*map(question, requests))))


def question(raw: bytes) -> bytes:
    """The question within a request, to build odd requests around."""
    (cert_id,) = ocsp.parse(raw).cert_ids
    return der.sequence(ocsp_asn1.encode_cert_id(cert_id))


def respond(
    raw: bytes, known: dict[int, ocsp.CertificateStanding] | None = None, *, choice: str = "ec"
) -> bytes:
    standings = {SERIAL: ocsp.GOOD} if known is None else known
    return ocsp.respond(
        raw,
        responder=authorities.authority(choice).responder,
        lookup=standings.get,
        now=NOW,
        next_update=NEXT,
    )


def answered(raw: bytes, known: dict[int, ocsp.CertificateStanding] | None = None) -> oracle.OCSPResponse:
    return oracle.load_der_ocsp_response(respond(raw, known))


@pytest.mark.parametrize("algorithm", HASHES, ids=lambda algorithm: algorithm.name)
def test_valid_certificate_is_good_whatever_hash_the_question_uses(algorithm: hashes.HashAlgorithm) -> None:
    response = answered(asked(algorithm=algorithm))
    assert response.certificate_status is oracle.OCSPCertStatus.GOOD
    assert response.hash_algorithm.name == algorithm.name
    assert response.serial_number == SERIAL
    assert (response.this_update_utc, response.next_update_utc, response.produced_at_utc) == (NOW, NEXT, NOW)


@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.key_compromise, x509.ReasonFlags.certificate_hold])
def test_revoked_certificate_is_revoked_with_instant_and_reason(reason: x509.ReasonFlags | None) -> None:
    at = NOW - timedelta(days=3)
    response = answered(asked(), {SERIAL: ocsp.CertificateStanding(revoked_at=at, reason=reason)})
    assert response.certificate_status is oracle.OCSPCertStatus.REVOKED
    assert (response.revocation_time_utc, response.revocation_reason) == (at, reason)


def test_serial_never_issued_is_revoked_since_1970() -> None:
    """RFC 6960, 2.2 and 4.4.8: never `good` for what the CA did not issue."""
    response = answered(asked(), {})
    assert response.certificate_status is oracle.OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert response.revocation_reason is x509.ReasonFlags.certificate_hold
    assert oids.OCSP_EXTENDED_REVOKE in {extension.oid for extension in response.extensions}


def test_certificate_of_a_foreign_issuer_is_unauthorized() -> None:
    """RFC 5019, 2.2.3."""
    response = answered(asked(issuer=authorities.authority().root.certificate))
    assert response.response_status is oracle.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("choice", ["ec", "rsa"])
def test_answer_is_signed_by_the_enclosed_delegate_named_by_its_key(choice: str) -> None:
    authority = authorities.authority(choice)
    asks = oracle.OCSPRequestBuilder().add_certificate(
        authorities.leaf(), authority.issuing.certificate, hashes.SHA256()
    )
    raw = respond(asks.build().public_bytes(Encoding.DER), {}, choice=choice)
    response = oracle.load_der_ocsp_response(raw)
    (delegate,) = response.certificates
    assert delegate == authority.responder.certificate
    key = delegate.public_key()
    assert response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(key).digest
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("length", [1, 8, 32, 128])
def test_nonce_is_repeated(length: int) -> None:
    """RFC 9654, 2.1: 1 to 128 octets."""
    nonce = bytes(range(length))
    response = answered(asked(nonce=nonce))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_answer_has_no_nonce_when_none_was_sent() -> None:
    assert oids.OCSP_NONCE not in {extension.oid for extension in answered(asked()).extensions}


@pytest.mark.parametrize("length", [0, 129, 1000])
def test_nonce_of_another_length_is_malformed(length: int) -> None:
    wrong = der.extension(oids.OCSP_NONCE, der.octets(bytes(length)))
    built = der.sequence(der.sequence(der.sequence(question(asked())), der.explicit(2, der.sequence(wrong))))
    assert respond(built) == ocsp.MALFORMED_REQUEST


def test_unknown_critical_extension_is_malformed() -> None:
    """RFC 6960, 4.4: a critical extension that is not understood must not be ignored."""
    unknown = der.sequence(
        der.oid(x509.ObjectIdentifier("1.2.398.3.3.9.9")), b"\x01\x01\xff", der.octets(der.NULL)
    )
    built = der.sequence(
        der.sequence(der.sequence(question(asked())), der.explicit(2, der.sequence(unknown)))
    )
    assert respond(built) == ocsp.MALFORMED_REQUEST


def test_several_questions_get_several_answers() -> None:
    """RFC 6960, 4.1.1: a request may ask about several certificates at once."""
    revoked, never, foreign = authorities.serial(), authorities.serial(), authorities.serial()
    raw = several(
        asked(),
        asked(revoked, algorithm=hashes.SHA256()),
        asked(never),
        asked(foreign, issuer=authorities.authority().root.certificate),
    )
    gone = ocsp.CertificateStanding(revoked_at=NOW, reason=x509.ReasonFlags.superseded)
    response = answered(raw, {SERIAL: ocsp.GOOD, revoked: gone})
    found = {single.serial_number: single.certificate_status for single in response.responses}
    assert found == {
        SERIAL: oracle.OCSPCertStatus.GOOD,
        revoked: oracle.OCSPCertStatus.REVOKED,
        never: oracle.OCSPCertStatus.REVOKED,
        foreign: oracle.OCSPCertStatus.UNKNOWN,
    }


def test_too_many_questions_are_malformed() -> None:
    assert respond(several(*[asked()] * 65)) == ocsp.MALFORMED_REQUEST


def test_requestor_may_give_a_name() -> None:
    """RFC 6960, 4.1.2: requestorName is allowed and decides nothing."""
    name = authorities.authority().root.certificate.subject.public_bytes()
    named = der.sequence(
        der.sequence(der.explicit(1, der.explicit(4, name)), der.sequence(question(asked())))
    )
    assert answered(named).certificate_status is oracle.OCSPCertStatus.GOOD


def test_archive_cutoff_is_the_birth_of_the_ca() -> None:
    """RFC 6960, 4.4.4: expired certificates are answered for ever."""
    (cutoff,) = answered(asked()).single_extensions
    assert cutoff.oid == oids.OCSP_ARCHIVE_CUTOFF
    born = authorities.authority().issuing.certificate.not_valid_before_utc
    assert cutoff.value.public_bytes() == der.generalized_time(born)


def test_request_in_a_path_is_read() -> None:
    """RFC 6960, A.1: url-encoded base64; a bare plus sign may arrive as a blank."""
    raw = asked(algorithm=hashes.SHA256())
    text = base64.b64encode(raw).decode()
    for path in (quote(text, safe=""), text, "/" + text.replace("+", " ")):
        assert ocsp.decode_get(path) == raw


@pytest.mark.parametrize("path", ["%%%", "a", "abc$", "\u0416", "A" * 40_000])
def test_path_that_is_no_base64_is_malformed(path: str) -> None:
    with pytest.raises(ocsp.OcspMalformed):
        ocsp.decode_get(path)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_answered_malformed(raw: bytes) -> None:
    assert respond(raw) == ocsp.MALFORMED_REQUEST


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_damaged_question_is_always_answered(data: st.DataObject) -> None:
    """Never an exception, and never `good` for another serial than the one on record."""
    damaged = bytearray(asked(nonce=bytes(8)))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    response = oracle.load_der_ocsp_response(respond(bytes(damaged)))
    if response.response_status is oracle.OCSPResponseStatus.SUCCESSFUL:
        for single in response.responses:
            if single.certificate_status is oracle.OCSPCertStatus.GOOD:
                assert single.serial_number == SERIAL


def test_deeply_nested_garbage_costs_no_time() -> None:
    began = time.perf_counter()
    assert respond(b"\x30\x82\x3f\xfc" * 4000) == ocsp.MALFORMED_REQUEST
    assert time.perf_counter() - began < 1
