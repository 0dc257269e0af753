"""OCSPRequest as a data model for cryptography's DER parser (RFC 6960, 4.1.1)."""

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1


@asn1.sequence
class Algorithm:
    """AlgorithmIdentifier of a hash or of a signature: parameters are NULL or absent."""

    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class CertId:
    """Which certificate is asked about: hashes of its issuer's name and key, and its serial."""

    hash_algorithm: Algorithm
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@asn1.sequence
class Extension:
    """Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }."""

    oid: x509.ObjectIdentifier
    critical: Annotated[bool, asn1.Default(False)]
    value: bytes


@asn1.sequence
class Question:
    """Request ::= SEQUENCE { reqCert, singleRequestExtensions [0] }."""

    cert_id: CertId
    extensions: Annotated[list[Extension] | None, asn1.Explicit(0)]


@asn1.sequence
class ToBeSigned:
    """TBSRequest of one who gives no name."""

    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    questions: list[Question]
    extensions: Annotated[list[Extension] | None, asn1.Explicit(2)]


@asn1.sequence
class NamedToBeSigned:
    """TBSRequest of one who gives a name; it is not looked at."""

    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    requestor: Annotated[asn1.TLV, asn1.Explicit(1)]
    questions: list[Question]
    extensions: Annotated[list[Extension] | None, asn1.Explicit(2)]


@asn1.sequence
class Signature:
    """A requestor may sign; we answer everybody, so nothing depends on it."""

    algorithm: Algorithm
    value: asn1.BitString
    certificates: Annotated[list[x509.Certificate] | None, asn1.Explicit(0)]


@asn1.sequence
class Request:
    """OCSPRequest."""

    to_be_signed: ToBeSigned
    signature: Annotated[Signature | None, asn1.Explicit(0)]


@asn1.sequence
class NamedRequest:
    """OCSPRequest with a requestor's name: an optional field of any type has no form in the parser."""

    to_be_signed: NamedToBeSigned
    signature: Annotated[Signature | None, asn1.Explicit(0)]


def decode(raw: bytes) -> ToBeSigned | NamedToBeSigned:
    """Parse strictly; ValueError on anything that is not DER of this shape."""
    try:
        return asn1.decode_der(Request, raw).to_be_signed
    except ValueError:
        return asn1.decode_der(NamedRequest, raw).to_be_signed


def decode_octets(raw: bytes) -> bytes:
    """The content of one OCTET STRING; ValueError otherwise."""
    return asn1.decode_der(bytes, raw)


def encode_cert_id(cert_id: CertId) -> bytes:
    """The CertID as it was asked: an answer repeats it octet by octet."""
    return asn1.encode_der(cert_id)


@asn1.sequence
class _KeyAlgorithm:
    """AlgorithmIdentifier of RSA (NULL) or EC (the curve's number)."""

    algorithm: x509.ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _SubjectPublicKeyInfo:
    algorithm: _KeyAlgorithm
    key: asn1.BitString


def subject_public_key(spki: bytes) -> bytes:
    """The bits within a SubjectPublicKeyInfo."""
    return asn1.decode_der(_SubjectPublicKeyInfo, spki).key.as_bytes()
