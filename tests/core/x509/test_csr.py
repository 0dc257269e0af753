import base64
import math

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ca_core.errors import Refusal
from ca_core.x509 import csr, der, keys, oids, weak_keys
from ca_core.x509.keys import KeyKind
from tests.core.x509 import authorities

DER = Encoding.DER


def unproven(spki: bytes) -> bytes:
    """A request for any key, signed by nobody: what is refused before possession is looked at."""
    info = der.sequence(der.integer(0), der.sequence(), spki, der.explicit(0))
    return der.sequence(info, der.sequence(der.oid(oids.RSA_SHA256), der.NULL), der.bits(bytes(256)))


def rsa_spki(modulus: int, exponent: int = 65537) -> bytes:
    numbers = der.sequence(der.integer(modulus), der.integer(exponent))
    algorithm = der.sequence(der.oid(x509.ObjectIdentifier("1.2.840.113549.1.1.1")), der.NULL)
    return der.sequence(algorithm, der.bits(numbers))


def next_prime(start: int) -> int:
    """The first probable prime from `start` on (Fermat to base 2: enough to make a bad key with)."""
    candidate = start | 1
    while pow(2, candidate - 1, candidate) != 1:
        candidate += 2
    return candidate


def strong_modulus() -> int:
    key = authorities.key(KeyKind.RSA_2048)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key().public_numbers().n


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [(KeyKind.EC_P256, "EC-P256"), (KeyKind.EC_P384, "EC-P384"), (KeyKind.RSA_2048, "RSA-2048")],
)
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_possessed_key_is_taken(kind: KeyKind, algorithm: str, encoding: Encoding) -> None:
    checked = csr.check(authorities.request(kind).public_bytes(encoding))
    public = authorities.key(kind).public_key()
    assert checked.public_key_der == keys.public_der(public)
    assert checked.key_algorithm == algorithm
    assert checked.key_id == x509.SubjectKeyIdentifier.from_public_key(public).digest


def test_pem_of_old_tools_and_blank_lines_are_read() -> None:
    body = base64.encodebytes(authorities.request().public_bytes(DER))
    label = b"NEW CERTIFICATE REQUEST-----"
    assert csr.check(b"\r\n-----BEGIN " + label + b"\r\n" + body + b"-----END " + label + b"\n\n")


def test_request_for_somebody_elses_key_is_refused() -> None:
    """RFC 2986, 3: the signature proves that the applicant holds the key."""
    mine, theirs = authorities.key(KeyKind.EC_P256), ec.generate_private_key(ec.SECP256R1())
    raw = authorities.request(signer=mine).public_bytes(DER)
    point = {"encoding": Encoding.X962, "format": PublicFormat.UncompressedPoint}
    swapped = raw.replace(mine.public_key().public_bytes(**point), theirs.public_key().public_bytes(**point))
    assert swapped != raw
    with pytest.raises(csr.CsrNotPossessed):
        csr.check(swapped)


def test_signature_with_sha1_is_refused() -> None:
    """SHA-256 becomes SHA-1 in the request: it is named weak before anybody verifies it."""
    raw = authorities.request(KeyKind.RSA_2048).public_bytes(DER)
    sha1 = der.oid(x509.ObjectIdentifier("1.2.840.113549.1.1.5"))
    with pytest.raises(csr.CsrSignatureWeak):
        csr.check(raw.replace(der.oid(oids.RSA_SHA256), sha1))


def test_signature_with_md5_is_refused() -> None:
    raw = authorities.request(KeyKind.RSA_2048).public_bytes(DER)
    md5 = der.oid(x509.ObjectIdentifier("1.2.840.113549.1.1.4"))
    with pytest.raises((csr.CsrSignatureWeak, csr.CsrNotPossessed)):
        csr.check(raw.replace(der.oid(oids.RSA_SHA256), md5))


def test_key_of_another_kind_is_refused() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(csr.KeyNotAllowed):
        csr.check(authorities.request(signer=key, algorithm=None).public_bytes(DER))


@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP256K1(), ec.SECP521R1(), ec.BrainpoolP256R1()])
def test_other_curves_are_refused(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    with pytest.raises(csr.KeyNotAllowed):
        csr.check(authorities.request(signer=key).public_bytes(DER))


def test_point_off_the_curve_is_refused() -> None:
    key = authorities.key(KeyKind.EC_P256).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    moved = point[:-1] + bytes([point[-1] ^ 1])
    raw = authorities.request().public_bytes(DER).replace(point, moved)
    with pytest.raises(csr.CsrMalformed):
        csr.check(raw)


@pytest.mark.parametrize("bits", [1024, 2040, 8200])
def test_rsa_of_another_size_is_refused(bits: int) -> None:
    with pytest.raises(csr.KeyNotAllowed):
        csr.check(unproven(rsa_spki((1 << bits) - 105)))


@pytest.mark.parametrize("exponent", [3, 17, 65535, 65538, (1 << 300) + 1])
def test_rsa_exponent_out_of_range_is_refused(exponent: int) -> None:
    """SP 800-56B, 6.2: odd, from 65537 to 256 bits."""
    assert weak_keys.rsa_defect(modulus=strong_modulus(), exponent=exponent) == "exponent"


def test_small_factor_is_found() -> None:
    prime = next_prime(1 << 2033)
    with pytest.raises(csr.KeyTooWeak) as refused:
        csr.check(unproven(rsa_spki(65521 * prime)))
    assert refused.value.detail == "small_factor"


def test_close_factors_are_found() -> None:
    first = next_prime(3 << 1022)
    second = next_prime(first + (1 << 500))
    with pytest.raises(csr.KeyTooWeak) as refused:
        csr.check(unproven(rsa_spki(first * second)))
    assert refused.value.detail == "close_primes"


def test_roca_key_is_found() -> None:
    """CVE-2017-15361: primes of the form k*M + 65537^a mod M."""
    primorial = math.prod(p for p in range(2, 702) if all(p % d for d in range(2, p)))

    def broken(power: int, start: int) -> int:
        candidate = start * primorial + pow(65537, power, primorial)
        while pow(2, candidate - 1, candidate) != 1:
            candidate += primorial
        return candidate

    bits = 1024 - primorial.bit_length()
    modulus = broken(1234, 7 << (bits - 3)) * broken(98765, 13 << (bits - 4))
    assert modulus.bit_length() in (2047, 2048)
    assert weak_keys.rsa_defect(modulus=modulus, exponent=65537) == "roca"


def test_good_rsa_keys_have_no_defect() -> None:
    assert weak_keys.rsa_defect(modulus=strong_modulus(), exponent=65537) is None


def test_request_of_more_than_16_kib_is_refused() -> None:
    with pytest.raises(csr.CsrTooLarge):
        csr.check(bytes(csr.SIZE_LIMIT_BYTES + 1))


_GOOD = authorities.request().public_bytes(DER)
_GOOD_RSA = authorities.request(KeyKind.RSA_2048).public_bytes(DER)


def only_refusals(raw: bytes) -> None:
    try:
        csr.check(raw)
    except Refusal:
        return


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
@example(b"")
@example(b"-----BEGIN CERTIFICATE REQUEST-----\n=\n-----END CERTIFICATE REQUEST-----")
@example(b"\x30\x80")
def test_garbage_is_refused_and_nothing_else(raw: bytes) -> None:
    only_refusals(raw)


def test_request_of_an_unknown_version_is_malformed() -> None:
    """RFC 2986, 4.1: version is v1(0)."""
    with pytest.raises(csr.CsrMalformed):
        csr.check(_GOOD.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from([_GOOD, _GOOD_RSA]), st.data())
def test_damaged_requests_are_refused_and_nothing_else(raw: bytes, data: st.DataObject) -> None:
    """Flipped, cut and lengthened octets of good requests: a Refusal or the same key, never another error."""
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(raw), len(raw) - 1, len(raw) // 2]))
    only_refusals(bytes(damaged[:end]) + data.draw(st.binary(max_size=3)))


def test_hash_of_request_is_not_taken_from_a_longer_family() -> None:
    """SHA-384 and SHA-512 are as welcome as SHA-256."""
    for algorithm in (hashes.SHA384(), hashes.SHA512()):
        assert csr.check(authorities.request(algorithm=algorithm).public_bytes(DER))
