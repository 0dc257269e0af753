"""A signed file is read as other programs write it; whatever was changed in it is noticed (RFC 5652)."""

import base64
import hashlib
import os
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca_core.x509 import ber, build, cms, cms_proof, der, keys
from ca_core.x509.cms import SignedFile
from ca_core.x509.cms_proof import Integrity
from ca_core.x509.keys import KeyKind, PrivateKey
from tests.core.x509 import authorities
from tests.core.x509.signed_files import DOCUMENT, openssl_verifies, signed

pytestmark = pytest.mark.judge
HOUSE = authorities.authority()


def identity(kind: KeyKind = KeyKind.EC_P256) -> tuple[x509.Certificate, PrivateKey]:
    key = authorities.key(kind)
    plan = authorities.plan(kind, public_key_der=keys.public_der(key.public_key()))
    return build.sign(plan, issuer=HOUSE.issuing), key


def judged(found: SignedFile, content: bytes | None = None) -> list[Integrity]:
    given = found.content if content is None else content
    return [
        cms_proof.prove(
            signer,
            content=given,
            content_type=found.content_type,
            certificate=cms.certificate_of(found, signer),
        )
        for signer in found.signers
    ]


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048])
@pytest.mark.parametrize(
    "switches",
    [
        (),
        ("-stream",),
        ("-cades",),
        ("-keyid",),
        ("-noattr",),
        ("-md", "sha512"),
        ("-md", "sha384", "-stream"),
    ],
    ids="-".join,
)
def test_an_attached_file_is_read_and_proven(kind: KeyKind, switches: tuple[str, ...]) -> None:
    found = cms.read(signed(identity(kind), switches=switches))
    assert found.content == DOCUMENT
    assert judged(found) == [Integrity.INTACT]
    assert (found.signers[0].claimed_at is None) is ("-noattr" in switches)


def test_pss_is_proven() -> None:
    raw = signed(identity(KeyKind.RSA_2048), switches=("-keyopt", "rsa_padding_mode:pss"))
    assert judged(cms.read(raw)) == [Integrity.INTACT]


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_a_detached_file_needs_its_document(form: str) -> None:
    found = cms.read(signed(identity(), detached=True, form=form))
    assert found.content is None
    assert judged(found) == [Integrity.DOCUMENT_MISSING]
    assert judged(found, DOCUMENT) == [Integrity.INTACT]
    assert judged(found, DOCUMENT + b"!") == [Integrity.ALTERED]


def test_bare_base64_is_read_as_key_programs_hand_it_over() -> None:
    found = cms.read(base64.encodebytes(signed(identity())))
    assert judged(found) == [Integrity.INTACT]


def test_another_librarys_file_is_proven() -> None:
    certificate, key = identity()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DOCUMENT).add_signer(certificate, key, hashes.SHA256())
    assert judged(cms.read(builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary]))) == [Integrity.INTACT]


def test_several_signers_are_each_judged() -> None:
    found = cms.read(signed(identity(), identity(KeyKind.RSA_2048), identity(KeyKind.EC_P384)))
    assert judged(found) == [Integrity.INTACT] * 3


@pytest.mark.parametrize("switches", [(), ("-noattr",), ("-cades",)], ids="-".join)
def test_no_changed_octet_goes_unnoticed(switches: tuple[str, ...]) -> None:
    """Refused, not proven, in the certificate (its issuer's signature tells), or in what nobody signs."""
    certificate, key = identity()
    raw = signed((certificate, key), document=b"one hundred tenge", switches=switches)
    passed = []
    for at in range(0, len(raw), 3):
        changed = raw[:at] + bytes([raw[at] ^ 0x01]) + raw[at + 1 :]
        try:
            found = cms.read(changed)
        except (cms.SignedFileUnreadable, cms.SignedFileUnsigned):
            continue
        if judged(found) == [Integrity.INTACT] and found.certificates == (certificate,):
            passed.append(at)
            assert found.content == b"one hundred tenge"
    # The version, and the list of digests that only hurries a reader along.
    version = raw.index(b"\x02\x01\x01", 900)
    assert all(at < 42 or version <= at < version + 3 for at in passed), passed


def test_the_judge_agrees_on_good_and_on_changed() -> None:
    raw = signed(identity(), detached=True)
    chain = (HOUSE.root.certificate, HOUSE.issuing.certificate)
    assert openssl_verifies(raw, *chain, document=DOCUMENT)
    assert not openssl_verifies(raw, *chain, document=DOCUMENT + b"!")


def test_a_certificate_that_was_put_in_anothers_place_is_noticed() -> None:
    """RFC 5035, 2: a renewal has the same key, and only the named digest tells which was meant."""
    certificate, key = identity()
    twin = build.sign(
        authorities.plan(
            serial=certificate.serial_number,
            not_after=authorities.NOW + timedelta(days=700),
            public_key_der=keys.public_der(key.public_key()),
        ),
        issuer=HOUSE.issuing,
    )
    found = cms.read(signed((certificate, key), switches=("-cades",)))
    swapped = replace(found, certificates=(twin,))
    assert judged(swapped) == [Integrity.ALTERED]


def test_attributes_cut_off_and_handed_in_as_the_document_prove_nothing() -> None:
    found = cms.read(signed(identity()))
    (signer,) = found.signers
    cut = replace(signer, attributes=b"", message_digest=b"")
    proof = cms_proof.prove(
        cut,
        content=signer.attributes,
        content_type=found.content_type,
        certificate=cms.certificate_of(found, signer),
    )
    assert proof is Integrity.ALTERED


def test_broken_hashes_and_short_keys_prove_nothing() -> None:
    assert judged(cms.read(signed(identity(KeyKind.RSA_2048), switches=("-md", "sha1")))) == [Integrity.WEAK]
    short: list[PrivateKey] = [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP192R1())]
    for key in short:
        assert judged(cms.read(signed((_self_signed(key), key)))) == [Integrity.WEAK]


@pytest.mark.parametrize("beginning", [b"1. The parties agree", b"1\x00", b"1"])
def test_a_document_that_begins_like_attributes_is_a_document(beginning: bytes) -> None:
    """The digit 1 is the tag of a SET: an honest text that begins with it is not taken for attributes cut off."""
    raw = signed(identity(), document=beginning, switches=("-noattr",))
    assert judged(cms.read(raw)) == [Integrity.INTACT]


def by_hand(*attributes: bytes, unsigned: tuple[bytes, ...] = ()) -> bytes:
    """SignedData with these signed attributes, really signed, in the order given."""
    certificate, key = identity()
    data, sha256 = (
        der.oid(_oid("1.2.840.113549.1.7.1")),
        der.sequence(der.oid(_oid("2.16.840.1.101.3.4.2.1"))),
    )
    signature = key.sign(der.tlv(0x31, *attributes), ec.ECDSA(hashes.SHA256()))  # type: ignore[union-attr,call-arg,arg-type]  # it is an EC key
    sid = der.sequence(cms.issuer_name(certificate), der.integer(certificate.serial_number))
    info = der.sequence(
        der.integer(1),
        sid,
        sha256,
        der.tlv(0xA0, *attributes),
        der.sequence(der.oid(_oid("1.2.840.10045.4.3.2"))),
        der.octets(signature),
        *((der.tlv(0xA1, *unsigned),) if unsigned else ()),
    )
    body = der.sequence(
        der.integer(1),
        der.tlv(0x31, sha256),
        der.sequence(data, der.explicit(0, der.octets(DOCUMENT))),
        der.tlv(0xA0, authorities.der(certificate)),
        der.tlv(0x31, info),
    )
    return der.sequence(der.oid(_oid("1.2.840.113549.1.7.2")), der.explicit(0, body))


def attribute(kind: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(_oid(f"1.2.840.113549.1.9.{kind}")), der.tlv(0x31, *values))


_oid = x509.ObjectIdentifier
TYPE = attribute("3", der.oid(_oid("1.2.840.113549.1.7.1")))
GOOD, OTHER = (der.octets(hashlib.sha256(one).digest()) for one in (DOCUMENT, b"other"))


def test_two_values_of_an_attribute_could_be_read_in_two_ways() -> None:
    """RFC 5652, 11.2: one value; the judge refuses these too."""
    assert judged(cms.read(by_hand(TYPE, attribute("4", GOOD)))) == [Integrity.INTACT]
    chain = (HOUSE.root.certificate, HOUSE.issuing.certificate)
    for twice in (
        [attribute("4", GOOD, OTHER)],
        [attribute("4", OTHER, GOOD)],
        [attribute("4", GOOD), attribute("4", OTHER)],
    ):
        raw = by_hand(TYPE, *twice)
        assert not openssl_verifies(raw, *chain, document=DOCUMENT)
        with pytest.raises(cms.SignedFileUnreadable):
            cms.read(raw)


@pytest.mark.parametrize("attributes", [(), (TYPE,), (attribute("4", GOOD),), (TYPE, attribute("4", OTHER))])
def test_attributes_that_do_not_name_the_document_prove_nothing(attributes: tuple[bytes, ...]) -> None:
    """RFC 5652, 5.3: with attributes there must be the type and the digest of the content."""
    assert judged(cms.read(by_hand(*attributes))) == [Integrity.ALTERED]


def test_countersignatures_may_come_several_times() -> None:
    """RFC 5652, 11.4; they are unsigned, and say nothing about the signature here."""
    again = attribute("6", der.sequence(), der.sequence())
    raw = by_hand(TYPE, attribute("4", GOOD), unsigned=(again, again))
    assert judged(cms.read(raw)) == [Integrity.INTACT]


def test_pss_with_another_mask_is_unsupported_not_altered() -> None:
    raw = signed(
        identity(KeyKind.RSA_2048),
        switches=("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512"),
    )
    assert judged(cms.read(raw)) == [Integrity.UNSUPPORTED]


def test_a_monstrous_certificate_is_left_out() -> None:
    """Each of twenty signers would have it searched and drawn."""
    key = authorities.key(KeyKind.EC_P256)
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x" * 60)] * (cms.CERTIFICATE_LIMIT_BYTES // 60)
    )
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(authorities.BORN)
    monster = builder.not_valid_after(authorities.NOW + timedelta(days=9)).sign(key, hashes.SHA256())
    assert judged(cms.read(signed((monster, key)))) == [Integrity.CERTIFICATE_MISSING]


def test_an_unknown_algorithm_proves_nothing() -> None:
    """GOST R 34.10-2015, for example: neither good nor bad."""
    found = cms.read(signed(identity()))
    for unknown in (
        {"digest_algorithm": "1.2.398.3.10.1.3.3"},
        {"signature_algorithm": "1.2.398.3.10.1.1.2.3.1"},
    ):
        strange = replace(found, signers=(replace(found.signers[0], **unknown),))
        assert judged(strange) == [Integrity.UNSUPPORTED]


def test_a_file_without_its_certificate_proves_nothing() -> None:
    assert judged(cms.read(signed(identity(), switches=("-nocerts",)))) == [Integrity.CERTIFICATE_MISSING]


def _self_signed(key: PrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SPECIMEN")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(authorities.BORN)
    return builder.not_valid_after(authorities.NOW + timedelta(days=9)).sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"0",
        b"0\x80",
        b"hello",
        b"-----BEGIN CMS-----\n????\n-----END CMS-----",
        authorities.der(authorities.leaf()),
        b"\x30\x80" * 5000,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x82\x00\x04\x24\x80\x00",
        os.urandom(4000),
        b"\x30\x80" + b"\x05\x00" * 400_000,
    ],
    ids=range(11),
)
def test_what_is_no_signed_file_is_refused_soon(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(cms.SignedFileUnreadable):
        cms.read(raw)
    assert time.process_time() - started < 5


def test_what_is_within_what_is_counted_once_for_the_whole_file() -> None:
    """Many strings, each below every bound, within one another: each level would be walked through again."""
    pieces = b"\x24\x80" + b"\x04\x00" * 20_000 + b"\x00\x00"
    for _ in range(20):
        pieces = b"\x24\x80" + pieces + b"\x00\x00"
    content = b"\xa0" + der.tlv(0, pieces)[1:]
    wrapped = der.sequence(der.oid(_oid("1.2.840.113549.1.7.1")), content)
    body = der.sequence(der.integer(1), der.tlv(0x31), wrapped, der.tlv(0x31))
    raw = der.sequence(der.oid(_oid("1.2.840.113549.1.7.2")), der.explicit(0, body))
    with pytest.raises(cms.SignedFileUnreadable):
        cms.read(raw)


@pytest.mark.parametrize(("at", "what"), [(23, "version"), (26, "digests")])
def test_what_has_the_shape_but_not_the_kinds_is_no_signed_file(at: int, what: str) -> None:
    """RFC 5652, 5.1; the judge refuses it too."""
    raw = signed(identity(), document=b"short")
    assert raw[at] == {"version": 0x02, "digests": 0x31}[what]
    with pytest.raises(cms.SignedFileUnreadable):
        cms.read(raw[:at] + b"\x0b" + raw[at + 1 :])


def test_every_cut_of_a_good_file_is_refused() -> None:
    raw = signed(identity(), document=b"short")
    for length in range(0, len(raw), 11):
        with pytest.raises(cms.SignedFileUnreadable):
            cms.read(raw[:length])


def test_too_large_and_too_many_are_refused() -> None:
    with pytest.raises(cms.SignedFileTooLarge):
        cms.read(bytes(cms.SIZE_LIMIT_BYTES + 1))
    with pytest.raises(cms.SignedFileUnreadable):
        cms.read(signed(*[identity() for _ in range(cms.SIGNER_LIMIT + 1)]))


def test_a_bag_of_certificates_is_not_a_signature() -> None:
    bag = pkcs7.serialize_certificates([authorities.leaf()], Encoding.DER)
    with pytest.raises(cms.SignedFileUnsigned):
        cms.read(bag)


def test_ten_megabytes_in_pieces_are_read_soon() -> None:
    document = os.urandom(9 * 1024 * 1024)
    raw = signed(identity(), document=document, switches=("-stream",))
    started = time.process_time()
    assert judged(cms.read(raw)) == [Integrity.INTACT]
    assert time.process_time() - started < 10


def test_pieces_within_pieces_are_one_string() -> None:
    inner = der.tlv(0x24, der.octets(b"a"), der.octets(b"b"))
    nested = b"\x24\x80" + inner + der.octets(b"c") + b"\x00\x00"
    assert ber.octets(ber.read(nested)) == b"abc"
    assert ber.definite(ber.read(nested)) == der.octets(b"abc")


def test_a_key_of_another_kind_than_the_algorithm_proves_nothing() -> None:
    found = cms.read(signed(identity()))
    other, _ = identity(KeyKind.RSA_2048)
    (signer,) = found.signers
    proof = cms_proof.prove(signer, content=DOCUMENT, content_type=found.content_type, certificate=other)
    assert proof is not Integrity.INTACT
