// Stands in for a camera and a microphone: a canvas that shows one of `window.__pictures`, and a steady tone.
// The person before it reacts: `window.__show("document")` changes what is held up.
(() => {
  const WIDTH = 1280, HEIGHT = 720, FRAMES = 15;
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH; canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const pictures = {};
  for (const [name, address] of Object.entries(window.__pictures)) {
    // Decoded from its bytes: the page's own policy allows no picture from elsewhere.
    const bytes = Uint8Array.from(atob(address), (letter) => letter.charCodeAt(0));
    createImageBitmap(new Blob([bytes], {type: "image/jpeg"})).then((decoded) => { pictures[name] = decoded; });
  }
  let shown = "face", started = 0;
  window.__show = (name) => { shown = name; };
  const draw = () => {
    const seconds = performance.now() / 1000;
    const picture = pictures[shown];
    // A person moves a little; a document is held still enough to read.
    const sway = shown === "face" ? 4 * Math.sin(seconds) : Math.sin(seconds);
    if (picture) context.drawImage(picture, sway, 0, WIDTH, HEIGHT);
    context.fillStyle = `rgb(${Math.floor(seconds * FRAMES) % 256}, 90, 90)`;
    context.fillRect(0, 0, 12, 12);
  };
  const tone = () => {
    const audio = new AudioContext();
    const oscillator = audio.createOscillator();
    const out = audio.createMediaStreamDestination();
    const volume = audio.createGain();
    oscillator.frequency.value = window.__tone;
    volume.gain.value = 0.3;
    oscillator.connect(volume).connect(out);
    oscillator.start();
    audio.resume();
    return out.stream;
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!started) started = setInterval(draw, 1000 / FRAMES);
    draw();
    const tracks = [];
    if (wanted.video) tracks.push(...canvas.captureStream(FRAMES).getVideoTracks());
    if (wanted.audio) tracks.push(...tone().getAudioTracks());
    return new MediaStream(tracks);
  };
})();
