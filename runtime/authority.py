"""The CA's own keys and certificates on disk: made once by `ca init`, opened by the processes that may.

Keys rest encrypted in `keys_dir`, each with its own file; the job runner opens the issuing key, the portal the
OCSP key, nobody else any. What the world may fetch lies in `var/public`.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_core.errors import Refusal
from ca_core.x509 import build, crl, hierarchy, keys, ocsp
from ca_core.x509.build import Issuer, PublicationUrls
from runtime import settings as configuration
from runtime.files import write_atomically
from runtime.settings import DEVELOPMENT_MARK, Settings

ROOT_LIST_VALIDITY = timedelta(days=180)
# A clock that is slightly behind must not find a certificate from the future.
_BACKDATE = timedelta(minutes=1)


class AuthorityExists(Refusal):
    """There is a CA already; a second one never replaces it."""

    code = "ca.exists"


class AuthorityMissing(Refusal):
    """`qoltanba ca init` was not run here."""

    code = "ca.missing"


@dataclass(frozen=True, slots=True)
class Names:
    """The authorities' distinguished names; they say DEMO unless set otherwise."""

    organization: str = "Qoltanba DEMO"
    root: str = "DEMO НЕГІЗГІ КО (SPECIMEN)"
    issuing: str = "DEMO ҰКО (SPECIMEN)"
    responder: str = "DEMO OCSP (SPECIMEN)"


@dataclass(frozen=True, slots=True)
class Hierarchy:
    root: x509.Certificate
    issuing: x509.Certificate
    responder: x509.Certificate


def public_dir(configured: Settings) -> Path:
    return configured.var_dir / "public"


def exists(configured: Settings) -> bool:
    return (configured.keys_dir / "authority.json").exists()


def urls_of(base: str) -> tuple[PublicationUrls, PublicationUrls]:
    """Addresses that go into certificates: the root's, and the issuing CA's."""
    root = PublicationUrls(crl=f"{base}/crl/root.crl", ca_issuers=f"{base}/ca/root.cer")
    issuing = PublicationUrls(
        crl=f"{base}/crl/issuing.crl",
        ca_issuers=f"{base}/ca/issuing.cer",
        ocsp=f"{base}/ocsp",
        cps=f"{base}/cps",
    )
    return root, issuing


def init(
    configured: Settings, *, names: Names, algorithm: str, now: datetime, since: datetime | None = None
) -> Hierarchy:
    """Makes root, issuing CA and OCSP responder and publishes the root's list. Raises AuthorityExists.

    `since` lets the demo's authorities be older than the certificates of its past. The file that says that
    the CA exists is written last: an interrupted `ca init` can be run again.
    """
    if exists(configured):
        raise AuthorityExists
    kinds = hierarchy.CHOICES[algorithm]
    root_urls, issuing_urls = urls_of(configured.public_base_url.rstrip("/"))
    ca_secret = configuration.read_secret(configured.issuing_secret_file, setting="issuing_secret_file")
    ocsp_secret = configuration.read_secret(configured.ocsp_secret_file, setting="ocsp_secret_file")
    root_key, issuing_key, ocsp_key = (keys.generate(k) for k in (kinds.root, kinds.issuing, kinds.responder))
    not_before = since or now - _BACKDATE
    root = hierarchy.make_root(
        key=root_key, name=_name(names, names.root), serial=_serial(), not_before=not_before
    )
    as_root = Issuer(root, root_key, root_urls)
    issuing = hierarchy.make_issuing(
        root=as_root, public_key=issuing_key.public_key(), name=_name(names, names.issuing),
        serial=_serial(), not_before=not_before,
    )  # fmt: skip
    as_issuing = Issuer(issuing, issuing_key, issuing_urls)
    responder = hierarchy.make_ocsp_responder(
        issuer=as_issuing, public_key=ocsp_key.public_key(), name=_name(names, names.responder),
        serial=_serial(), not_before=now - _BACKDATE,
    )  # fmt: skip
    made = Hierarchy(root, issuing, responder)
    _write_keys(configured, (root_key, issuing_key, ocsp_key), ca_secret, ocsp_secret)
    _write_certificates(configured, made)
    publish_root_list(configured, as_root, number=1, now=now)
    marks = {"base": configured.public_base_url.rstrip("/"), "algorithm": algorithm}
    write_atomically(configured.keys_dir / "authority.json", json.dumps(marks, indent=1).encode())
    return made


def _name(names: Names, common_name: str) -> x509.Name:
    return hierarchy.authority_name(common_name=common_name, organization=names.organization)


def _serial() -> int:
    return build.new_serial(secrets.token_bytes)


def _write_keys(
    configured: Settings, made: tuple[keys.PrivateKey, ...], ca_secret: bytes, ocsp_secret: bytes
) -> None:
    folder = configured.keys_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets_of = (("root", ca_secret), ("issuing", ca_secret), ("ocsp", ocsp_secret))
    for (name, secret), key in zip(secrets_of, made, strict=True):
        path = folder / f"{name}.key"
        write_atomically(path, keys.encrypt(key, secret), mode=0o600)
    if configured.is_demo:
        (folder / DEVELOPMENT_MARK).touch()


def _write_certificates(configured: Settings, made: Hierarchy) -> None:
    folder = public_dir(configured)
    folder.mkdir(parents=True, exist_ok=True)
    der = serialization.Encoding.DER
    write_atomically(folder / "root.cer", made.root.public_bytes(der))
    write_atomically(folder / "issuing.cer", made.issuing.public_bytes(der))
    write_atomically(configured.keys_dir / "ocsp.cer", made.responder.public_bytes(der))


def publish_root_list(configured: Settings, root: Issuer, *, number: int, now: datetime) -> bytes:
    """The root revoked nobody, and says so in a list of its own, or its issuing CA could not be checked."""
    listed = crl.assemble(
        [], issuer=root, number=number, this_update=now, next_update=now + ROOT_LIST_VALIDITY
    )
    crl.check(listed, issuer_certificate=root.certificate, previous_number=None, now=now)
    write_atomically(public_dir(configured) / "root.crl", listed)
    return listed


def certificates(configured: Settings) -> Hierarchy:
    """Raises AuthorityMissing."""
    if not exists(configured):
        raise AuthorityMissing
    folder = public_dir(configured)
    paths = (folder / "root.cer", folder / "issuing.cer", configured.keys_dir / "ocsp.cer")
    return Hierarchy(*(x509.load_der_x509_certificate(path.read_bytes()) for path in paths))


def _urls(configured: Settings) -> tuple[PublicationUrls, PublicationUrls]:
    marks = json.loads((configured.keys_dir / "authority.json").read_text())
    return urls_of(str(marks["base"]))


def _open(configured: Settings, name: str, secret_file: Path, setting: str) -> keys.PrivateKey:
    secret = configuration.read_secret(secret_file, setting=setting)
    return keys.decrypt((configured.keys_dir / f"{name}.key").read_bytes(), secret)


def issuer(configured: Settings) -> Issuer:
    """The issuing CA with its key: for the job runner alone. Raises AuthorityMissing, KeyNotOpened."""
    certificate = certificates(configured).issuing
    key = _open(configured, "issuing", configured.issuing_secret_file, "issuing_secret_file")
    return Issuer(certificate, key, _urls(configured)[1])


def root_issuer(configured: Settings) -> Issuer:
    """The root with its key: for `ca init` and the root's list. Raises AuthorityMissing, KeyNotOpened."""
    certificate = certificates(configured).root
    key = _open(configured, "root", configured.issuing_secret_file, "issuing_secret_file")
    return Issuer(certificate, key, _urls(configured)[0])


def responder(configured: Settings) -> ocsp.Responder:
    """The delegated responder with its key: for the portal. Raises AuthorityMissing, KeyNotOpened."""
    made = certificates(configured)
    key = _open(configured, "ocsp", configured.ocsp_secret_file, "ocsp_secret_file")
    return ocsp.Responder(certificate=made.responder, key=key, issuer=made.issuing)
