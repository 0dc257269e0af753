// Camera, microphone and sound of this device, and why one of them may be missing.

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 20 } };
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

// One word for what the browser said, as the wording knows it.
export function reason(error) {
  if (!navigator.mediaDevices) return "insecure";
  const known = { NotAllowedError: "denied", SecurityError: "denied", NotReadableError: "busy", AbortError: "busy" };
  return known[error?.name] ?? "missing";
}

async function ask(constraints) {
  if (!navigator.mediaDevices) throw new TypeError("no devices on an insecure address");
  return navigator.mediaDevices.getUserMedia(constraints);
}

// Camera and microphone in one question where possible; the one that works when the other does not.
export async function open(facing = "user") {
  const video = { ...PICTURE, facingMode: facing };
  try {
    return { stream: await ask({ video, audio: VOICE }), camera: "", microphone: "" };
  } catch (both) {
    const found = new MediaStream();
    const problems = { camera: "", microphone: "" };
    for (const [device, wanted] of [["camera", { video }], ["microphone", { audio: VOICE }]]) {
      try {
        (await ask(wanted)).getTracks().forEach((track) => found.addTrack(track));
      } catch (error) {
        problems[device] = reason(error) === "missing" ? reason(both) : reason(error);
      }
    }
    return { stream: found, ...problems };
  }
}

// The other camera of a phone: documents are sharper in front of the one at its back.
export async function openCamera(facing) {
  return (await ask({ video: { ...PICTURE, facingMode: facing } })).getVideoTracks()[0];
}

export async function cameras() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((device) => device.kind === "videoinput").length;
}

export function close(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

let sounds = null;

function context() {
  sounds ??= new AudioContext();
  return sounds;
}

// Within a click: browsers give sound to pages that were touched.
export async function unlock() {
  await context().resume();
  return sounds.state === "running";
}

export function tone(frequency = 660, seconds = 0.35) {
  const at = context().currentTime;
  const voice = sounds.createOscillator();
  const loudness = sounds.createGain();
  voice.frequency.value = frequency;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.2, at + 0.02);
  loudness.gain.linearRampToValueAtTime(0, at + seconds);
  voice.connect(loudness).connect(sounds.destination);
  voice.start(at);
  voice.stop(at + seconds);
}

// Calls `heard(level)`, 0 to 1, until the returned function is called.
export function meter(stream, heard) {
  const source = context().createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
  const listener = sounds.createAnalyser();
  const samples = new Float32Array(1024);
  listener.fftSize = 1024;
  source.connect(listener);
  sounds.resume();
  const timer = setInterval(() => {
    listener.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    heard(Math.min(1, Math.sqrt(power) * 6));
  }, 100);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

// How bright the picture is, 0 to 255.
export function brightness(video) {
  const canvas = new OffscreenCanvas(32, 18);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, 32, 18);
  const { data } = pen.getImageData(0, 0, 32, 18);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += 0.3 * data[at] + 0.6 * data[at + 1] + 0.1 * data[at + 2];
  return sum / (data.length / 4);
}
