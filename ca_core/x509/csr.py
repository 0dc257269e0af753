"""A certification request (PKCS#10, RFC 2986): the applicant has the key, and the key is good.

Nothing but the key is taken from the request: names and purposes come from the register and the
profile. Checks run from cheap to dear: size, syntax, kind, strength, possession.
"""

import binascii
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca_core.errors import Refusal
from ca_core.x509 import keys, weak_keys

SIZE_LIMIT_BYTES = 16 * 1024

_PEM = re.compile(
    rb"\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)"
    rb"-----END (?:NEW )?CERTIFICATE REQUEST-----\s*"
)
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_CURVES = (ec.SECP256R1, ec.SECP384R1)


class CsrTooLarge(Refusal):
    """More than 16 KiB is no request for one certificate."""

    code = "csr.too_large"


class CsrMalformed(Refusal):
    """This is not a certification request, or its key is not a point on its curve."""

    code = "csr.malformed"


class CsrNotPossessed(Refusal):
    """The request is not signed by the key that it is about."""

    code = "csr.not_possessed"


class CsrSignatureWeak(Refusal):
    """The request is signed with a hash that proves nothing any more."""

    code = "csr.signature_weak"


class KeyNotAllowed(Refusal):
    """Only RSA of 2048 to 8192 bits and EC on P-256 or P-384 are certified."""

    code = "csr.key_not_allowed"


class KeyTooWeak(Refusal):
    """Somebody else can find this private key; `detail` says by which defect."""

    code = "csr.key_too_weak"

    def __init__(self, *, detail: str) -> None:
        super().__init__(detail=detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """A key that may be certified. `key_id` is SHA-1 over the key's bits: equal keys, equal ids."""

    public_key_der: bytes
    key_algorithm: str
    key_id: bytes


def check(raw: bytes) -> CertificationRequest:
    """The key of a PEM or DER request, possessed and strong; any other input is refused.

    Raises CsrTooLarge, CsrMalformed, KeyNotAllowed, KeyTooWeak, CsrSignatureWeak, CsrNotPossessed.
    """
    request = _parse(raw)
    key = _public_key(request)
    if isinstance(key, rsa.RSAPublicKey):
        _require_strong_rsa(key)
    _require_possession(request)
    return CertificationRequest(
        public_key_der=keys.public_der(key),
        key_algorithm=_algorithm(key),
        key_id=x509.SubjectKeyIdentifier.from_public_key(key).digest,
    )


def _parse(raw: bytes) -> x509.CertificateSigningRequest:
    if len(raw) > SIZE_LIMIT_BYTES:
        raise CsrTooLarge(size_bytes=len(raw), limit_bytes=SIZE_LIMIT_BYTES)
    armoured = _PEM.fullmatch(raw)
    try:
        der = binascii.a2b_base64(armoured.group(1)) if armoured else raw
        return x509.load_der_x509_csr(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CsrMalformed from error


def _public_key(request: x509.CertificateSigningRequest) -> keys.PublicKey:
    try:
        key = request.public_key()
    except UnsupportedAlgorithm as error:
        raise KeyNotAllowed(kind="unknown") from error
    except ValueError as error:
        raise CsrMalformed from error
    if isinstance(key, rsa.RSAPublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    raise KeyNotAllowed(kind=key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else "other")


def _require_strong_rsa(key: rsa.RSAPublicKey) -> None:
    if not 2048 <= key.key_size <= 8192:
        raise KeyNotAllowed(kind=f"rsa-{key.key_size}")
    numbers = key.public_numbers()
    defect = weak_keys.rsa_defect(modulus=numbers.n, exponent=numbers.e)
    if defect is not None:
        raise KeyTooWeak(detail=defect)


def _require_possession(request: x509.CertificateSigningRequest) -> None:
    try:
        if not isinstance(request.signature_hash_algorithm, _HASHES):
            raise CsrSignatureWeak
        valid = request.is_signature_valid
    except (UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise CsrNotPossessed from error
    if not valid:
        raise CsrNotPossessed


def _algorithm(key: keys.PublicKey) -> str:
    """RSA-2048, EC-P256: for lists and statistics."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return f"EC-P{key.curve.key_size}"
