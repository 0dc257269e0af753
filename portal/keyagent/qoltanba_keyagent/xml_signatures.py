"""Enveloped XML signatures as NCALayer makes them: inclusive C14N, SHA-256, the certificate in KeyInfo.

What is signed comes from a site: no document type, no entity, nothing is fetched.
"""

import re
import secrets

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner

from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.refusals import XmlRefused

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
SIZE_LIMIT_BYTES = 16 * 1024 * 1024
# Steps, each with one plain condition at most: /order/item, //item, //*[@Id='a'], //b[2]. What a site could nest or
# count would keep this program busy for ever.
_STEP = r"""/{0,2}[\w.:*\-]+(\[(\d{1,6}|@?[\w.:\-]+(\s?=\s?('[^'"\[\]]*'|"[^'"\[\]]*"))?)\])?"""
_PATH = re.compile(rf"({_STEP}){{1,12}}|/|\.")
_PATH_LIMIT = 300
# The spellings under which programs look for the element that a signature names.
_IDS = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")


def sign(held: KeyWithCertificate, document: str, *, signed: str = "", under: str = "") -> str:
    """The document with its signature.

    `signed` is the XPath of the one element to sign instead of the whole (it gets an Id when it has none), `under`
    that of the element which the signature becomes a child of. Raises XmlRefused.
    """
    root = _parsed(document)
    reference = None
    if signed:
        element = _one(root, signed)
        if element.get("Id") is None:
            element.set("Id", f"signed-{secrets.token_hex(8)}")
        reference = f"#{_only(root, element.get('Id') or '')}"
    if under:
        etree.SubElement(_one(root, under), _SIGNATURE, Id="placeholder")
    method = SignatureMethod.RSA_SHA256
    if not isinstance(held.key, rsa.RSAPrivateKey):
        method = SignatureMethod.ECDSA_SHA256
    signer = XMLSigner(signature_algorithm=method, c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0)
    try:
        done = signer.sign(root, key=held.key, cert=[held.certificate], reference_uri=reference)
    # A signature's place or name that the document has twice.
    except SignXMLException as error:
        raise XmlRefused from error
    written: bytes = etree.tostring(done, encoding="UTF-8", xml_declaration=True, standalone=False)
    return written.decode()


def require_signable(document: str, *, signed: str = "", under: str = "") -> None:
    """Before anybody is asked for a password. Raises XmlRefused."""
    root = _parsed(document)
    for path in filter(None, (signed, under)):
        _one(root, path)


def _parsed(document: str) -> etree._Element:
    if len(document) > SIZE_LIMIT_BYTES:
        raise XmlRefused
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document.encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        raise XmlRefused from error
    if root.getroottree().docinfo.doctype:
        raise XmlRefused
    return root


def _only(root: etree._Element, name: str) -> str:
    """A name that one element bears, in whatever spelling: two would let a reader take the other for the signed one."""
    bearers = sum(
        name in {element.get(spelling) for spelling in _IDS} for element in root.iter(etree.Element)
    )
    if not name or bearers != 1:
        raise XmlRefused
    return name


def _one(root: etree._Element, path: str) -> etree._Element:
    if len(path) > _PATH_LIMIT or not _PATH.fullmatch(path):
        raise XmlRefused
    try:
        found = root.xpath(path)
    except etree.XPathError as error:
        raise XmlRefused from error
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], etree._Element):
        raise XmlRefused
    return found[0]
