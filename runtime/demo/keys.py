"""Private keys of fictitious people, so that a demo page can play the citizen's device. Demo mode only.

The key of a demo certificate is computed from the seed and the number of its first application; a key made
later on the demo phone rests in a file.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core.certificate import Certificate
from ca_core.identifiers import ApplicationId
from ca_core.x509 import csr
from runtime import settings as configuration
from runtime.settings import Settings

# SEC 2, 2.4.2: the order of P-256's base point.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# Bodies of demo applications lie in the first half of the range; the renewal of a certificate has its
# original's body plus this, so that both lead to the same key (R8).
FIRST_BODY = 1_000_000_000
BODIES = 3_000_000_000


@dataclass(frozen=True, slots=True)
class NewKey:
    key_id: bytes
    csr_pem: str


def renewal_of(number: ApplicationId) -> ApplicationId:
    """The number of the demo application that extends this one's certificate."""
    return ApplicationId.form(_first_body(number) + BODIES)


def derive(seed: int, number: ApplicationId) -> ec.EllipticCurvePrivateKey:
    """The key of a demo certificate; a renewal has its original's."""
    source = f"qoltanba demo key {seed} {_first_body(number)}".encode()
    wide = int.from_bytes(hashlib.sha512(source).digest(), "big")
    return ec.derive_private_key(wide % (_ORDER - 1) + 1, ec.SECP256R1())


def key_for(settings: Settings, certificate: Certificate) -> ec.EllipticCurvePrivateKey | None:
    """The certified key where the demo has it. Raises SettingRefused outside demo mode."""
    configuration.refuse_printed_codes(settings)
    path = _folder(settings) / f"{certificate.key_id.hex()}.pem"
    if path.exists():
        kept = serialization.load_pem_private_key(path.read_bytes(), None)
        return kept if isinstance(kept, ec.EllipticCurvePrivateKey) else None
    derived = derive(settings.demo_seed, ApplicationId.of(certificate.application_id))
    return derived if key_id(derived) == certificate.key_id else None


def make(settings: Settings) -> NewKey:
    """A new key, kept for `key_for`, and its request (PKCS#10). Raises SettingRefused outside demo mode."""
    configuration.refuse_printed_codes(settings)
    key = ec.generate_private_key(ec.SECP256R1())
    _keep(_folder(settings), key)
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    return NewKey(csr.check(pem).key_id, pem.decode())


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """As certificates and applications keep it."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest


def _first_body(number: ApplicationId) -> int:
    body = int(number.digits[:10])
    return body - BODIES if body >= FIRST_BODY + BODIES else body


def _folder(settings: Settings) -> Path:
    return settings.var_dir / "demo" / "keys"


def _keep(folder: Path, key: ec.EllipticCurvePrivateKey) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{key_id(key).hex()}.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            # In the clear: nobody's key, in a mode that refuses real people.
            serialization.NoEncryption(),
        )
    )
