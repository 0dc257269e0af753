"""Signatures over data: CMS SignedData (RFC 5652) with the attributes of a CAdES baseline signature (EN 319 122-1).

Written with the library's declarative ASN.1 because its own builder cannot sign a digest, nor name the signer's
certificate among the signed attributes. No time stamp: there is no time-stamping service here.
"""

import hashlib
from datetime import datetime
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from qoltanba_keyagent import keys
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.refusals import Malformed

_DATA = ObjectIdentifier("1.2.840.113549.1.7.1")
_SIGNED_DATA = ObjectIdentifier("1.2.840.113549.1.7.2")
_CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
_SIGNING_TIME = ObjectIdentifier("1.2.840.113549.1.9.5")
_SIGNING_CERTIFICATE_V2 = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
_CONTENT_HINTS = ObjectIdentifier("1.2.840.113549.1.9.16.2.4")
_UNSEEN = "A digest that a site computed: the content was shown to nobody."
_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_RSA_SHA256 = ObjectIdentifier("1.2.840.113549.1.1.11")
_ECDSA_SHA256 = ObjectIdentifier("1.2.840.10045.4.3.2")
_SET_OF = b"\x31"


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Attribute:
    type: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial
    digest_algorithm: _Algorithm
    attributes: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    signature_algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _Encapsulated:
    type: ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[_Algorithm]
    encapsulated: _Encapsulated
    certificates: Annotated[asn1.SetOf[asn1.TLV], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    type: ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _CertificateId:
    """RFC 5035, 4: SHA-256 is the default and is left out."""

    digest: bytes


@asn1.sequence
class _SigningCertificate:
    certificates: list[_CertificateId]


@asn1.sequence
class _ContentHints:
    description: str
    type: ObjectIdentifier


def sign(held: KeyWithCertificate, content: bytes, *, encapsulate: bool, now: datetime) -> bytes:
    """DER. With `encapsulate` the content is inside; without, whoever verifies must have it."""
    digest = hashlib.sha256(content).digest()
    return _signed(held, _attributes(held.certificate, digest, now), content if encapsulate else None)


def sign_digest(held: KeyWithCertificate, digest: bytes, *, now: datetime) -> bytes:
    """The same over a SHA-256 digest that somebody else computed. Raises Malformed for another length.

    The signature itself says that nobody saw what it is for (content-hints, RFC 2634, 2.9): whoever lets people in by
    signature can refuse such a one, because a text that is refused here could come as its digest.
    """
    if len(digest) != hashlib.sha256().digest_size:
        raise Malformed(field="data")
    hints = asn1.encode_der(_ContentHints(description=_UNSEEN, type=_DATA))
    attributes = [*_attributes(held.certificate, digest, now), _attribute(_CONTENT_HINTS, hints)]
    return _signed(held, attributes, None)


def _signed(held: KeyWithCertificate, listed: list[_Attribute], content: bytes | None) -> bytes:
    sha256 = _Algorithm(algorithm=_SHA256, parameters=None)
    attributes = asn1.SetOf(listed)
    signer = _SignerInfo(
        version=1,
        signer=_IssuerAndSerial(
            issuer=_tlv(held.certificate.issuer.public_bytes()), serial=held.certificate.serial_number
        ),
        digest_algorithm=sha256,
        attributes=attributes,
        signature_algorithm=_signature_algorithm(held.key),
        signature=keys.sign(held.key, _as_set(attributes)),
    )
    certificates = [held.certificate, *held.chain]
    signed = _SignedData(
        # RFC 5652, 5.1: version 1 with issuerAndSerialNumber and id-data.
        version=1,
        digest_algorithms=asn1.SetOf([sha256]),
        encapsulated=_Encapsulated(type=_DATA, content=content),
        certificates=asn1.SetOf([_tlv(one.public_bytes(Encoding.DER)) for one in certificates]),
        signers=asn1.SetOf([signer]),
    )
    return asn1.encode_der(_ContentInfo(type=_SIGNED_DATA, content=signed))


def _attributes(certificate: x509.Certificate, digest: bytes, now: datetime) -> list[_Attribute]:
    fingerprint = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    named = _SigningCertificate(certificates=[_CertificateId(digest=fingerprint)])
    return [
        _attribute(_CONTENT_TYPE, asn1.encode_der(_DATA)),
        _attribute(_SIGNING_TIME, asn1.encode_der(_time(now))),
        _attribute(_MESSAGE_DIGEST, asn1.encode_der(digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, asn1.encode_der(named)),
    ]


def _time(now: datetime) -> asn1.UTCTime | asn1.GeneralizedTime:
    """RFC 5652, 11.3: UTCTime up to 2049."""
    whole = now.replace(microsecond=0)
    return asn1.UTCTime(whole) if now.year < 2050 else asn1.GeneralizedTime(whole)


def _attribute(kind: ObjectIdentifier, value: bytes) -> _Attribute:
    return _Attribute(type=kind, values=asn1.SetOf([_tlv(value)]))


@asn1.sequence
class _Alone:
    attributes: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]


def _as_set(attributes: asn1.SetOf[_Attribute]) -> bytes:
    """RFC 5652, 5.4: what is signed has the tag of a SET OF, not the one it has in the signer's information."""
    sequence = asn1.encode_der(_Alone(attributes=attributes))
    return _SET_OF + sequence[_header_bytes(sequence) + 1 :]


def _header_bytes(der: bytes) -> int:
    return 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)


def _signature_algorithm(key: keys.PrivateKey) -> _Algorithm:
    # RFC 4055, 5 wants NULL for RSA; RFC 5758, 3.2 wants nothing for ECDSA.
    if isinstance(key, rsa.RSAPrivateKey):
        return _Algorithm(algorithm=_RSA_SHA256, parameters=asn1.Null())
    return _Algorithm(algorithm=_ECDSA_SHA256, parameters=None)


def _tlv(der: bytes) -> asn1.TLV:
    return asn1.decode_der(asn1.TLV, der)
