"""A root, an issuing CA and a responder of each kind, made once a run; and plans with full defaults."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca_core.x509 import build, hierarchy, keys, lint, profiles
from ca_core.x509.build import Issuer, LeafPlan, PublicationUrls
from ca_core.x509.keys import KeyKind, PrivateKey
from ca_core.x509.ocsp import Responder
from ca_core.x509.subject import Subject

# Near enough for openssl, which has a clock of its own, and for a run a hundred years from now.
NOW = datetime.now(UTC).replace(microsecond=0)
BORN = NOW - timedelta(days=30)

ROOT_URLS = PublicationUrls(crl="http://ca.demo.kz/root.crl", ca_issuers="http://ca.demo.kz/root.cer")
ISSUING_URLS = PublicationUrls(
    crl="http://ca.demo.kz/issuing.crl",
    ca_issuers="http://ca.demo.kz/issuing.cer",
    ocsp="http://ocsp.demo.kz/",
    cps="http://ca.demo.kz/cps",
)
PERSON = Subject(surname="СЫНАҚОВА", given_name="ҮЛГІ", patronymic="СЫНАҚҚЫЗЫ", iin="990101400008")


@dataclass(frozen=True)
class Authority:
    """The whole house."""

    root: Issuer
    issuing: Issuer
    responder: Responder


def serial() -> int:
    return build.new_serial(secrets.token_bytes)


@cache
def key(kind: KeyKind) -> PrivateKey:
    """A subject's key; one of each kind is enough."""
    return keys.generate(kind)


@cache
def linter() -> lint.Linter:
    return lint.Linter()


def authority(choice: str = "ec") -> Authority:
    return _authority(choice)


@cache
def _authority(choice: str) -> Authority:
    kinds = hierarchy.CHOICES[choice]
    root = _root(kinds.root)
    issuing_key = keys.generate(kinds.issuing)
    issuing = hierarchy.make_issuing(
        root=root,
        public_key=issuing_key.public_key(),
        name=hierarchy.authority_name(common_name="DEMO Куәландырушы", organization="Қолтаңба DEMO"),
        serial=serial(),
        not_before=BORN,
    )
    issuer = Issuer(issuing, issuing_key, ISSUING_URLS)
    responder_key = keys.generate(kinds.responder)
    delegate = hierarchy.make_ocsp_responder(
        issuer=issuer,
        public_key=responder_key.public_key(),
        name=hierarchy.authority_name(common_name="DEMO OCSP", organization="Қолтаңба DEMO"),
        serial=serial(),
        not_before=BORN,
    )
    return Authority(root, issuer, Responder(delegate, responder_key, issuing))


def _root(kind: KeyKind) -> Issuer:
    root_key = keys.generate(kind)
    certificate = hierarchy.make_root(
        key=root_key,
        name=hierarchy.authority_name(common_name="DEMO Негізгі КО", organization="Қолтаңба DEMO"),
        serial=serial(),
        not_before=BORN,
    )
    return Issuer(certificate, root_key, ROOT_URLS)


def plan(kind: KeyKind = KeyKind.EC_P256, **different: Any) -> LeafPlan:
    """A signing certificate of a fictitious person; a test states what differs."""
    default = LeafPlan(
        profile=profiles.SIGNING,
        serial=serial(),
        subject=PERSON,
        public_key_der=keys.public_der(key(kind).public_key()),
        not_before=NOW - timedelta(hours=1),
        not_after=profiles.validity_end(NOW - timedelta(hours=1), years=1),
        method=profiles.IdentificationMethod.COUNTER,
    )
    return replace(default, **different)


def leaf(choice: str = "ec", **different: Any) -> x509.Certificate:
    return build.sign(plan(**different), issuer=authority(choice).issuing)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def request(kind: KeyKind = KeyKind.EC_P256, **different: Any) -> x509.CertificateSigningRequest:
    """A certification request that its own key signs."""
    signer = different.get("signer", key(kind))
    algorithm = different.get("algorithm", hashes.SHA256())
    return x509.CertificateSigningRequestBuilder(x509.Name([])).sign(signer, algorithm)
