"""The engine that forwards: RTP goes from one party to the other encrypted anew, neither decoded nor re-timed.

aiortc answers the offer, runs ICE and DTLS and derives the SRTP keys; from then on each datagram of media passes
through these modules, synchronously, in the callback of the socket:

    translator_seams    the datagram, decrypted; what is sent, encrypted; every private name of aiortc
    translator_leg      whose it is, by SSRC; events, statistics, stills of a leg
    translator_streams  counted, kept for retransmission, its SSRC mapped, sent on
    translator_rtcp     reports and requests the other way, mapped back
    translator_frames   whole frames for recording, taps and stills, only while somebody wants them
    translator_card     black and silence while there is nothing to forward

Calls, their watchdog and their recordings are those of the relay, and so is the device check.
"""

import logging
from typing import cast

from video import engine
from video.engine import Role
from video.media import ice, translator_card, translator_leg, translator_seams
from video.media.leg import Leg, Tell
from video.media.relay import RelayEngine
from video.media.seams import SeamsChanged

log = logging.getLogger(__name__)


class TranslatorEngine(RelayEngine):
    """One worker's calls, forwarded; a frame of either party is decoded for a still and for nothing else."""

    async def open(self) -> None:
        """Raises SeamsChanged."""
        translator_seams.check()
        translator_card.black()
        await super().open()

    def _make_leg(self, role: Role, tell: Tell, *, is_observer: bool = False) -> Leg:
        # It stands in for the relay's leg in everything that a call asks of one.
        told = cast(translator_leg.Tell, tell)
        return cast(Leg, translator_leg.TranslatedLeg(role, self._settings, told, is_observer=is_observer))


async def opened(
    kind: engine.EngineKind, on_event: engine.Listener, *, settings: ice.IceSettings | None = None
) -> RelayEngine:
    """The engine that was asked for, open; the relay when this aiortc does not fit the translator. Raises
    SeamsChanged when it does not fit the relay either."""
    if kind == "translator":
        made = TranslatorEngine(on_event, settings=settings)
        try:
            await made.open()
            return made
        except SeamsChanged:
            log.exception(
                "THE TRANSLATOR DOES NOT FIT THIS AIORTC: calls are relayed, at many times the processor's load"
            )
    relayed = RelayEngine(on_event, settings=settings)
    await relayed.open()
    return relayed
