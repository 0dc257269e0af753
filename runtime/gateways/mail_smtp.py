"""E-mail by SMTP, over TLS where the server offers it (STARTTLS, RFC 3207) and nowhere else in production."""

import contextlib
import smtplib
import ssl
from email.message import EmailMessage

from ca_core.errors import GatewayRejected, GatewayUnavailable


class MailServer:
    """`require_tls`: a server that offers no TLS is not told anything."""

    def __init__(
        self, *, host: str, port: int, sender: str, require_tls: bool, timeout_seconds: float = 10.0
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._require_tls = require_tls
        self._timeout_seconds = timeout_seconds
        # Checks the server's certificate and name: smtplib by itself checks neither.
        self._tls = ssl.create_default_context()

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        """Raises GatewayUnavailable (try again), GatewayRejected (don't)."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = "Qoltanba"
        message["Message-ID"] = f"<{reference}@{self._sender.partition('@')[2]}>"
        message.set_content(text)
        try:
            with contextlib.closing(
                smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
            ) as server:
                self._secure(server)
                server.send_message(message)
                # It was taken: a farewell that goes wrong must not have it sent again.
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            if _is_temporary(error):
                raise GatewayUnavailable("recipient put off") from error
            raise GatewayRejected("recipient refused") from error
        except (smtplib.SMTPException, OSError) as error:
            raise GatewayUnavailable(type(error).__name__) from error

    def _secure(self, server: smtplib.SMTP) -> None:
        # What the server offers is known only after the greeting.
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=self._tls)
        elif self._require_tls:
            raise GatewayUnavailable("no tls")


def _is_temporary(refused: smtplib.SMTPRecipientsRefused) -> bool:
    """RFC 5321, 4.2.1: 4yz may succeed later, as greylisting servers mean it."""
    return all(code < 500 for code, _ in refused.recipients.values())
