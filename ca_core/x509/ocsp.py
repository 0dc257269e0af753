"""Status answers: RFC 6960 with the extended revoked form, RFC 5019's GET, RFC 9654's nonce.

1. read the question                 parse; garbage -> malformedRequest
2. is it about our issuer?           no -> unauthorized
3. what do we know of each serial?   good, revoked, or never issued
4. say so, and sign                  a delegate, named by its key, encloses its certificate
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_core.errors import Refusal
from ca_core.x509 import crl, der, ocsp_asn1, oids, signatures
from ca_core.x509.keys import PrivateKey
from ca_core.x509.ocsp_asn1 import CertId

SIZE_LIMIT_BYTES = 16 * 1024
_QUESTIONS_LIMIT = 64
_NONCE_LIMIT_BYTES = 128

_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "1.3.14.3.2.26": hashlib.sha1,
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}

_GOOD = b"\x80\x00"
_UNKNOWN = b"\x82\x00"


def _error(status: int) -> bytes:
    return der.sequence(der.enumerated(status))


# RFC 6960, 4.2.1: answers without a body, and therefore without a signature.
MALFORMED_REQUEST = _error(1)
INTERNAL_ERROR = _error(2)
TRY_LATER = _error(3)
UNAUTHORIZED = _error(6)


class OcspMalformed(Refusal):
    """This is not an OCSP request that can be answered."""

    code = "ocsp.malformed"


@dataclass(frozen=True, slots=True)
class OcspQuery:
    """What is asked, of one or several certificates."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None = None

    @property
    def serials(self) -> tuple[int, ...]:
        return tuple(cert_id.serial for cert_id in self.cert_ids)


@dataclass(frozen=True, slots=True)
class CertificateStanding:
    """What the CA knows of a serial that it issued; expired or not, it stays on record."""

    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None


@dataclass(frozen=True, slots=True)
class Responder:
    """A delegate and the issuer that it speaks for."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    issuer: x509.Certificate


GOOD = CertificateStanding()

# RFC 6960, 2.2: how a responder says "never issued", so that nobody takes it for good.
_NEVER_ISSUED = CertificateStanding(
    revoked_at=datetime(1970, 1, 1, tzinfo=UTC), reason=x509.ReasonFlags.certificate_hold
)


def parse(raw: bytes) -> OcspQuery:
    """Read a request of one or several CertIDs. Raises OcspMalformed."""
    if len(raw) > SIZE_LIMIT_BYTES:
        raise OcspMalformed
    try:
        asked = ocsp_asn1.decode(raw)
        nonce = _nonce(asked.extensions or [])
    except ValueError as error:
        raise OcspMalformed from error
    if asked.version != 0 or not 1 <= len(asked.questions) <= _QUESTIONS_LIMIT:
        raise OcspMalformed
    if any(extension.critical for question in asked.questions for extension in question.extensions or []):
        raise OcspMalformed
    cert_ids = tuple(question.cert_id for question in asked.questions)
    if any(cert_id.serial < 0 for cert_id in cert_ids):
        raise OcspMalformed
    return OcspQuery(cert_ids=cert_ids, nonce=nonce)


def decode_get(path: str) -> bytes:
    """The request within a GET path: url-encoded base64 (RFC 6960, A.1). Raises OcspMalformed."""
    text = unquote_to_bytes(path.lstrip("/"))
    if len(text) > SIZE_LIMIT_BYTES:
        raise OcspMalformed
    try:
        # A plus sign that a careless client left bare arrives as a blank.
        return base64.b64decode(text.replace(b" ", b"+"), validate=True)
    except binascii.Error as error:
        raise OcspMalformed from error


def answer(
    query: OcspQuery,
    *,
    responder: Responder,
    lookup: Callable[[int], CertificateStanding | None],
    now: datetime,
    next_update: datetime | None,
) -> bytes:
    """A signed answer to each question, or `unauthorized` when none is about our issuer."""
    ours = [_is_ours(cert_id, responder.issuer) for cert_id in query.cert_ids]
    if not any(ours):
        return UNAUTHORIZED
    singles = [
        _single(cert_id, lookup(cert_id.serial) if known else None, known, responder, now, next_update)
        for cert_id, known in zip(query.cert_ids, ours, strict=True)
    ]
    return _signed(
        der.sequence(
            der.explicit(2, der.octets(_key_hash(responder.certificate, "1.3.14.3.2.26"))),
            der.generalized_time(now),
            der.sequence(*singles),
            _response_extensions(query.nonce),
        ),
        responder,
    )


def respond(
    raw: bytes,
    *,
    responder: Responder,
    lookup: Callable[[int], CertificateStanding | None],
    now: datetime,
    next_update: datetime | None,
) -> bytes:
    """An answer to whatever was sent: garbage is answered malformedRequest."""
    try:
        query = parse(raw)
    except OcspMalformed:
        return MALFORMED_REQUEST
    return answer(query, responder=responder, lookup=lookup, now=now, next_update=next_update)


def _nonce(extensions: list[ocsp_asn1.Extension]) -> bytes | None:
    """RFC 9654, 2.1: 1 to 128 octets, once; any other critical extension cannot be answered."""
    found: bytes | None = None
    for extension in extensions:
        if extension.oid == oids.OCSP_NONCE:
            nonce = ocsp_asn1.decode_octets(extension.value)
            if found is not None or not 1 <= len(nonce) <= _NONCE_LIMIT_BYTES:
                raise ValueError("nonce")
            found = nonce
        elif extension.critical:
            raise ValueError("critical extension")
    return found


def _is_ours(cert_id: CertId, issuer: x509.Certificate) -> bool:
    algorithm = cert_id.hash_algorithm.algorithm.dotted_string
    return algorithm in _HASHES and (cert_id.issuer_name_hash, cert_id.issuer_key_hash) == (
        _name_hash(issuer, algorithm),
        _key_hash(issuer, algorithm),
    )


def _single(
    cert_id: CertId,
    standing: CertificateStanding | None,
    known_issuer: bool,
    responder: Responder,
    now: datetime,
    next_update: datetime | None,
) -> bytes:
    """SingleResponse; thisUpdate is now, because every answer is made from the live record."""
    return der.sequence(
        ocsp_asn1.encode_cert_id(cert_id),
        _status(standing or _NEVER_ISSUED) if known_issuer else _UNKNOWN,
        der.generalized_time(now),
        der.explicit(0, der.generalized_time(next_update)) if next_update is not None else b"",
        # RFC 6960, 4.4.4 and EN 319 411-2: nothing we issued is forgotten, so the cut-off is the CA's birth.
        _archive_cutoff(responder.issuer) if known_issuer else b"",
    )


def _status(standing: CertificateStanding) -> bytes:
    if standing.revoked_at is None:
        return _GOOD
    number = crl.reason_number(standing.reason)
    reason = der.explicit(0, der.enumerated(number)) if number is not None else b""
    return der.explicit(1, der.generalized_time(standing.revoked_at), reason)


def _response_extensions(nonce: bytes | None) -> bytes:
    """RFC 6960, 4.4.8: extended-revoke tells that an unknown serial is answered `revoked` here."""
    listed = [der.extension(oids.OCSP_EXTENDED_REVOKE, der.NULL)]
    if nonce is not None:
        listed.append(der.extension(oids.OCSP_NONCE, der.octets(nonce)))
    return der.explicit(1, der.sequence(*listed))


def _signed(response_data: bytes, responder: Responder) -> bytes:
    basic = der.sequence(
        response_data,
        signatures.algorithm_identifier(responder.key),
        der.bits(signatures.sign(responder.key, response_data)),
        der.explicit(0, der.sequence(responder.certificate.public_bytes(serialization.Encoding.DER))),
    )
    return der.sequence(
        der.enumerated(0),
        der.explicit(0, der.sequence(der.oid(oids.OCSP_BASIC), der.octets(basic))),
    )


@lru_cache(maxsize=32)
def _name_hash(issuer: x509.Certificate, algorithm: str) -> bytes:
    return _HASHES[algorithm](issuer.subject.public_bytes()).digest()


@lru_cache(maxsize=32)
def _key_hash(certificate: x509.Certificate, algorithm: str) -> bytes:
    """Over the value of the BIT STRING, without tag, length and unused bits (RFC 6960, 4.1.1)."""
    return _HASHES[algorithm](_key_bits(certificate)).digest()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The subjectPublicKey itself, taken out of its SubjectPublicKeyInfo."""
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return ocsp_asn1.subject_public_key(spki)


@lru_cache(maxsize=8)
def _archive_cutoff(issuer: x509.Certificate) -> bytes:
    born = der.generalized_time(issuer.not_valid_before_utc)
    return der.explicit(1, der.sequence(der.extension(oids.OCSP_ARCHIVE_CUTOFF, born)))
