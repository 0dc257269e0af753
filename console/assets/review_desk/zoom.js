/* One look for all pictures: how near, and where; so that both faces show the same place. In hundredths of a view. */
const NEAREST = 8;
const STEP = 1.25;
const PAN = 8;

class Zoom {
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.reset();
  }

  reset() {
    this.set(1, 0, 0);
  }

  set(scale, x, y) {
    const room = (scale - 1) * 50;
    const within = (value) => Math.max(-room, Math.min(room, value));
    this.scale = scale;
    this.x = within(x);
    this.y = within(y);
    this.root.style.setProperty("--scale", String(scale));
    this.root.style.setProperty("--x", `${this.x}%`);
    this.root.style.setProperty("--y", `${this.y}%`);
    this.onChange();
  }

  /* Around a point, counted from the middle of the view; what lies under it stays there. */
  by(factor, x = 0, y = 0) {
    const scale = Math.max(1, Math.min(NEAREST, this.scale * factor));
    const ratio = scale / this.scale;
    this.set(scale, x - (x - this.x) * ratio, y - (y - this.y) * ratio);
  }

  pan(right, down) {
    this.set(this.scale, this.x + right, this.y + down);
  }

  listen(view) {
    const place = (event) => {
      const box = view.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width - 0.5) * 100, ((event.clientY - box.top) / box.height - 0.5) * 100];
    };
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.by(event.deltaY < 0 ? STEP : 1 / STEP, ...place(event));
    }, {passive: false});
    view.addEventListener("dblclick", () => this.reset());
    view.addEventListener("pointerdown", (event) => {
      this.grip = place(event);
      view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      if (!this.grip) return;
      const [x, y] = place(event);
      this.pan(x - this.grip[0], y - this.grip[1]);
      this.grip = [x, y];
    });
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => { this.grip = null; });
  }
}
