"""RTCP through the translator (RFC 3550, 7.1): what a party says about its streams and about what it was sent goes to
the other party, SSRCs, numbers and timestamps mapped.

Sender reports, receiver reports, PLI, FIR and REMB are passed on; a NACK is answered from the ring first; BYE is not
passed, for a party that leaves may come back; everything else (transport-cc, extended reports) is of one hop only.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from video.media import rtp
from video.media.translator_streams import Downlink, Uplink

_REPORT_BYTES = 24


class Reports:
    """The control stream of one leg; `up` and `down` are its streams by SSRC."""

    def __init__(
        self,
        up: Mapping[bytes, Uplink],
        down: Mapping[bytes, Downlink],
        on_sender_report: Callable[[Uplink, int, float], None],
        *,
        is_observer: bool = False,
    ) -> None:
        self._up, self._down = up, down
        self._on_sender_report = on_sender_report
        self._is_observer = is_observer
        # When a sender report with this middle part of its NTP time was passed to this party.
        self._told_at: dict[bytes, float] = {}
        self.rtt_seconds: float | None = None

    def take(self, compound: bytes) -> Iterator[tuple[Downlink | Uplink, bytes]]:
        """What to send on, and whose wire it goes over."""
        for packet in _parts(compound):
            kind, form = packet[1], packet[0] & 31
            if self._is_observer:
                self._observed(packet, kind, form)
            elif kind == 200 and len(packet) >= 28:
                yield from self._sender_report(packet)
                yield from self._receiver_reports(packet, 28, form)
            elif kind == 201 and len(packet) >= 8:
                yield from self._receiver_reports(packet, 8, form)
            elif kind == 202 and form == 1 and len(packet) >= 12:
                yield from self._description(packet)
            elif kind == 205 and form == 1 and len(packet) >= 16:
                self._nack(packet)
            elif kind == 206 and len(packet) >= 12:
                yield from self._feedback(packet, form)

    def _observed(self, packet: bytes, kind: int, form: int) -> None:
        """An observer's losses are repaired; how good their line is changes nothing for the parties."""
        if kind == 205 and form == 1 and len(packet) >= 16:
            self._nack(packet)
        elif kind == 206 and form in (1, 4) and len(packet) >= 12:
            # RFC 5104, 4.3.1: a full intra request names its stream in an entry.
            source = self._source(packet[8:12] if form == 1 else packet[12:16])
            if source is not None:
                source.request_keyframe()

    def passed(self, sender_report: bytes) -> None:
        """A sender report went to this party: its answer will tell how long the way is."""
        if len(self._told_at) > 32:
            self._told_at.pop(next(iter(self._told_at)))
        self._told_at[sender_report[10:14]] = time.monotonic()

    def _sender_report(self, packet: bytes) -> Iterator[tuple[Downlink, bytes]]:
        uplink = self._up.get(packet[4:8])
        if uplink is None:
            return
        at = int(rtp.LONG.unpack_from(packet, 16)[0])
        seconds = int.from_bytes(packet[8:16], "big") / 2**32
        self._on_sender_report(uplink, at, seconds)
        for down in uplink.downs:
            if down.source is uplink:
                moved = rtp.LONG.pack((at + down.time_shift) & 0xFFFFFFFF)
                yield down, b"\x80\xc8\0\x06" + down.ssrc + packet[8:16] + moved + packet[20:28]

    def _receiver_reports(self, packet: bytes, begins: int, count: int) -> Iterator[tuple[Uplink, bytes]]:
        for place in range(begins, begins + count * _REPORT_BYTES, _REPORT_BYTES):
            block = packet[place : place + _REPORT_BYTES]
            down = self._down.get(block[:4])
            if len(block) < _REPORT_BYTES or down is None or down.source is None:
                continue
            self._measure(block)
            source = down.source
            if source.ssrc is None:
                continue
            highest = (rtp.LONG.unpack_from(block, 8)[0] - down.seq_shift) & 0xFFFFFFFF
            mapped = source.ssrc + block[4:8] + rtp.LONG.pack(highest) + block[12:]
            yield source, b"\x81\xc9\0\7" + self._reporter(packet[4:8]) + mapped

    def _measure(self, block: bytes) -> None:
        told_at = self._told_at.get(block[16:20])
        if told_at is not None:
            held = rtp.LONG.unpack_from(block, 20)[0] / 65536
            self.rtt_seconds = max(0.0, time.monotonic() - told_at - held)

    def _description(self, packet: bytes) -> Iterator[tuple[Downlink, bytes]]:
        uplink = self._up.get(packet[4:8])
        for down in uplink.downs if uplink is not None else ():
            if down.source is uplink:
                yield down, packet[:4] + down.ssrc + packet[8:]

    def _nack(self, packet: bytes) -> None:
        """RFC 4585, 6.2.1: from the ring, else from the sender, unless it was asked already."""
        down = self._down.get(packet[8:12])
        if down is None or down.source is None:
            return
        source = down.source
        lacking: list[int] = []
        for place in range(12, len(packet) - 3, 4):
            first, mask = rtp.SHORT.unpack_from(packet, place)[0], rtp.SHORT.unpack_from(packet, place + 2)[0]
            for seq in (first, *((first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1)):
                theirs = down.send_again(seq)
                if theirs is not None and not source.is_asked_for(theirs):
                    lacking.append(theirs)
        if len(lacking) <= _LARGEST_REQUEST:
            source.request_packets(lacking)

    def _feedback(self, packet: bytes, form: int) -> Iterator[tuple[Uplink, bytes]]:
        reporter = self._reporter(packet[4:8])
        if form == 1:
            source = self._source(packet[8:12])
            if source is not None and source.ssrc is not None:
                yield source, packet[:4] + reporter + source.ssrc
        elif form == 4:
            # RFC 5104, 4.3.1: the SSRC is in the entries.
            for place in range(12, len(packet) - 7, 8):
                source = self._source(packet[place : place + 4])
                if source is not None and source.ssrc is not None:
                    entry = source.ssrc + packet[place + 4 : place + 8]
                    yield source, b"\x84\xce\0\4" + reporter + bytes(4) + entry
        elif form == 15 and packet[12:16] == b"REMB" and len(packet) >= 20:
            yield from self._estimate(packet, reporter)

    def _estimate(self, packet: bytes, reporter: bytes) -> Iterator[tuple[Uplink, bytes]]:
        """draft-alvestrand-rmcat-remb: one rate for all streams it names."""
        named = [packet[place : place + 4] for place in range(20, 20 + 4 * packet[16], 4)]
        sources = [source for ssrc in named if (source := self._source(ssrc)) and source.ssrc]
        if sources:
            ssrcs = b"".join(source.ssrc or b"" for source in sources)
            size = rtp.SHORT.pack(4 + len(sources))
            rate = b"REMB" + bytes((len(sources),)) + packet[17:20]
            yield sources[0], b"\x8f\xce" + size + reporter + bytes(4) + rate + ssrcs

    def _source(self, ssrc: bytes) -> Uplink | None:
        down = self._down.get(ssrc)
        return down.source if down is not None else None

    def _reporter(self, ssrc: bytes) -> bytes:
        """Who reports, as the other party knows it; a party that sends nothing has a number of its own."""
        uplink = self._up.get(ssrc)
        return uplink.down.ssrc if uplink is not None and uplink.down is not None else b"\0\0\0\1"


# A party that lacks more is helped by a keyframe only, and asks for one itself.
_LARGEST_REQUEST = 200


def _parts(compound: bytes) -> Iterator[bytes]:
    """RFC 3550, 6.4: each packet says its length; what does not fit ends the reading."""
    place = 0
    while place + 4 <= len(compound):
        size = 4 * (rtp.SHORT.unpack_from(compound, place + 2)[0] + 1)
        if compound[place] >> 6 != 2 or place + size > len(compound):
            return
        yield compound[place : place + size]
        place += size
