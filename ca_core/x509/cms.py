"""A signed file as it is read (CMS SignedData, RFC 5652; CAdES' signing certificate, RFC 5035).

Attached or detached, DER, BER, PEM or bare base64. What its signatures prove: `cms_proof`.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ca_core.errors import Refusal
from ca_core.x509 import ber, der
from ca_core.x509.ber import Element, NotBer

SIZE_LIMIT_BYTES = 10 * 1024 * 1024
SIGNER_LIMIT = 20
CERTIFICATE_LIMIT = 100
# A person's certificate has two kilobytes; one of megabytes would be drawn, searched and compared for every signer.
CERTIFICATE_LIMIT_BYTES = 64 * 1024

_PEM = re.compile(rb"-----BEGIN (?:CMS|PKCS7)-----([A-Za-z0-9+/=\s]+)-----END (?:CMS|PKCS7)-----")
_INTEGER = 0x02
_SET = 0x31
_CONTEXT = (0xA0, 0xA1)
# The signer by the identifier of the key: [0] IMPLICIT OCTET STRING.
_KEY_ID = 0x80
_SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_TIME_STAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"
PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_SHA1 = "1.3.14.3.2.26"
_SHA256 = "2.16.840.1.101.3.4.2.1"
# Of these RFC 5652, 11 demands one value.
_SINGLE = frozenset({_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _SIGNING_CERTIFICATE_V2})


class SignedFileTooLarge(Refusal):
    """More than ten megabytes are not looked at. Facts: limit_bytes."""

    code = "signed_file.too_large"


class SignedFileUnreadable(Refusal):
    """This is no signed file: no CMS, cut off, or beyond our bounds."""

    code = "signed_file.unreadable"


class SignedFileUnsigned(Refusal):
    """CMS that nobody signed: a bag of certificates, for example."""

    code = "signed_file.unsigned"


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo. By issuer and serial, or by `key_id`; `attributes` is what was signed, empty without any."""

    issuer: bytes
    serial: int
    key_id: bytes
    digest_algorithm: str
    signature_algorithm: str
    pss_hash: str
    pss_mask_hash: str
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
    version, digests, encapsulated, *rest = ber.children(inner, tag=der.SEQUENCE)
    if (version.tag, digests.tag) != (_INTEGER, _SET):
        raise NotBer("no SignedData")
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
    """Those that can be read; attribute certificates, broken and monstrous ones are left out."""
    for element in found[:CERTIFICATE_LIMIT]:
        if element.tag != der.SEQUENCE or element.end - element.start > CERTIFICATE_LIMIT_BYTES:
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
    pss_hash, pss_mask_hash = _pss_hashes(algorithm)
    named = ber.children(sid) if sid.tag == der.SEQUENCE else []
    if named and named[1].tag != _INTEGER:
        raise NotBer("no serial number")
    return Signer(
        issuer=named[0].raw if named else b"",
        serial=int.from_bytes(named[1].content, "big", signed=True) if named else 0,
        key_id=b"" if named else ber.octets(sid, tag=_KEY_ID),
        digest_algorithm=_oid(ber.children(digest, tag=der.SEQUENCE)[0]),
        signature_algorithm=_oid(ber.children(algorithm, tag=der.SEQUENCE)[0]),
        pss_hash=pss_hash,
        pss_mask_hash=pss_mask_hash,
        signature=ber.octets(signature, tag=der.OCTET_STRING),
        # 5.4: signed is the SET OF, whatever tag and whatever lengths it was sent with.
        attributes=ber.definite(attributes, tag=_SET) if attributes else b"",
        content_type=_oid(signed[_CONTENT_TYPE]) if _CONTENT_TYPE in signed else "",
        message_digest=ber.octets(signed[_MESSAGE_DIGEST], tag=der.OCTET_STRING)
        if _MESSAGE_DIGEST in signed
        else b"",
        certificate_digest=_certificate_digest(signed.get(_SIGNING_CERTIFICATE_V2)),
        claimed_at=_instant(signed.get(_SIGNING_TIME)),
        has_time_stamp=bool(unsigned) and _TIME_STAMP_TOKEN in _unsigned_kinds(unsigned[0]),
    )


def _attributes(found: Sequence[Element]) -> dict[str, Element]:
    """The value of each. One named twice, or given two values, could be read in two ways: NotBer (RFC 5652, 11)."""
    values: dict[str, Element] = {}
    for attribute in found:
        kind, value_set = ber.children(attribute, tag=der.SEQUENCE)
        name = _oid(kind)
        if name in values:
            raise NotBer("an attribute twice")
        several = ber.children(value_set, tag=_SET)
        if name in _SINGLE and len(several) != 1:
            raise NotBer("an attribute of several values")
        values[name] = several[0]
    return values


def _unsigned_kinds(attributes: Element) -> set[str]:
    """Which there are. Nobody signs them, and some may come several times (countersignatures: RFC 5652, 11.4)."""
    found = ber.children(attributes, tag=_CONTEXT[1])
    return {_oid(ber.children(one, tag=der.SEQUENCE)[0]) for one in found}


def _oid(element: Element) -> str:
    if element.tag != 0x06 or not 1 <= len(element.content) <= 64 or element.content[-1] & 0x80:
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
    return ber.octets(first[1]) if _oid(ber.children(first[0])[0]) == _SHA256 else b""


def _pss_hashes(algorithm: Element) -> tuple[str, str]:
    """The hash and the mask's hash that RSASSA-PSS parameters name (RFC 4055, 3.1); SHA-1 where they name none."""
    kind, *parameters = ber.children(algorithm)
    if _oid(kind) != PSS:
        return "", ""
    named = {one.tag: ber.children(one)[0] for one in ber.children(parameters[0])} if parameters else {}
    hash_ = _oid(ber.children(named[_CONTEXT[0]])[0]) if _CONTEXT[0] in named else _SHA1
    if _CONTEXT[1] not in named:
        return hash_, _SHA1
    function, of = ber.children(named[_CONTEXT[1]], tag=der.SEQUENCE)
    return hash_, _oid(ber.children(of)[0]) if _oid(function) == _MGF1 else ""


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


def are_attributes(content: bytes) -> bool:
    """Attributes that were cut off and handed in as the document itself would verify. A text may begin with "1",
    which is the tag of a SET, and is none.
    """
    if content[:1] != bytes((_SET,)):
        return False
    try:
        return _MESSAGE_DIGEST in _attributes(ber.children(ber.read(content), tag=_SET))
    except (NotBer, IndexError, ValueError):
        return False
