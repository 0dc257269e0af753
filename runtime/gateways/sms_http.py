"""An SMS centre reached by HTTP: one POST a message, JSON both ways.

The centre answers 2xx when it took the message. Codes of the provider are mapped here and nowhere else.
"""

import httpx

from ca_core.errors import GatewayRejected, GatewayUnavailable

_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})


class SmsCentre:
    def __init__(self, *, url: str, token: str, sender: str, timeout_seconds: float = 10.0) -> None:
        self._url = url
        self._sender = sender
        self._client = httpx.Client(
            timeout=timeout_seconds, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False
        )

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        """`reference` lets the centre recognise a message that is sent again.

        Raises GatewayUnavailable (try again), GatewayRejected (don't).
        """
        message = {"to": recipient, "from": self._sender, "text": text, "reference": reference}
        try:
            answer = self._client.post(self._url, json=message)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayUnavailable(type(error).__name__) from error
        if answer.status_code in _TEMPORARY:
            raise GatewayUnavailable(f"http {answer.status_code}")
        if not answer.is_success:
            raise GatewayRejected(f"http {answer.status_code}")
