import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from ca_core.x509 import keys
from ca_core.x509.keys import KeyKind
from tests.core.x509 import authorities


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048])
def test_key_at_rest_opens_with_its_secret(kind: KeyKind) -> None:
    key = authorities.key(kind)
    opened = keys.decrypt(keys.encrypt(key, b"a long secret"), b"a long secret")
    assert keys.public_der(opened.public_key()) == keys.public_der(key.public_key())
    assert keys.kind_of(opened.public_key()) is kind


@pytest.mark.parametrize("secret", [b"", b"another secret"])
def test_key_at_rest_stays_shut_without_it(secret: bytes) -> None:
    pem = keys.encrypt(authorities.key(KeyKind.EC_P256), b"a long secret")
    with pytest.raises(keys.KeyNotOpened):
        keys.decrypt(pem, secret)


def test_key_in_the_clear_is_refused() -> None:
    """A CA key lies encrypted or not at all."""
    clear = authorities.key(KeyKind.EC_P256).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(keys.KeyNotOpened):
        keys.decrypt(clear, b"a long secret")


def test_key_of_another_kind_is_refused() -> None:
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a long secret"),
    )
    with pytest.raises(keys.KeyNotOpened):
        keys.decrypt(pem, b"a long secret")


def test_garbage_is_no_key() -> None:
    with pytest.raises(keys.KeyNotOpened):
        keys.decrypt(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END", b"a long secret")
