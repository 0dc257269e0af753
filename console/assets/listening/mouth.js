/* The supervisor's own voice, by a connection of its own that brings nothing back. It never begins by itself. */
class Mouth {
  constructor(send, onEnd) {
    this.send = send;
    this.onEnd = onEnd;
    this.turn = 0;
    this.tracks = [];
  }

  get isOpen() {
    return Boolean(this.speech);
  }

  async open(speech, {ice_servers: servers, relay_only: relayOnly}) {
    this.close();
    this.turn += 1;
    const turn = this.turn;
    this.speech = speech;
    const tracks = navigator.mediaDevices ? await captured({audio: CAPTURE.audio}) : null;
    if (turn !== this.turn) {
      (tracks || []).forEach((track) => track.stop());
      return;
    }
    if (!tracks) {
      this.end("microphone");
      return;
    }
    this.tracks = tracks;
    const peer = new RTCPeerConnection({iceServers: servers, iceTransportPolicy: relayOnly ? "relay" : "all"});
    this.peer = peer;
    peer.onconnectionstatechange = () => {
      if (this.peer === peer && peer.connectionState === "failed") this.end("lost");
    };
    tracks.forEach((track) => {
      track.onended = () => this.end("microphone");
      peer.addTransceiver(track, {direction: "sendonly"});
    });
    await peer.setLocalDescription();
    await gathered(peer);
    if (this.peer !== peer) return;
    if (!this.send({type: "speak", speech, sdp: peer.localDescription.sdp})) this.end("lost");
  }

  async answered(sdp) {
    if (this.peer && this.peer.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({type: "answer", sdp});
    }
  }

  end(why) {
    this.close();
    this.onEnd(why);
  }

  close() {
    this.turn += 1;
    this.speech = null;
    this.tracks.forEach((track) => track.stop());
    this.tracks = [];
    if (this.peer) this.peer.close();
    this.peer = null;
  }
}
