"""Which hash goes with which key, and a signature over bytes that we assembled ourselves."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ca_core.x509 import der, oids
from ca_core.x509.keys import PrivateKey, PublicKey


def hash_for(key: PrivateKey | PublicKey) -> hashes.SHA256 | hashes.SHA384:
    """As strong as the curve, never weaker than SHA-256 (TS 119 312)."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and key.curve.key_size > 256:
        return hashes.SHA384()
    return hashes.SHA256()


def algorithm_identifier(key: PrivateKey) -> bytes:
    """AlgorithmIdentifier DER: ECDSA has no parameters (RFC 5758), RSA has NULL (RFC 4055)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return der.sequence(der.oid(oids.RSA_SHA256), der.NULL)
    strong = isinstance(hash_for(key), hashes.SHA384)
    return der.sequence(der.oid(oids.ECDSA_SHA384 if strong else oids.ECDSA_SHA256))


def sign(key: PrivateKey, *parts: bytes) -> bytes:
    """Sign the concatenation of the parts without ever building it."""
    algorithm = hash_for(key)
    digest = hashes.Hash(algorithm)
    for part in parts:
        digest.update(part)
    prehashed = utils.Prehashed(algorithm)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest.finalize(), padding.PKCS1v15(), prehashed)
    return key.sign(digest.finalize(), ec.ECDSA(prehashed))
