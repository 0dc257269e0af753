"""/verify: who signed this file, and may it be trusted? Never "good" when we cannot know (F8)."""

import unicodedata
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from ca_core import statistics
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, IinInvalid
from ca_core.revocation import signed_file
from ca_core.revocation.signed_file import Report
from ca_core.x509 import cms
from portal import limits, parts, refusals, rendering

_NAME_CHARACTERS = 120


class FileMissing(Refusal):
    """No signed file was chosen."""

    code = "verify.file_missing"


@dataclass(frozen=True, slots=True)
class Name:
    """A signer or issuer as the file says: shown as text, never as a fact."""

    text: str
    iin: str = ""


def show(request: Request) -> Response:
    return _page(request)


async def check(request: Request) -> Response:
    """POST: the signed file, and the document where it lies beside it."""
    limits.require(parts.of(request).limits.attempts, request)
    async with request.form(max_files=2, max_fields=2) as form:
        raw, document = await _content(form.get("file")), await _content(form.get("document"))
        raw = raw or str(form.get("text") or "").strip().encode()
    return await run_in_threadpool(_checked, request, raw, document or None)


async def _content(file: object) -> bytes:
    return await file.read() if isinstance(file, UploadFile) else b""


def _checked(request: Request, raw: bytes, document: bytes | None) -> Response:
    handed = parts.of(request)
    try:
        if not raw:
            raise FileMissing
        if document is not None and len(document) > cms.SIZE_LIMIT_BYTES:
            raise cms.SignedFileTooLarge(limit_bytes=cms.SIZE_LIMIT_BYTES)
        with handed.service.look() as work:
            report = signed_file.verify(
                work, raw=raw, document=document, issuer=handed.responder.issuer, now=handed.service.now()
            )
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    for serial in signed_file.serials(report):
        handed.uses.saw(serial, statistics.local_day(handed.service.now()))
    return _page(request, report=report)


def subject(certificate: x509.Certificate) -> Name:
    """Whom the certificate names; of an IIN only what the face of a document shows anyway."""
    return Name(_common_name(certificate.subject), _iin(certificate.subject))


def issuer(certificate: x509.Certificate) -> Name:
    return Name(_common_name(certificate.issuer))


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _plain(str(found[0].value)) if found else _plain(name.rfc4514_string())


def _plain(text: str) -> str:
    """No line breaks, no turning of the reading direction: a name must not dress up as part of our page."""
    beginning = text[: 4 * _NAME_CHARACTERS]
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in beginning)
    return " ".join(shown.split())[:_NAME_CHARACTERS]


def _iin(name: x509.Name) -> str:
    for found in name.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
        try:
            return Iin.parse(str(found.value).removeprefix("IIN")).masked
        except IinInvalid:
            continue
    return ""


def _page(request: Request, *, report: Report | None = None, refusal: Refusal | None = None) -> Response:
    return rendering.page(
        request,
        "verify.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        report=report,
        subject=subject,
        issuer=issuer,
        limit_bytes=cms.SIZE_LIMIT_BYTES,
        told=rendering.words(request).told(refusal) if refusal else None,
    )
