"""Certificates as files, for outside checkers: `leaves/`, `root.pem`, `chain.pem`, the lists."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_core import audit, roles
from runtime import authority
from runtime.service import Service

_PEM = serialization.Encoding.PEM
_PAGE = 500
COMMAND_LINE = roles.Actor("command line", None, roles.Door.COMMAND_LINE)


def certificates(service: Service, folder: Path, *, limit: int) -> int:
    """How many leaves were written, newest first; the export itself is audited."""
    made = authority.certificates(service.settings)
    leaves = folder / "leaves"
    leaves.mkdir(parents=True, exist_ok=True)
    # Certificates of an earlier export would be checked as if they belonged to this one.
    for stale in leaves.glob("*.pem"):
        stale.unlink()
    root, issuing = made.root.public_bytes(_PEM), made.issuing.public_bytes(_PEM)
    (folder / "root.pem").write_bytes(root)
    (folder / "chain.pem").write_bytes(issuing + root)
    for name in ("root", "issuing"):
        listed = authority.public_dir(service.settings) / f"{name}.crl"
        if listed.exists():
            (folder / f"{name}.crl").write_bytes(listed.read_bytes())
            (folder / f"{name}.crl.pem").write_bytes(
                x509.load_der_x509_crl(listed.read_bytes()).public_bytes(_PEM)
            )
    written = 0
    before: int | None = None
    while written < limit:
        with service.look() as work:
            page = work.certificates.der_before(before, min(_PAGE, limit - written))
        if not page:
            break
        for certificate_id, serial, der in page:
            pem = x509.load_der_x509_certificate(der).public_bytes(_PEM)
            (leaves / f"{serial.hex()}.pem").write_bytes(pem)
            before = certificate_id
        written += len(page)
    now = service.now()
    with service.work() as work:
        details = {"count": str(written)}
        work.audit.add(audit.Entry(now, COMMAND_LINE, "certificate:export:done", "", details=details))
    return written
