"""A mail server of a few lines on loopback: takes messages, refuses whom it is told to, speaks TLS when asked."""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Mail:
    """What the server was told, and how it answers RCPT. `tls` None: STARTTLS is not offered."""

    tls: ssl.SSLContext | None = None
    recipient_answer: str = "250 fine"
    farewell: str = "221 bye"
    port: int = 0
    taken: list[str] = field(default_factory=list)
    encrypted: bool = False


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, mail: Mail) -> None:
        super().__init__(("127.0.0.1", mail.port), _Dialogue)
        self.mail = mail

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away when it does not trust us is no news."""


class _Dialogue(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 10

    def handle(self) -> None:
        self._say("220 mail.test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                self._say(self.server.mail.farewell)
                return
            self._answer(verb)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _answer(self, verb: str) -> None:
        mail = self.server.mail
        if verb == "EHLO":
            self._say("250-mail.test", "250-STARTTLS" if mail.tls else "250-HELP", "250 8BITMIME")
        elif verb == "STARTTLS" and mail.tls:
            self._say("220 go ahead")
            self.connection = mail.tls.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            mail.encrypted = True
        elif verb == "RCPT":
            self._say(mail.recipient_answer)
        elif verb == "DATA":
            self._say("354 go on")
            lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
            mail.taken.append("".join(lines))
            self._say("250 taken")
        else:
            self._say("250 fine")

    def _say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


@contextlib.contextmanager
def serve(mail: Mail) -> Iterator[Mail]:
    with _Server(mail) as server:
        mail.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield mail
        finally:
            server.shutdown()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1: the file that makes it trusted, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
         "encipher_only", "decipher_only"), False
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "mail.pem", folder / "mail.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
