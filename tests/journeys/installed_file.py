"""The PKCS#12 file that the key program wrote, in the hands of `openssl`."""

import re
import subprocess
from pathlib import Path


def require_opens_and_verifies(file: Path, password: str, folder: Path) -> None:
    """`openssl` opens it with the owner's password, and verifies the certificate up to the root."""
    made = _openssl("pkcs12", "-in", file, "-passin", f"pass:{password}", "-nodes")
    certificates = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", made, re.S)
    assert "PRIVATE KEY" in made
    assert len(certificates) == 3
    leaf, issuing, root = (folder / name for name in ("leaf.pem", "issuing.pem", "root.pem"))
    for path, pem in zip((leaf, issuing, root), certificates, strict=True):
        path.write_text(pem)
    assert "OK" in _openssl("verify", "-CAfile", root, "-untrusted", issuing, leaf)


def _openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout
