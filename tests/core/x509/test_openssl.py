"""Our certificates, lists and answers in the hands of OpenSSL and of pkilint's own commands."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp as oracle

from ca_core.x509 import crl, ocsp, profiles
from ca_core.x509.keys import KeyKind
from tests.core.x509 import authorities

# Without the openssl command these fail: a judge who is absent has not agreed.
pytestmark = pytest.mark.judge

NOW = authorities.NOW
SERIALS = {name: authorities.serial() for name in ("good", "revoked", "held", "never")}
STANDINGS = {
    SERIALS["good"]: ocsp.GOOD,
    SERIALS["revoked"]: ocsp.CertificateStanding(NOW, x509.ReasonFlags.key_compromise),
    SERIALS["held"]: ocsp.CertificateStanding(NOW, x509.ReasonFlags.certificate_hold),
}


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)


def said(*command: object) -> str:
    done = run(*command)
    return done.stdout + done.stderr


@pytest.fixture(scope="module", params=["ec", "rsa"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `certificates export` would write: root, chain, lists, and one leaf for each standing."""
    house = authorities.authority(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "root.pem").write_bytes(authorities.pem(house.root.certificate))
    (folder / "issuing.pem").write_bytes(authorities.pem(house.issuing.certificate))
    (folder / "responder.pem").write_bytes(authorities.pem(house.responder.certificate))
    revoked = (
        crl.entry(serial, standing.revoked_at, standing.reason)
        for serial, standing in STANDINGS.items()
        if standing.revoked_at is not None
    )
    (folder / "crls.pem").write_bytes(_crl(house, "issuing", revoked) + _crl(house, "root", ()))
    for name, serial in SERIALS.items():
        (folder / f"{name}.pem").write_bytes(authorities.pem(authorities.leaf(request.param, serial=serial)))
    (folder / "choice").write_text(request.param)
    return folder


def _crl(house: authorities.Authority, level: str, entries: Iterable[bytes]) -> bytes:
    der = crl.assemble(
        entries,
        issuer=getattr(house, level),
        number=1,
        this_update=NOW - timedelta(minutes=5),
        next_update=NOW + timedelta(days=1),
    )
    return crl.pem(der)


def verify(folder: Path, leaf: Path, *more: str) -> str:
    chain = ("-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem")
    lists = ("-CRLfile", folder / "crls.pem", "-crl_check", "-crl_check_all")
    return said("openssl", "verify", "-x509_strict", *chain, *lists, *more, leaf)


def test_good_certificate_verifies_strictly_with_the_lists_of_both_cas(published: Path) -> None:
    assert verify(published, published / "good.pem", "-purpose", "smimesign").endswith("good.pem: OK\n")


@pytest.mark.parametrize("name", ["revoked", "held"])
def test_revoked_certificate_does_not_verify(published: Path, name: str) -> None:
    assert "certificate revoked" in verify(published, published / f"{name}.pem")


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048])
@pytest.mark.parametrize("mobile_only", [False, True])
def test_authentication_certificate_verifies_for_tls_clients(
    published: Path, tmp_path: Path, kind: KeyKind, mobile_only: bool
) -> None:
    certificate = authorities.leaf(
        (published / "choice").read_text(),
        kind=kind,
        profile=profiles.AUTHENTICATION,
        mobile_only=mobile_only,
    )
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(authorities.pem(certificate))
    assert verify(published, leaf, "-purpose", "sslclient").endswith("leaf.pem: OK\n")


def test_policies_verify_under_an_explicit_policy(published: Path) -> None:
    """RFC 5280, 6.1: the issuing CA's anyPolicy lets the subscribers' policies through."""
    policy = profiles.SIGNING.policies[0].dotted_string
    demanded = ("-policy_check", "-explicit_policy", "-policy", policy)
    assert verify(published, published / "good.pem", *demanded).endswith("good.pem: OK\n")


def test_openssl_checks_the_signature_of_the_list(published: Path) -> None:
    check = ("openssl", "crl", "-in", published / "crls.pem", "-noout", "-crlnumber")
    found = said(*check, "-CAfile", published / "issuing.pem")
    assert "verify OK" in found
    assert "crlNumber=0x01" in found


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good", ["good"]),
        ("revoked", ["revoked", "keyCompromise"]),
        ("held", ["revoked", "certificateHold"]),
        ("never", ["revoked", "certificateHold", "Jan  1 00:00:00 1970"]),
    ],
)
def test_openssl_asks_and_believes_our_answer(
    published: Path, name: str, expected: list[str], digest: str
) -> None:
    """Over HTTP: OpenSSL makes the question and judges signature, delegate, nonce and freshness."""
    with _served(published) as url:
        about = (digest, "-issuer", published / "issuing.pem", "-cert", published / f"{name}.pem")
        read = said(
            "openssl", "ocsp", *about, "-url", url, "-CAfile", published / "root.pem", *_chain(published)
        )
    assert "Response verify OK" in read, read
    assert "WARNING: no nonce" not in read, read
    assert all(part in read for part in expected), read


def test_openssl_asks_about_several_at_once(published: Path) -> None:
    about: list[object] = ["-issuer", published / "issuing.pem"]
    for name in SERIALS:
        about += ["-cert", published / f"{name}.pem"]
    with _served(published) as url:
        read = said(
            "openssl", "ocsp", *about, "-url", url, "-CAfile", published / "root.pem", *_chain(published)
        )
    assert "good.pem: good" in read, read
    for name in ("revoked", "held", "never"):
        assert f"{name}.pem: revoked" in read, read


def test_openssl_reads_a_signed_question(published: Path, tmp_path: Path) -> None:
    """RFC 6960, 4.1.2: the requestor's name and signature are allowed; the answer is the same."""
    question = tmp_path / "question.der"
    (tmp_path / "key.pem").write_bytes(
        authorities.key(KeyKind.RSA_2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    signer = tmp_path / "signer.pem"
    signer.write_bytes(authorities.pem(authorities.leaf(kind=KeyKind.RSA_2048)))
    about = ("-issuer", published / "issuing.pem", "-cert", published / "good.pem", "-reqout", question)
    assert run("openssl", "ocsp", *about, "-signer", signer, "-signkey", tmp_path / "key.pem").returncode == 0
    answer = oracle.load_der_ocsp_response(_answer(published, question.read_bytes()))
    assert answer.certificate_status is oracle.OCSPCertStatus.GOOD


def _chain(published: Path) -> tuple[str, Path]:
    return ("-verify_other", published / "issuing.pem")


def _answer(published: Path, question: bytes) -> bytes:
    responder = authorities.authority((published / "choice").read_text()).responder
    return ocsp.respond(
        question, responder=responder, lookup=STANDINGS.get, now=NOW, next_update=NOW + timedelta(hours=12)
    )


@contextmanager
def _served(published: Path) -> Iterator[str]:
    """The responder behind a small HTTP server on loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = _answer(published, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_unused: object) -> None:
            """Silent: the test reads what OpenSSL says."""

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def pkilint(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(Path(sys.executable).parent / command, "lint", *arguments)


def test_commands_of_pkilint_find_no_error(published: Path, tmp_path: Path) -> None:
    """The same judge from outside, with its own defaults; the exit code is the number of findings."""
    answer, first = tmp_path / "answer.der", tmp_path / "crl.der"
    question = tmp_path / "question.der"
    issuer = published / "issuing.pem"
    run("openssl", "ocsp", "-issuer", issuer, "-cert", published / "good.pem", "-reqout", question)
    answer.write_bytes(_answer(published, question.read_bytes()))
    one = x509.load_pem_x509_crl((published / "crls.pem").read_bytes())
    first.write_bytes(one.public_bytes(serialization.Encoding.DER))
    judged = (
        ("lint_etsi_cert", "-t", "NCP-NATURAL-PERSON-CERTIFICATE", "-s", "ERROR", published / "good.pem"),
        ("lint_crl", "-t", "CRL", "-p", "PKIX", "-s", "WARNING", first),
        ("lint_ocsp_response", "-s", "WARNING", answer),
        ("lint_pkix_signer_signee_cert_chain", "-s", "WARNING", issuer, published / "good.pem"),
    )
    for command, *arguments in judged:
        done = pkilint(command, *arguments)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
