// One connection to the media worker: audio first, then video, the picture kept sharp rather than smooth.

const GATHER_MS = 2000;

export function gathered(connection) {
  return new Promise((done) => {
    if (connection.iceGatheringState === "complete") return done();
    const timer = setTimeout(done, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      done();
    });
  });
}

async function keepSharp(sender) {
  // A document must be readable: fewer frames, never fewer pixels.
  const wanted = sender.getParameters();
  wanted.degradationPreference = "maintain-resolution";
  try {
    await sender.setParameters(wanted);
  } catch {
    // A browser that does not know the preference keeps its own.
  }
}

export class Peer {
  constructor({ iceServers = [], relayOnly = false, stream, onTrack = () => {}, onState = () => {} }) {
    this.connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? "relay" : "all" });
    this.connection.addEventListener("track", (event) => onTrack(event.track));
    this.connection.addEventListener("connectionstatechange", () => onState(this.connection.connectionState));
    this.senders = {};
    for (const kind of ["audio", "video"]) this.add(kind, stream);
  }

  add(kind, stream) {
    const [track] = stream.getTracks().filter((one) => one.kind === kind);
    if (!track) {
      this.connection.addTransceiver(kind, { direction: "recvonly" });
      return;
    }
    if (kind === "video") track.contentHint = "detail";
    this.senders[kind] = this.connection.addTransceiver(track, { direction: "sendrecv", streams: [stream] }).sender;
  }

  // A complete offer: the other side adds nothing to it later.
  async offer() {
    await this.connection.setLocalDescription();
    await gathered(this.connection);
    return this.connection.localDescription.sdp;
  }

  async accept(sdp) {
    if (this.connection.signalingState !== "have-local-offer") return;
    await this.connection.setRemoteDescription({ type: "answer", sdp });
    if (this.senders.video) await keepSharp(this.senders.video);
  }

  async replaceCamera(track) {
    track.contentHint = "detail";
    await this.senders.video?.replaceTrack(track);
  }

  // Whether the line out is too poor for a picture; a browser that tells no rate is judged by what is lost.
  async isPoor(bits, lossy) {
    let rate = null;
    let lost = 0;
    (await this.connection.getStats()).forEach((report) => {
      if (report.type === "candidate-pair" && report.nominated) rate = report.availableOutgoingBitrate ?? rate;
      if (report.type === "remote-inbound-rtp" && report.kind === "video") lost = report.fractionLost ?? 0;
    });
    return rate === null ? lost > lossy : rate < bits;
  }

  // Without a new offer: the stream stays, and nothing is encoded or sent while it rests.
  async sendPicture(on) {
    const wanted = this.senders.video.getParameters();
    wanted.encodings.forEach((encoding) => { encoding.active = on; });
    await this.senders.video.setParameters(wanted);
  }

  close() {
    this.connection.close();
  }
}

const PROBE_MS = 5000;
const SLOW_SECONDS = 0.3;
const LOSSY = 0.05;

function connected(connection, milliseconds) {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), milliseconds);
    connection.addEventListener("connectionstatechange", () => {
      if (!["connected", "failed"].includes(connection.connectionState)) return;
      clearTimeout(timer);
      done(connection.connectionState === "connected");
    });
  });
}

async function quality(connection) {
  let line = "good";
  (await connection.getStats()).forEach((report) => {
    if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime > SLOW_SECONDS) line = "poor";
    if (report.type === "remote-inbound-rtp" && report.fractionLost > LOSSY) line = "poor";
  });
  return line;
}

// A real connection to the place where the call will be: good, poor, bad (no way through) or away (no answer).
export async function probe(address, stream) {
  const peer = new Peer({ stream });
  try {
    const established = connected(peer.connection, PROBE_MS);
    const answer = await fetch(address, {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sdp: await peer.offer() }),
      signal: AbortSignal.timeout(PROBE_MS),
    });
    if (!answer.ok) return "away";
    await peer.accept((await answer.json()).sdp);
    if (!(await established)) return "bad";
    await new Promise((done) => setTimeout(done, 3000));
    return await quality(peer.connection);
  } catch {
    return "away";
  } finally {
    peer.close();
  }
}
