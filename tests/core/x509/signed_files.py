"""Signed files as other programs write them: by the openssl command, which is the judge as well."""

import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_core.x509.keys import PrivateKey
from tests.core.x509 import authorities

DOCUMENT = "Шарт. Договор. Contract.\n".encode() * 40


def openssl(*words: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, timeout=60)


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signed(
    *signers: tuple[x509.Certificate, PrivateKey],
    document: bytes = DOCUMENT,
    detached: bool = False,
    form: str = "DER",
    switches: tuple[str, ...] = (),
) -> bytes:
    """`openssl cms -sign`. A detached one needs its document beside it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "document").write_bytes(document)
        words: list[object] = ["cms", "-sign", "-binary", "-in", folder / "document", "-outform", form]
        for number, (certificate, key) in enumerate(signers):
            (folder / f"{number}.pem").write_bytes(authorities.pem(certificate))
            (folder / f"{number}.key").write_bytes(private_pem(key))
            words += ["-signer", folder / f"{number}.pem", "-inkey", folder / f"{number}.key"]
        words += [] if detached else ["-nodetach"]
        done = openssl(*words, *switches)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def openssl_verifies(raw: bytes, root: x509.Certificate, *chain: x509.Certificate, document: bytes) -> bool:
    """What the judge says of the same file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "trusted.pem").write_bytes(authorities.pem(root, *chain))
        (folder / "document").write_bytes(document)
        (folder / "signed").write_bytes(raw)
        done = openssl(
            "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "signed", "-content", folder / "document",
            "-CAfile", folder / "trusted.pem", "-purpose", "any", "-out", folder / "out",
        )  # fmt: skip
    return done.returncode == 0
