// A supervisor who joined the conversation: heard by a connection of its own, beside the agent's.

import { gathered } from "./peer.js";

const AGAIN_MS = 2500;

export class Voice {
  constructor({ player, send }) {
    this.player = player;
    this.send = send;
    this.number = 0;
    this.connection = null;
  }

  // The voice that the gateway names, or none; one of another number is another voice.
  follow(voice, ice) {
    const number = voice?.number ?? 0;
    this.ice = ice;
    if (number === this.number) return;
    this.number = number;
    this.drop();
    if (number) this.ask();
  }

  async ask() {
    this.drop();
    const connection = new RTCPeerConnection({
      iceServers: this.ice.ice_servers,
      iceTransportPolicy: this.ice.relay_only ? "relay" : "all",
    });
    this.connection = connection;
    connection.addEventListener("track", (event) => {
      this.player.srcObject = new MediaStream([event.track]);
      this.play();
    });
    connection.addEventListener("connectionstatechange", () => {
      if (this.connection === connection && connection.connectionState === "failed") this.askSoon();
    });
    connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription();
    await gathered(connection);
    if (this.connection !== connection) return;
    if (!this.send({ type: "hear", sdp: connection.localDescription.sdp })) this.askSoon();
  }

  // Refused, or lost: once more, as long as somebody speaks.
  askSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { if (this.number) this.ask(); }, AGAIN_MS);
  }

  async accept(sdp) {
    if (this.connection?.signalingState !== "have-local-offer") return;
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  // A page that came back without a click sounds after one.
  play() {
    this.player.play().catch(() => {});
  }

  drop() {
    clearTimeout(this.soon);
    this.connection?.close();
    this.connection = null;
    this.player.srcObject = null;
  }

  close() {
    this.number = 0;
    this.drop();
  }
}
