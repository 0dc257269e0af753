/* A supervisor who speaks into the call: heard by a connection of its own, beside the other party's. */
const VOICE_AGAIN_MS = 2500;

class Voice {
  constructor({send, player}) {
    this.send = send;
    this.player = player;
    this.number = 0;
  }

  /* The voice that the snapshot names, or none; one of another number is another voice. */
  follow(voice, ice) {
    const number = voice ? voice.number : 0;
    this.ice = ice;
    if (number === this.number) return;
    this.number = number;
    this.drop();
    if (number) this.ask();
  }

  async ask() {
    this.drop();
    const {ice_servers: servers, relay_only: relayOnly} = this.ice;
    const peer = new RTCPeerConnection({iceServers: servers, iceTransportPolicy: relayOnly ? "relay" : "all"});
    this.peer = peer;
    peer.ontrack = (event) => { this.player.srcObject = new MediaStream([event.track]); };
    peer.onconnectionstatechange = () => {
      if (this.peer === peer && peer.connectionState === "failed") this.askSoon();
    };
    peer.addTransceiver("audio", {direction: "recvonly"});
    await peer.setLocalDescription();
    await gathered(peer);
    if (this.peer === peer && !this.send({type: "hear", sdp: peer.localDescription.sdp})) this.askSoon();
  }

  /* Refused, or lost: once more, as long as somebody speaks. */
  askSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { if (this.number) this.ask(); }, VOICE_AGAIN_MS);
  }

  async answered(sdp) {
    if (this.peer && this.peer.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({type: "answer", sdp});
    }
  }

  drop() {
    clearTimeout(this.soon);
    if (this.peer) this.peer.close();
    this.peer = null;
    this.player.srcObject = null;
  }

  close() {
    this.number = 0;
    this.drop();
  }
}
