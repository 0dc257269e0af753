"""A signed file (CMS SignedData, RFC 5652; CAdES' signing certificate, RFC 5035): read it, and prove its signatures.

Attached or detached, DER, BER, PEM or bare base64. It proves that a document is what the holder of a key signed;
whose key that is, and whether the certificate was good, is for `revocation.signed_file` to say.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca_core.errors import Refusal
from ca_core.x509 import ber, der
from ca_core.x509.ber import Element, NotBer

SIZE_LIMIT_BYTES = 10 * 1024 * 1024
SIGNER_LIMIT = 20
CERTIFICATE_LIMIT = 100

_PEM = re.compile(rb"-----BEGIN (?:CMS|PKCS7)-----([A-Za-z0-9+/=\s]+)-----END (?:CMS|PKCS7)-----")
_INTEGER = 0x02
_SET = 0x31
_CONTEXT = (0xA0, 0xA1)
# The signer by the identifier of the key: [0] IMPLICIT OCTET STRING.
_KEY_ID = 0x80
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_DATA = "1.2.840.113549.1.7.1"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_TIME_STAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"
_PSS = "1.2.840.113549.1.1.10"

_Hash = hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_HASHES: dict[str, _Hash] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    "2.16.840.1.101.3.4.2.4": hashes.SHA224(),
}
# MD5 and SHA-1: somebody can make a second document for the same digest.
_BROKEN_HASHES = ("1.2.840.113549.2.5", "1.3.14.3.2.26")
# The hash that a signature algorithm names; None: that of the digest.
_RSA: dict[str, _Hash | None] = {
    "1.2.840.113549.1.1.1": None,
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_ECDSA: dict[str, _Hash | None] = {
    "1.2.840.10045.2.1": None,
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
_RSA_BITS = (2048, 8192)


class SignedFileTooLarge(Refusal):
    """More than ten megabytes are not looked at. Facts: limit_bytes."""

    code = "signed_file.too_large"


class SignedFileUnreadable(Refusal):
    """This is no signed file: no CMS, cut off, or beyond our bounds."""

    code = "signed_file.unreadable"


class SignedFileUnsigned(Refusal):
    """CMS that nobody signed: a bag of certificates, for example."""

    code = "signed_file.unsigned"


class Integrity(StrEnum):
    """What one signature proves by itself."""

    INTACT = "intact"
    ALTERED = "altered"
    # Nothing is wrong, and nothing proven:
    DOCUMENT_MISSING = "document_missing"
    CERTIFICATE_MISSING = "certificate_missing"
    UNSUPPORTED = "unsupported"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo. By issuer and serial, or by `key_id`; `attributes` is what was signed, empty without any."""

    issuer: bytes
    serial: int
    key_id: bytes
    digest_algorithm: str
    signature_algorithm: str
    pss_hash: str
    signature: bytes
    attributes: bytes = b""
    content_type: str = ""
    message_digest: bytes = b""
    certificate_digest: bytes = b""
    claimed_at: datetime | None = None
    has_time_stamp: bool = False


@dataclass(frozen=True, slots=True)
class SignedFile:
    """`content` is None where the document lies beside the signature."""

    content: bytes | None
    content_type: str
    signers: tuple[Signer, ...]
    certificates: tuple[x509.Certificate, ...]


def read(raw: bytes) -> SignedFile:
    """Raises SignedFileTooLarge, SignedFileUnreadable, SignedFileUnsigned."""
    if len(raw) > SIZE_LIMIT_BYTES:
        raise SignedFileTooLarge(limit_bytes=SIZE_LIMIT_BYTES)
    try:
        signed = _signed_data(ber.read(_binary(raw)))
    except (NotBer, IndexError, ValueError) as error:
        raise SignedFileUnreadable from error
    if not signed.signers:
        raise SignedFileUnsigned
    return signed


def certificate_of(signed: SignedFile, signer: Signer) -> x509.Certificate | None:
    """The signer's certificate, where the file brings it along."""
    return next((one for one in signed.certificates if _is_of(one, signer)), None)


def prove(
    signer: Signer, *, content: bytes | None, content_type: str, certificate: x509.Certificate | None
) -> Integrity:
    """Whether the certificate's key signed exactly this content (RFC 5652, 5.4 and 5.6)."""
    if signer.digest_algorithm in _BROKEN_HASHES:
        return Integrity.WEAK
    algorithm = _HASHES.get(signer.digest_algorithm)
    if algorithm is None:
        return Integrity.UNSUPPORTED
    if content is None:
        return Integrity.DOCUMENT_MISSING
    if not _is_the_content(signer, content, content_type, algorithm):
        return Integrity.ALTERED
    if certificate is None:
        return Integrity.CERTIFICATE_MISSING
    named = signer.certificate_digest
    if named and named != certificate.fingerprint(hashes.SHA256()):
        # Another certificate with the same key was put in the place of the one that was meant (RFC 5035, 2).
        return Integrity.ALTERED
    return _verified(signer, signer.attributes or content, certificate, algorithm)


def _binary(raw: bytes) -> bytes:
    """Raises ValueError (binascii.Error is one)."""
    armoured = _PEM.search(raw[:SIZE_LIMIT_BYTES])
    if armoured:
        return base64.b64decode(armoured.group(1))
    if raw[:1] == b"\x30":
        return raw
    # As key programs hand it over: base64 and nothing else.
    return binascii.a2b_base64(b"".join(raw.split()), strict_mode=True)


def _signed_data(outer: Element) -> SignedFile:
    kind, wrapped = ber.children(outer, tag=der.SEQUENCE)
    if _oid(kind) != _SIGNED_DATA:
        raise NotBer("another kind of CMS")
    (inner,) = ber.children(wrapped, tag=_CONTEXT[0])
    _version, _digests, encapsulated, *rest = ber.children(inner, tag=der.SEQUENCE)
    certificates: list[x509.Certificate] = []
    if rest and rest[0].tag == _CONTEXT[0]:
        certificates = list(_certificates(ber.children(rest.pop(0))))
    if rest and rest[0].tag == _CONTEXT[1]:
        rest.pop(0)
    (signers,) = rest
    infos = ber.children(signers, tag=_SET)
    if len(infos) > SIGNER_LIMIT:
        raise NotBer("too many signers")
    kind, *content = ber.children(encapsulated, tag=der.SEQUENCE)
    return SignedFile(
        content=_content(content),
        content_type=_oid(kind),
        signers=tuple(_signer(info) for info in infos),
        certificates=tuple(certificates),
    )


def _content(wrapped: Sequence[Element]) -> bytes | None:
    if not wrapped:
        return None
    (string,) = ber.children(wrapped[0], tag=_CONTEXT[0])
    return ber.octets(string, tag=der.OCTET_STRING)


def _certificates(found: Sequence[Element]) -> Iterator[x509.Certificate]:
    """Those that can be read; attribute certificates and broken ones are left out."""
    for element in found[:CERTIFICATE_LIMIT]:
        if element.tag != der.SEQUENCE:
            continue
        try:
            loaded = x509.load_der_x509_certificate(element.raw)
            # The library parses these when they are first asked for.
            _ = (
                loaded.serial_number,
                loaded.issuer,
                loaded.subject,
                loaded.extensions,
                loaded.not_valid_after_utc,
            )
        except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm):
            continue
        yield loaded


def _signer(info: Element) -> Signer:
    _version, sid, digest, *rest = ber.children(info, tag=der.SEQUENCE)
    attributes = rest.pop(0) if rest[0].tag == _CONTEXT[0] else None
    algorithm, signature, *unsigned = rest
    signed = _attributes(ber.children(attributes)) if attributes else {}
    named = ber.children(sid) if sid.tag == der.SEQUENCE else []
    if named and named[1].tag != _INTEGER:
        raise NotBer("no serial number")
    return Signer(
        issuer=named[0].raw if named else b"",
        serial=int.from_bytes(named[1].content, "big", signed=True) if named else 0,
        key_id=b"" if named else ber.octets(sid, tag=_KEY_ID),
        digest_algorithm=_oid(ber.children(digest, tag=der.SEQUENCE)[0]),
        signature_algorithm=_oid(ber.children(algorithm, tag=der.SEQUENCE)[0]),
        pss_hash=_pss_hash(algorithm),
        signature=ber.octets(signature, tag=der.OCTET_STRING),
        # 5.4: signed is the SET OF, whatever tag and whatever lengths it was sent with.
        attributes=ber.definite(attributes, tag=_SET) if attributes else b"",
        content_type=_oid(signed[_CONTENT_TYPE]) if _CONTENT_TYPE in signed else "",
        message_digest=ber.octets(signed[_MESSAGE_DIGEST], tag=der.OCTET_STRING)
        if _MESSAGE_DIGEST in signed
        else b"",
        certificate_digest=_certificate_digest(signed.get(_SIGNING_CERTIFICATE_V2)),
        claimed_at=_instant(signed.get(_SIGNING_TIME)),
        has_time_stamp=bool(unsigned)
        and _TIME_STAMP_TOKEN in _attributes(ber.children(unsigned[0], tag=_CONTEXT[1])),
    )


def _attributes(found: Sequence[Element]) -> dict[str, Element]:
    """Each attribute's first value. One that is named twice could be read in two ways: NotBer."""
    values: dict[str, Element] = {}
    for attribute in found:
        kind, value_set = ber.children(attribute, tag=der.SEQUENCE)
        name = _oid(kind)
        if name in values:
            raise NotBer("an attribute twice")
        values[name] = ber.children(value_set, tag=_SET)[0]
    return values


def _oid(element: Element) -> str:
    if element.tag != 0x06 or not 1 <= len(element.content) <= 64:
        raise NotBer("no object identifier")
    arcs = [0]
    for octet in element.content:
        arcs[-1] = arcs[-1] << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(0)
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:-1])))


def _instant(element: Element | None) -> datetime | None:
    """UTCTime or GeneralizedTime (RFC 5652, 11.3). NotBer for what is neither."""
    if element is None:
        return None
    text = ber.octets(element).decode("ascii")
    if element.tag == 0x17:
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    elif element.tag != 0x18:
        raise NotBer("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _certificate_digest(value: Element | None) -> bytes:
    """SHA-256 of the signer's certificate from ESSCertIDv2; empty where another hash was used."""
    if value is None:
        return b""
    first = ber.children(ber.children(ber.children(value)[0])[0])
    if first[0].tag != der.SEQUENCE:
        return ber.octets(first[0])
    is_sha256 = isinstance(_HASHES.get(_oid(ber.children(first[0])[0])), hashes.SHA256)
    return ber.octets(first[1]) if is_sha256 else b""


def _pss_hash(algorithm: Element) -> str:
    """The hash that RSASSA-PSS parameters name (RFC 4055, 3.1); SHA-1 where they name none."""
    kind, *parameters = ber.children(algorithm)
    if _oid(kind) != _PSS:
        return ""
    named = [one for one in ber.children(parameters[0]) if one.tag == _CONTEXT[0]] if parameters else []
    return _oid(ber.children(ber.children(named[0])[0])[0]) if named else _BROKEN_HASHES[1]


def _is_of(certificate: x509.Certificate, signer: Signer) -> bool:
    if signer.key_id:
        try:
            found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return False
        return found.value.digest == signer.key_id
    return certificate.serial_number == signer.serial and issuer_name(certificate) == signer.issuer


def issuer_name(certificate: x509.Certificate) -> bytes:
    """The issuer's name octet by octet, as the certificate has it."""
    fields = ber.children(ber.read(certificate.tbs_certificate_bytes))
    return fields[3 if fields[0].tag == _CONTEXT[0] else 2].raw


def _is_the_content(signer: Signer, content: bytes, content_type: str, algorithm: _Hash) -> bool:
    if not signer.attributes:
        # Attributes cut off and handed in as the document itself would verify: no honest document is a SET.
        return content_type == _DATA and content[:1] != bytes((_SET,))
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return signer.content_type == content_type and signer.message_digest == digest.finalize()


def _verified(signer: Signer, signed: bytes, certificate: x509.Certificate, digest: _Hash) -> Integrity:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return _by_rsa(key, signer, signed, digest)
        if isinstance(key, ec.EllipticCurvePublicKey) and signer.signature_algorithm in _ECDSA:
            named = _ECDSA[signer.signature_algorithm]
            key.verify(signer.signature, signed, ec.ECDSA(named or digest))
            return Integrity.INTACT
    except InvalidSignature:
        return Integrity.ALTERED
    except (UnsupportedAlgorithm, ValueError):
        return Integrity.UNSUPPORTED
    return Integrity.UNSUPPORTED


def _by_rsa(key: rsa.RSAPublicKey, signer: Signer, signed: bytes, digest: _Hash) -> Integrity:
    """Raises InvalidSignature."""
    least, most = _RSA_BITS
    if key.key_size < least:
        return Integrity.WEAK
    if key.key_size > most:
        return Integrity.UNSUPPORTED
    if signer.signature_algorithm == _PSS:
        if signer.pss_hash != signer.digest_algorithm:
            return Integrity.UNSUPPORTED
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.AUTO)
        key.verify(signer.signature, signed, pss, digest)
        return Integrity.INTACT
    if signer.signature_algorithm not in _RSA:
        return Integrity.UNSUPPORTED
    named = _RSA[signer.signature_algorithm]
    key.verify(signer.signature, signed, padding.PKCS1v15(), named or digest)
    return Integrity.INTACT
