/* Camera, microphone and the peer connection. `join` makes a new connection and keeps the camera. */
const CAPTURE = {
  audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true},
  video: {width: {ideal: 640}, height: {ideal: 360}, frameRate: {ideal: 15, max: 20}},
};
const GATHER_AT_MOST_MS = 2000;

const gathered = (peer) =>
  new Promise((done) => {
    if (peer.iceGatheringState === "complete") return done();
    const timer = setTimeout(done, GATHER_AT_MOST_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      done();
    });
    return undefined;
  });

const captured = async (wanted) => {
  try {
    return (await navigator.mediaDevices.getUserMedia(wanted)).getTracks();
  } catch (refused) {
    return null;
  }
};

class Media {
  constructor({send, onPicture, onDevices}) {
    this.send = send;
    this.onPicture = onPicture;
    this.onDevices = onDevices;
    this.local = new MediaStream();
    this.muted = false;
    this.turn = 0;
  }

  /* Asked for when the agent becomes available: no prompt stands between accepting and speaking. */
  async rehearse() {
    if (!navigator.mediaDevices) return this.onDevices("none");
    if (this.local.getTracks().length) return undefined;
    const tracks = await captured(CAPTURE);
    (tracks || []).forEach((track) => track.stop());
    return this.onDevices(tracks ? "both" : "doubtful");
  }

  capture() {
    this.capturing = this.capturing || this.take().finally(() => { this.capturing = null; });
    return this.capturing;
  }

  async take() {
    if (!navigator.mediaDevices) return this.onDevices("none");
    const live = this.local.getTracks().filter((track) => track.readyState === "live");
    if (live.length === 2) return undefined;
    live.forEach((track) => track.stop());
    const turn = this.turn;
    const tracks = (await captured(CAPTURE)) || (await captured({audio: CAPTURE.audio}))
      || (await captured({video: CAPTURE.video})) || [];
    if (this.closedAt > turn) {
      /* The call ended while the browser was asking. */
      tracks.forEach((track) => track.stop());
      return undefined;
    }
    this.local = new MediaStream(tracks);
    tracks.forEach((track) => { track.onended = () => this.tell(); });
    this.mute(this.muted);
    return this.tell();
  }

  tell() {
    const has = (kind) => this.local.getTracks().some((track) => track.kind === kind && track.readyState === "live");
    const both = has("audio") && has("video");
    this.onDevices(both ? "both" : has("audio") ? "no_camera" : has("video") ? "no_microphone" : "none");
  }

  mute(muted) {
    this.muted = muted;
    this.local.getAudioTracks().forEach((track) => { track.enabled = !muted; });
  }

  async join({ice_servers: servers, relay_only: relayOnly}) {
    this.turn += 1;
    const turn = this.turn;
    await this.capture();
    if (turn !== this.turn) return;
    this.drop();
    const peer = new RTCPeerConnection({
      iceServers: servers, iceTransportPolicy: relayOnly ? "relay" : "all", bundlePolicy: "max-bundle",
    });
    this.peer = peer;
    const picture = new MediaStream();
    peer.ontrack = (event) => {
      picture.addTrack(event.track);
      this.onPicture(picture);
    };
    for (const kind of ["audio", "video"]) {
      const track = this.local.getTracks().find((one) => one.kind === kind);
      if (track) peer.addTrack(track, this.local);
      else peer.addTransceiver(kind, {direction: "recvonly"});
    }
    await peer.setLocalDescription();
    await gathered(peer);
    if (this.peer === peer) this.send({type: "offer", sdp: peer.localDescription.sdp});
  }

  async answered(sdp) {
    if (this.peer && this.peer.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({type: "answer", sdp});
    }
  }

  get isUp() {
    return Boolean(this.peer) && ["new", "connecting", "connected"].includes(this.peer.connectionState);
  }

  drop() {
    if (this.peer) this.peer.close();
    this.peer = null;
  }

  close() {
    if (!this.peer && !this.capturing && !this.local.getTracks().length) return;
    this.turn += 1;
    this.closedAt = this.turn;
    this.drop();
    this.local.getTracks().forEach((track) => track.stop());
    this.local = new MediaStream();
    this.onPicture(null);
    this.onDevices("");
  }
}
