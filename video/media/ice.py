"""Addresses: what a worker offers to browsers, and what it reads of theirs.

By default a worker has host candidates only: STUN and TURN are the browsers' affair, and a worker with an address
of its own needs neither. Candidates are never passed from one party to the other.
"""

import ipaddress
import re
from dataclasses import dataclass, field

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer, sdp

from video import engine

# A browser's offer of one sound and one picture has about 6 KB.
_OFFER_BYTES = 64 * 1024

# A browser's mDNS name (draft-ietf-mmusic-mdns-ice-candidates) cannot be resolved from here and looking for it costs
# seconds; the browser's own checks show its address. They may come late, so more candidates are always expected.
_UNUSED = re.compile(
    r"^a=(candidate:\S+ \d+ \S+ \d+ \S+\.local .*|end-of-candidates)\r?\n", re.MULTILINE | re.IGNORECASE
)
_HOST = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server that the worker itself uses."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class IceSettings:
    """`bind_host`: the one address to listen on, instead of every interface's. `advertised_host`: the address that
    browsers see, where a one-to-one translation stands before the worker."""

    servers: tuple[IceServer, ...] = ()
    bind_host: str | None = None
    advertised_host: str | None = None

    def __post_init__(self) -> None:
        for address in (self.bind_host, self.advertised_host):
            if address is not None:
                ipaddress.ip_address(address)

    def configuration(self) -> RTCConfiguration:
        # aiortc asks a public STUN server when the list is not given at all.
        return RTCConfiguration(
            iceServers=[
                RTCIceServer(urls=list(server.urls), username=server.username, credential=server.credential)
                for server in self.servers
            ]
        )

    def bind(self) -> None:
        """Listen on `bind_host` alone, in the whole process: aioice has no option for it."""
        if self.bind_host is not None:
            addresses = [self.bind_host]
            aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: addresses

    def shown(self, answer_sdp: str) -> str:
        """The answer with the address that browsers can reach."""
        if self.advertised_host is None:
            return answer_sdp
        return _HOST.sub(rf"\g<1>{self.advertised_host}\g<3>", answer_sdp)


def read_offer(offer_sdp: str) -> tuple[str, list[engine.MediaKind]]:
    """The offer without unusable candidates, and its kinds of media in order. Raises OfferNotUnderstood."""
    if len(offer_sdp) > _OFFER_BYTES or not offer_sdp.startswith("v=0"):
        raise engine.OfferNotUnderstood
    cleaned = _UNUSED.sub("", offer_sdp)
    try:
        parsed = sdp.SessionDescription.parse(cleaned)
    # The parser has no error of its own: what it stumbles over is what it raises.
    except (ValueError, AssertionError, LookupError, AttributeError, TypeError) as failure:
        raise engine.OfferNotUnderstood from failure
    kinds = [_kind(media) for media in parsed.media]
    if not kinds or len(set(kinds)) != len(kinds):
        raise engine.OfferNotUnderstood
    return cleaned, kinds


def _kind(media: sdp.MediaDescription) -> engine.MediaKind:
    names = {codec.name.upper() for codec in media.rtp.codecs}
    address, dtls = media.ice, media.dtls
    secured = address and address.usernameFragment and address.password and dtls and dtls.fingerprints
    if secured and media.kind == "audio" and "OPUS" in names:
        return "audio"
    if secured and media.kind == "video" and "VP8" in names:
        return "video"
    raise engine.OfferNotUnderstood
