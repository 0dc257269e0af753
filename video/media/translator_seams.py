"""Where the translator leans on private names of aiortc, aioice and pylibsrtp, and the check that they still fit.

aiortc keeps session descriptions, ICE, DTLS and the SRTP keys; media never reach its receivers. A `Wire` puts itself
before the ICE socket's callback of one DTLS transport: SRTP is taken out there and decrypted in place, everything else
(STUN, DTLS) goes on to the original callback. What is sent is encrypted here and written to the nominated pair.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

import pylibsrtp
from aioice.candidate import Candidate
from aioice.ice import CandidatePair, StunProtocol
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport, RTCRtpSender
from pylibsrtp import Policy, Session

from video.media.checks import Address
from video.media.passive import PassiveIce
from video.media.seams import SeamsChanged

# A packet that does not fit an Ethernet frame comes from no browser; the trailer of SRTP needs room behind it.
_LARGEST_BYTES: Final = 1600
_TRAILER_BYTES: Final = 160

_srtp: Any = pylibsrtp
ffi, lib = _srtp.ffi, _srtp.lib
_CDATA: Final = ffi.new("char[]", _LARGEST_BYTES + _TRAILER_BYTES)
_BUFFER: Final = ffi.buffer(_CDATA)
_LENGTH: Final = ffi.new("int *")
_PROTECT: Final = lib.srtp_protect
_UNPROTECT: Final = lib.srtp_unprotect


class Taker(Protocol):
    """What a wire tells, decrypted; all is called in the event loop, once a packet."""

    @property
    def takers_of(self) -> Mapping[bytes, Callable[[bytes], None]]:
        """By SSRC, who takes its packets; about others `knows` and `on_rtp` are asked."""
        ...

    def knows(self, data: bytes) -> bool:
        """Whether a packet of this SSRC or payload type is worth decrypting."""
        ...

    def on_rtp(self, packet: bytes) -> None: ...

    def on_rtcp(self, compound: bytes) -> None: ...


class Wire:
    """One connected DTLS transport, as packets; use it in the event loop only."""

    def __init__(self, transport: RTCDtlsTransport, taker: Taker) -> None:
        dtls: Any = transport
        self._taker, self._takers_of = taker, taker.takers_of
        self._rx, self._tx = dtls._rx_srtp._srtp[0], dtls._tx_srtp._srtp[0]
        # The sessions free their memory when they are collected: they must outlive the pointers.
        self._sessions = dtls._rx_srtp, dtls._tx_srtp
        self._connection = dtls.transport._connection
        self._nominated = self._connection._nominated
        self._pair: Any = None
        self._sendto: Callable[[bytes, Address], None] = _nowhere
        self._address: Address = ("", 0)
        self._is_cut = False
        self.refused = 0
        for protocol in self._connection._protocols:
            protocol.datagram_received = partial(self._on_datagram, protocol.datagram_received)

    def cut(self) -> None:
        """Neither send nor hear media from now on."""
        self._is_cut = True

    def expect(self, ssrc: bytes) -> None:
        """Media of this SSRC come over this wire, wherever the far end is."""
        if isinstance(self._connection, PassiveIce):
            self._connection.expect(ssrc)

    def send_rtp(self, packet: bytes) -> bool:
        """Encrypt and send; False when there is nowhere to send to."""
        return self._send(_PROTECT, packet)

    def send_rtcp(self, compound: bytes) -> bool:
        return self._send(lib.srtp_protect_rtcp, compound)

    def _send(self, protect: Callable[..., int], packet: bytes) -> bool:
        pair = self._nominated.get(1)
        if pair is None or self._is_cut:
            return False
        # Another pair may have been nominated meanwhile: a telephone that changed its network.
        if pair is not self._pair:
            self._pair = pair
            self._sendto, self._address = pair.protocol.transport.sendto, pair.remote_addr
        size = len(packet)
        if size > _LARGEST_BYTES:
            return False
        _BUFFER[0:size] = packet
        _LENGTH[0] = size
        if protect(self._tx, _CDATA, _LENGTH):
            return False
        self._sendto(_BUFFER[0 : _LENGTH[0]], self._address)
        return True

    def _on_datagram(
        self, original: Callable[[bytes, Any], None], data: bytes, address: tuple[Any, ...]
    ) -> None:
        """RFC 7983: 128 to 191 is RTP or RTCP; RFC 5761: of these, 192 to 223 in the second byte is RTCP."""
        if not data or not 127 < data[0] < 192:
            original(data, address)
            return
        size = len(data)
        if size < 12 or size > _LARGEST_BYTES or self._is_cut:
            return
        is_rtcp = 191 < data[1] < 224
        take = None if is_rtcp else self._takers_of.get(data[8:12])
        if take is None and not is_rtcp and not self._taker.knows(data):
            return
        _BUFFER[0:size] = data
        _LENGTH[0] = size
        if (lib.srtp_unprotect_rtcp if is_rtcp else _UNPROTECT)(self._rx, _CDATA, _LENGTH):
            self.refused += 1
            return
        plain = _BUFFER[0 : _LENGTH[0]]
        if take is not None:
            take(plain)
        elif is_rtcp:
            self._taker.on_rtcp(plain)
        else:
            self._taker.on_rtp(plain)


def sender_ssrcs(sender: RTCRtpSender) -> tuple[int, int]:
    """The SSRC of a sender and of its retransmissions, as the answer tells them."""
    private: Any = sender
    return int(private._ssrc), int(private._rtx_ssrc)


def check() -> None:
    """One packet in and one out through a wire without a network. Raises SeamsChanged."""
    try:
        seen = _through_a_wire()
    except (AttributeError, TypeError, ValueError, LookupError, pylibsrtp.Error) as failure:
        raise SeamsChanged(str(failure)) from failure
    if seen != [_PACKET, _REPORT, b"stun", _PACKET]:
        raise SeamsChanged("a wire does not carry what it is given")


_PACKET = bytes([0x80, 96, 0, 7]) + bytes(4) + b"\0\0\0\2" + b"payload"
_REPORT = bytes([0x80, 201, 0, 1, 0, 0, 0, 2])


def _through_a_wire() -> list[bytes]:
    seen: list[bytes] = []
    transport = RTCDtlsTransport(RTCIceTransport(RTCIceGatherer()), [RTCCertificate.generateCertificate()])
    dtls: Any = transport
    connection = dtls.transport._connection
    if (dtls._rx_srtp, dtls._tx_srtp) != (None, None):
        raise SeamsChanged("the sessions are made elsewhere")
    dtls._rx_srtp, dtls._tx_srtp = _session(Policy.SSRC_ANY_INBOUND), _session(Policy.SSRC_ANY_OUTBOUND)
    protocol: Any = StunProtocol(connection)
    protocol.datagram_received = lambda data, address: seen.append(data)
    socket = _Socket()
    protocol.transport = socket
    there = Candidate.from_sdp("1 1 udp 1 192.0.2.1 9 typ host")
    connection._protocols.append(protocol)
    connection._nominated[1] = CandidatePair(protocol, there)
    wire = Wire(transport, _Seen(seen))
    far, near = _session(Policy.SSRC_ANY_OUTBOUND), _session(Policy.SSRC_ANY_INBOUND)
    for data in (far.protect(_PACKET), far.protect_rtcp(_REPORT), b"stun"):
        protocol.datagram_received(data, ("192.0.2.1", 9))
    wire.send_rtp(_PACKET)
    sender_ssrcs(RTCRtpSender("video", transport))
    return [*seen, *(near.unprotect(data) for data, _ in socket.sent)]


def _session(direction: int) -> Session:
    return Session(Policy(key=bytes(30), ssrc_type=direction))


class _Socket:
    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Address]] = []

    def sendto(self, data: bytes, address: Address) -> None:
        self.sent.append((data, address))


class _Seen:
    def __init__(self, seen: list[bytes]) -> None:
        self.on_rtp = self.on_rtcp = seen.append
        self.takers_of: dict[bytes, Callable[[bytes], None]] = {}

    def knows(self, data: bytes) -> bool:
        return True


def _nowhere(data: bytes, address: Address) -> None:
    """Until a pair is nominated."""
