"""The two published modules of NCALayer, as far as keys in files go.

`kz.gov.pki.knca.commonUtils` answers {"code", "responseObject"}, `kz.gov.pki.knca.basics` answers {"status", "body"}.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509

from qoltanba_keyagent import (
    asking,
    certificates,
    cms,
    fields,
    keys,
    previews,
    sign_ins,
    words,
    xml_signatures,
)
from qoltanba_keyagent.asking import Surroundings, clock
from qoltanba_keyagent.dialogs import Conversation
from qoltanba_keyagent.fields import Json
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.pages import Document, Opened, Use
from qoltanba_keyagent.refusals import Malformed, NotForThis, NoTimeStamp, StorageNotHere, UnknownMethod

COMMON = "kz.gov.pki.knca.commonUtils"
BASICS = "kz.gov.pki.knca.basics"
# What they tell is the same for everybody: no person is asked.
WITHOUT_CONSENT = ("getActiveTokens", "changeLocale")
FILE_STORE = "PKCS12"
_DOCUMENTS_AT_MOST = 500

Signature = Callable[[KeyWithCertificate], str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a site wants signed: for the person to read, and how to do it once the key is open."""

    use: Use
    sign: list[Signature]
    contents: tuple[bytes, ...] = ()

    def require_own_sign_ins(self, origin: str) -> None:
        """Raises SignInElsewhere."""
        for content in self.contents:
            sign_ins.require_own(content, origin=origin)


async def common(method: str, arguments: Json, talk: Conversation, around: Surroundings) -> Json:
    """One method of the older module; its arguments have places, not names."""
    if method == "getActiveTokens":
        return []
    given = arguments if isinstance(arguments, list) else []
    if method == "changeLocale":
        talk.language = words.known(fields.text(_at(given, 0), method), talk.language)
        return None
    if method not in ("getKeyInfo", *_WISHES):
        raise UnknownMethod(module=COMMON, method=method)
    if fields.text(_at(given, 0), method) != FILE_STORE:
        raise StorageNotHere
    if method == "getKeyInfo":
        opened = await _opened(talk, around, Use("info"), ())
        return dict(certificates.described(opened.held))
    wanted = certificates.KEY_TYPES.get(fields.text(_at(given, 1), method), ())
    wish = _WISHES[method](given)
    wish.require_own_sign_ins(talk.origin)
    opened = await _opened(talk, around, wish.use, wanted)
    made = await _all(wish.sign, opened.held)
    return list(made) if method == "signXmls" else made[0]


async def basics(method: str, arguments: Json, talk: Conversation, around: Surroundings) -> Json:
    """`sign`, the newer module's only method. The answer is the body."""
    if method != "sign":
        raise UnknownMethod(module=BASICS, method=method)
    given = fields.table(arguments, "args")
    talk.language = words.known(given.get("locale"), talk.language)
    signer = fields.table(given.get("signerParams") or {}, "signerParams")
    wanted = tuple(fields.texts(signer.get("extKeyUsageOids") or [], "extKeyUsageOids"))
    stores = given.get("allowedStorages")
    if stores is not None and FILE_STORE not in fields.texts(stores, "allowedStorages"):
        raise StorageNotHere
    wish, is_list = _basics_wish(given)
    wish.require_own_sign_ins(talk.origin)
    opened = await _opened(talk, around, wish.use, wanted, signer)
    made = await _all(wish.sign, opened.held)
    return {"result": list(made) if is_list else made[0]}


def _basics_wish(given: dict[str, Json]) -> tuple[Wish, bool]:
    form, data = fields.text(given.get("format"), "format"), given.get("data")
    documents = fields.texts(data if isinstance(data, list) else [data], "data")
    params = fields.table(given.get("signingParams") or {}, "signingParams")
    if form == "xml":
        # The newer module answers XML with a list even for one.
        return _xml(documents), True
    if form != "cms":
        raise Malformed(field="format")
    if params.get("tsaProfile") is not None:
        raise NoTimeStamp
    decode = fields.flag(params.get("decode"), "decode", otherwise=False)
    contents = [fields.decoded(one, "data") if decode else one.encode() for one in documents]
    if fields.flag(params.get("digested"), "digested", otherwise=False):
        return _digests(contents, write=_pem), isinstance(data, list)
    inside = fields.flag(params.get("encapsulate"), "encapsulate", otherwise=True)
    return _data(contents, inside=inside, write=_pem), isinstance(data, list)


async def _opened(
    talk: Conversation,
    around: Surroundings,
    use: Use,
    wanted: tuple[str, ...],
    signer: dict[str, Json] | None = None,
) -> Opened:
    await asking.site(talk, around)
    return await asking.opened_key(talk, around, use, lambda held: _require(held, wanted, signer or {}))


def _require(held: KeyWithCertificate, wanted: tuple[str, ...], signer: dict[str, Json]) -> None:
    """The certificate has every usage that is asked for, and is the owner's and the one that are named."""
    certificate = held.certificate
    iin, serial = signer.get("iin"), signer.get("serialNumber")
    fits = (
        set(wanted) <= keys.purposes(certificate)
        and (not iin or certificates.owners_number(certificate) == iin)
        and (not serial or certificates.same_serial(certificate, str(serial)))
    )
    if not fits:
        raise NotForThis
    _require_current(certificate)


def _require_current(certificate: x509.Certificate) -> None:
    if not certificate.not_valid_before_utc <= clock() < certificate.not_valid_after_utc:
        raise NotForThis


def _data(contents: list[bytes], *, inside: bool, write: Callable[[bytes], str]) -> Wish:
    def one(content: bytes) -> Signature:
        return lambda held: write(cms.sign(held, content, encapsulate=inside, now=clock()))

    _require_some(contents)
    return Wish(
        Use("data", documents=previews.shown(contents)), [one(each) for each in contents], tuple(contents)
    )


def _digests(digests: list[bytes], *, write: Callable[[bytes], str]) -> Wish:
    def one(digest: bytes) -> Signature:
        return lambda held: write(cms.sign_digest(held, digest, now=clock()))

    _require_some(digests)
    if any(len(digest) != hashlib.sha256().digest_size for digest in digests):
        raise Malformed(field="data")
    use = Use("digest", documents=tuple(Document(digest.hex()) for digest in digests))
    return Wish(use, [one(digest) for digest in digests])


def _xml(documents: list[str], signed: str = "", under: str = "") -> Wish:
    def one(document: str) -> Signature:
        return lambda held: xml_signatures.sign(held, document, signed=signed, under=under)

    _require_some(documents)
    for document in documents:
        xml_signatures.require_signable(document, signed=signed, under=under)
    facts = tuple((name, path) for name, path in (("signed", signed), ("under", under)) if path)
    shown = previews.shown([text.encode() for text in documents])
    return Wish(Use("xml", facts, shown), [one(document) for document in documents])


def _require_some(documents: list[bytes] | list[str]) -> None:
    if not 1 <= len(documents) <= _DOCUMENTS_AT_MOST:
        raise Malformed(field="data")


async def _all(signatures: list[Signature], held: KeyWithCertificate) -> list[str]:
    return await asyncio.to_thread(lambda: [sign(held) for sign in signatures])


def _at(given: list[Json], place: int) -> Json:
    return given[place] if place < len(given) else None


def _base64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def _pem(der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CMS-----\n{body}-----END CMS-----\n"


def _cms_of(given: list[Json]) -> Wish:
    """(storage, key type, base64, attached)"""
    content = fields.decoded(fields.text(_at(given, 2), "data"), "data")
    inside = fields.flag(_at(given, 3), "attach", otherwise=False)
    return _data([content], inside=inside, write=_base64)


def _stamped_cms_of(given: list[Json]) -> Wish:
    """NCALayer's older way to a signature with a time stamp inside."""
    raise NoTimeStamp


def _digest_of(given: list[Json]) -> Wish:
    return _digests([fields.decoded(fields.text(_at(given, 2), "hash"), "hash")], write=_base64)


def _xml_of(given: list[Json]) -> Wish:
    """(storage, key type, document, XPath of what is signed, XPath of the signature's parent)"""
    return _xml([fields.text(_at(given, 2), "xml")], *_paths(given))


def _xmls_of(given: list[Json]) -> Wish:
    return _xml(fields.texts(_at(given, 2), "xmls"), *_paths(given))


def _paths(given: list[Json]) -> tuple[str, str]:
    return fields.text(_at(given, 3) or "", "xpath"), fields.text(_at(given, 4) or "", "xpath")


_WISHES: dict[str, Callable[[list[Json]], Wish]] = {
    "createCMSSignatureFromBase64": _stamped_cms_of,
    "createCAdESFromBase64": _cms_of,
    "createCAdESFromBase64Hash": _digest_of,
    "signXml": _xml_of,
    "signXmls": _xmls_of,
}
