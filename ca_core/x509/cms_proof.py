"""What one signature of a signed file proves by itself (RFC 5652, 5.4 and 5.6): that a key signed this document.

Whose key that is, and whether the certificate was good, is for `revocation.signed_file` to say.
"""

from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca_core.x509 import cms
from ca_core.x509.cms import Signer

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
# As strong as RSA of 2048 bits (NIST SP 800-57, part 1, 5.6.1).
_LEAST_CURVE_BITS = 224


class Integrity(StrEnum):
    """What one signature proves by itself."""

    INTACT = "intact"
    ALTERED = "altered"
    # Nothing is wrong, and nothing proven:
    DOCUMENT_MISSING = "document_missing"
    CERTIFICATE_MISSING = "certificate_missing"
    UNSUPPORTED = "unsupported"
    WEAK = "weak"


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


def _is_the_content(signer: Signer, content: bytes, content_type: str, algorithm: _Hash) -> bool:
    if not signer.attributes:
        return content_type == cms.DATA and not cms.are_attributes(content)
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return signer.content_type == content_type and signer.message_digest == digest.finalize()


def _verified(signer: Signer, signed: bytes, certificate: x509.Certificate, digest: _Hash) -> Integrity:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return _by_rsa(key, signer, signed, digest)
        if isinstance(key, ec.EllipticCurvePublicKey) and signer.signature_algorithm in _ECDSA:
            if key.curve.key_size < _LEAST_CURVE_BITS:
                return Integrity.WEAK
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
    if signer.signature_algorithm == cms.PSS:
        if not signer.pss_hash == signer.pss_mask_hash == signer.digest_algorithm:
            return Integrity.UNSUPPORTED
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.AUTO)
        key.verify(signer.signature, signed, pss, digest)
        return Integrity.INTACT
    if signer.signature_algorithm not in _RSA:
        return Integrity.UNSUPPORTED
    named = _RSA[signer.signature_algorithm]
    key.verify(signer.signature, signed, padding.PKCS1v15(), named or digest)
    return Integrity.INTACT
