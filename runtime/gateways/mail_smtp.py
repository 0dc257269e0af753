"""E-mail by SMTP, with STARTTLS where the server offers it."""

import smtplib
from email.message import EmailMessage

from ca_core.errors import GatewayRejected, GatewayUnavailable


class MailServer:
    def __init__(self, *, host: str, port: int, sender: str, timeout_seconds: float = 10.0) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._timeout_seconds = timeout_seconds

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        """Raises GatewayUnavailable (try again), GatewayRejected (don't)."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = "Qoltanba"
        message["Message-ID"] = f"<{reference}@{self._sender.partition('@')[2]}>"
        message.set_content(text)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds) as server:
                if server.has_extn("starttls"):
                    server.starttls()
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise GatewayRejected("recipient refused") from error
        except (smtplib.SMTPException, OSError) as error:
            raise GatewayUnavailable(type(error).__name__) from error
