"""Key pairs of the CA itself: made here, at rest only encrypted (PKCS#8, PBES2)."""

from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca_core.errors import Refusal

# What may sign: software keys, or any object with the same interface (a hardware module's key).
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class KeyKind(StrEnum):
    """The key pairs we make; the value is what a setting says."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"


class KeyNotOpened(Refusal):
    """The secret is wrong, or this is no encrypted private key of ours."""

    code = "key.not_opened"


_CURVES: dict[KeyKind, type[ec.SECP256R1] | type[ec.SECP384R1]] = {
    KeyKind.EC_P256: ec.SECP256R1,
    KeyKind.EC_P384: ec.SECP384R1,
}
_RSA_BITS = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072, KeyKind.RSA_4096: 4096}


def generate(kind: KeyKind) -> PrivateKey:
    """Make a key pair."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS[kind])


def kind_of(key: PublicKey) -> KeyKind:
    """The kind of a CA's key; a key that we would not make is a mistake of set-up."""
    if isinstance(key, rsa.RSAPublicKey):
        return KeyKind(f"rsa-{key.key_size}")
    return KeyKind(f"ec-p{key.curve.key_size}")


def encrypt(key: PrivateKey, secret: bytes) -> bytes:
    """PKCS#8 PEM that only `secret` opens."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret),
    )


def decrypt(pem: bytes, secret: bytes) -> PrivateKey:
    """Open what `encrypt` made. Raises KeyNotOpened; a key that lies there in the clear is refused too."""
    try:
        key = serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyNotOpened from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyNotOpened
    return key


def public_der(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
