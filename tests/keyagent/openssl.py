"""openssl's opinion of a CMS."""

import base64
import subprocess
from pathlib import Path

from tests.keyagent import authority as authorities
from tests.keyagent.authority import Authority


def verified(tmp_path: Path, cms: bytes, authority: Authority, content: bytes | None = None) -> bytes:
    """What was signed, as openssl says; the attributes of CAdES are judged too. `content` where it is detached."""
    (tmp_path / "ca.pem").write_bytes(authorities.pem(authority.certificate))
    (tmp_path / "cms").write_bytes(cms)
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"]
    command += ["-in", str(tmp_path / "cms"), "-CAfile", str(tmp_path / "ca.pem"), "-purpose", "any"]
    if content is not None:
        (tmp_path / "content").write_bytes(content)
        command += ["-content", str(tmp_path / "content")]
    done = subprocess.run(command, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unwrapped(cms: str) -> bytes:
    """PEM, as the newer module answers it."""
    lines = cms.strip().splitlines()
    assert lines[0] == "-----BEGIN CMS-----"
    assert lines[-1] == "-----END CMS-----"
    return base64.b64decode("".join(lines[1:-1]))
