// Stands in for a camera with somebody before it who does what the page asks, a moment after it is asked.
// `window.__poses` holds JPEGs by name: "rest", and "<move>-<n>" for the way into a move.
(() => {
  const WIDTH = 640, HEIGHT = 480, FRAMES = 15, REACTION_MS = 600, STEP_MS = 130;
  const MOVES = { "←": "turn_left", "→": "turn_right", "↶": "tilt_left", "↷": "tilt_right", "⤢": "come_closer" };
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH; canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const pictures = {};
  for (const [name, encoded] of Object.entries(window.__poses)) {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    createImageBitmap(new Blob([bytes], {type: "image/jpeg"})).then((decoded) => { pictures[name] = decoded; });
  }
  let shown = "rest", asked = "", way = [], next = 0, started = 0;
  const into = (move) => (move ? [1, 2, 3].map((number) => `${move}-${number}`) : []);
  const react = () => {
    const arrow = document.querySelector('[data-slot="arrow"]')?.textContent ?? "";
    const move = MOVES[arrow] ?? "";
    if (move !== asked) {
      way = [...into(asked).reverse().slice(1), "rest", "rest", ...into(move)];
      next = performance.now() + REACTION_MS;
      asked = move;
    }
    while (way.length && performance.now() >= next) {
      shown = way.shift();
      next += STEP_MS;
    }
  };
  const draw = () => {
    react();
    const picture = pictures[shown];
    if (picture) context.drawImage(picture, Math.sin(performance.now() / 900), 0, WIDTH, HEIGHT);
    context.fillStyle = `rgb(${Math.floor(performance.now() / 60) % 256}, 90, 90)`;
    context.fillRect(0, 0, 8, 8);
  };
  navigator.mediaDevices.getUserMedia = async () => {
    if (!started) started = setInterval(draw, 1000 / FRAMES);
    draw();
    return canvas.captureStream(FRAMES);
  };
})();
