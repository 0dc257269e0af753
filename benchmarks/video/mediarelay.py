"""aiortc's own way, as its examples go it: every picture and sound is decoded, relayed as a frame, and encoded again.

    python -m benchmarks.video.mediarelay PORT ADDRESS

It speaks as much of a media worker's HTTP as the load needs.
"""

import sys
from dataclasses import dataclass, field

import aioice.ice
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class Call:
    peers: dict[str, RTCPeerConnection] = field(default_factory=dict)
    tracks: dict[str, list[MediaStreamTrack]] = field(default_factory=dict)
    relay: MediaRelay = field(default_factory=MediaRelay)

    async def join(self, role: str, offer: str) -> str:
        peer = self.peers[role] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        tracks = self.tracks[role] = []
        peer.on("track", tracks.append)
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for transceiver in peer.getTransceivers():
            transceiver.direction = "sendrecv"
        await peer.setLocalDescription(await peer.createAnswer())
        if len(self.peers) == 2:
            one, other = self.peers
            self._send(one, self.tracks[other])
            self._send(other, self.tracks[one])
        return str(peer.localDescription.sdp)

    def _send(self, role: str, tracks: list[MediaStreamTrack]) -> None:
        for transceiver in self.peers[role].getTransceivers():
            (track,) = (each for each in tracks if each.kind == transceiver.kind)
            transceiver.sender.replaceTrack(self.relay.subscribe(track))


def make_app() -> Starlette:
    calls: dict[str, Call] = {}

    async def create(request: Request) -> Response:
        calls[str((await request.json())["call_id"])] = Call()
        return JSONResponse({})

    async def join(request: Request) -> Response:
        asked = await request.json()
        answer = await calls[request.path_params["call_id"]].join(asked["role"], asked["sdp"])
        return JSONResponse({"sdp": answer})

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ready\n")

    return Starlette(
        routes=[
            Route("/ready", ready),
            Route("/calls", create, methods=["POST"]),
            Route("/calls/{call_id}/legs", join, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [sys.argv[2]]
    uvicorn.run(make_app(), host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="warning")
