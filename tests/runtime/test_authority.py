"""The CA's own keys and files: made once, encrypted at rest, each opened by its own secret."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_core.x509.keys import KeyNotOpened
from runtime import authority, settings, start
from runtime.settings import Settings


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    loaded = settings.load({"var_dir": str(tmp_path / "var"), "public_base_url": "http://ca.demo.kz"})
    start.make_authority(loaded, authority.Names(), "ec")
    return loaded


def test_a_second_authority_never_replaces_the_first(configured: Settings) -> None:
    before = authority.certificates(configured).root
    with pytest.raises(authority.AuthorityExists):
        start.make_authority(configured, authority.Names(), "ec")
    assert authority.certificates(configured).root == before


def test_interrupted_init_can_be_run_again(configured: Settings) -> None:
    """The file that says that the CA exists is written last."""
    (configured.keys_dir / "authority.json").unlink()
    with pytest.raises(authority.AuthorityMissing):
        authority.certificates(configured)
    start.make_authority(configured, authority.Names(), "ec")
    assert authority.certificates(configured)


@pytest.mark.parametrize("name", ["root", "issuing", "ocsp"])
def test_key_at_rest_is_encrypted_and_private(configured: Settings, name: str) -> None:
    path = configured.keys_dir / f"{name}.key"
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_ocsp_secret_does_not_open_the_issuing_key(configured: Settings) -> None:
    """The portal holds the OCSP key only."""
    configured.issuing_secret_file.write_bytes(configured.ocsp_secret_file.read_bytes())
    with pytest.raises(KeyNotOpened):
        authority.issuer(configured)
    assert authority.responder(configured)


def test_base_address_is_fixed_at_init(configured: Settings, tmp_path: Path) -> None:
    later = settings.load({"var_dir": str(tmp_path / "var"), "public_base_url": "http://other.demo.kz"})
    assert authority.issuer(later).urls.crl == "http://ca.demo.kz/crl/issuing.crl"


def test_root_says_in_a_list_that_it_revoked_nobody(configured: Settings) -> None:
    listed = x509.load_der_x509_crl((authority.public_dir(configured) / "root.crl").read_bytes())
    root = authority.certificates(configured).root
    assert listed.is_signature_valid(root.public_key())
    assert len(listed) == 0


def test_demo_authorities_say_so(configured: Settings) -> None:
    made = authority.certificates(configured)
    names = [c.subject.rfc4514_string() for c in (made.root, made.issuing, made.responder)]
    assert all("DEMO" in name and "O=" in name for name in names)


def test_rsa_is_a_choice(tmp_path: Path) -> None:
    loaded = settings.load({"var_dir": str(tmp_path / "var")})
    made = start.make_authority(loaded, authority.Names(), "rsa")
    algorithms = {c.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )[:40].count(bytes.fromhex("2a864886f70d010101")) for c in (made.root, made.issuing, made.responder)}  # fmt: skip
    assert algorithms == {1}
