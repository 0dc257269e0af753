"""Session descriptions around aiortc: what a worker offers to browsers, and what it reads of theirs.

By default a worker has host candidates only: STUN and TURN are the browsers' affair, and a worker with an address
of its own needs neither. Candidates are never passed from one party to the other.
"""

import ipaddress
import logging
import re
from dataclasses import dataclass, field, replace

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, sdp

from video import engine
from video.media import passive
from video.media import port as media_port
from video.media.port import Port
from video.media.seams import SeamsChanged

log = logging.getLogger(__name__)

# A browser's offer of one sound and one picture has about 6 KB.
_OFFER_BYTES = 64 * 1024

# A browser's mDNS name (draft-ietf-mmusic-mdns-ice-candidates) cannot be resolved from here and looking for it costs
# seconds; the browser's own checks show its address. They may come late, so more candidates are always expected.
_UNUSED = re.compile(
    r"^a=(candidate:\S+ \d+ \S+ \d+ \S+\.local .*|end-of-candidates)\r?\n", re.MULTILINE | re.IGNORECASE
)
_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2\r?\n", re.MULTILINE | re.IGNORECASE)
_HOST = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server that the worker itself uses."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class IceSettings:
    """`udp_port`: the one port of all legs, 0 for any that is free. `bind_host`: the addresses to listen on, separated
    by blanks, instead of every interface's. `advertised_host`: the addresses that browsers see, where a one-to-one
    translation stands before the worker. A worker with STUN or TURN servers of its own takes a free port a leg."""

    servers: tuple[IceServer, ...] = ()
    bind_host: str | None = None
    advertised_host: str | None = None
    udp_port: int = 0
    port: Port | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for address in (*self.bind_hosts, *self.advertised_hosts):
            ipaddress.ip_address(address)

    @property
    def bind_hosts(self) -> tuple[str, ...]:
        return tuple((self.bind_host or "").split())

    @property
    def advertised_hosts(self) -> tuple[str, ...]:
        return tuple((self.advertised_host or "").split())

    async def opened(self) -> "IceSettings":
        """The same, with the port open. Raises PortTaken."""
        self.bind()
        if self.servers:
            return self
        try:
            await passive.check()
        except SeamsChanged:
            log.exception(
                "ONE PORT FOR ALL LEGS DOES NOT FIT THIS AIORTC: legs take free UDP ports, past many a firewall's rule"
            )
            return self
        hosts, advertised = self.bind_hosts or None, self.advertised_hosts
        return replace(self, port=await media_port.opened(self.udp_port, hosts=hosts, advertised=advertised))

    def seat(self, peer: RTCPeerConnection) -> tuple[passive.PassiveIce, ...]:
        """Give a peer connection its place on the port; once its transceivers are made, before it hears the offer."""
        return () if self.port is None else passive.seat(peer, self.port)

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
        if addresses := list(self.bind_hosts):
            aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: addresses

    def shown(self, answer_sdp: str) -> str:
        """The answer with the address that browsers can reach."""
        if not self.advertised_hosts or self.port is not None:
            return answer_sdp
        return _HOST.sub(rf"\g<1>{self.advertised_hosts[0]}\g<3>", answer_sdp)


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


def with_fec(answer_sdp: str) -> str:
    """Asks the sender of sound to put each frame's coarse copy into the next one (RFC 7587, 7.1, useinbandfec).

    Sound goes on as it came, so it is the other browser that mends with it; lost sound is not asked for again.
    """
    return _OPUS.sub(r"\g<0>a=fmtp:\g<1> minptime=10;useinbandfec=1\r\n", answer_sdp)


def _kind(media: sdp.MediaDescription) -> engine.MediaKind:
    names = {codec.name.upper() for codec in media.rtp.codecs}
    address, dtls = media.ice, media.dtls
    secured = address and address.usernameFragment and address.password and dtls and dtls.fingerprints
    if secured and media.kind == "audio" and "OPUS" in names:
        return "audio"
    if secured and media.kind == "video" and "VP8" in names:
        return "video"
    raise engine.OfferNotUnderstood
