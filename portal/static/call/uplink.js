// A line too poor for a picture keeps the voice: the picture rests, and is tried again after growing pauses.

// Below this the voice suffers from the picture; above it a slow picture is better than none.
const POOR_BITS = 50_000;
const LOSSY = 0.25;
const POOR_SECONDS = 5;
const REST_SECONDS = [15, 30, 60];
// A picture that lasted this long has proved the line: the next rest is a short one again.
const PROVED_SECONDS = 30;
// What the agent asked to see is sent for at least so long.
const SHOWN_SECONDS = 20;

export class Uplink {
  // `told(on)` hears when the picture rests or goes on.
  constructor({ peer, told }) {
    Object.assign(this, { peer, told });
    this.isOn = true;
    this.poor = 0;
    this.lasted = 0;
    this.rests = 0;
    this.left = 0;
    this.spared = 0;
    this.timer = setInterval(() => this.look(), 1000);
  }

  async look() {
    if (!this.peer.senders.video) return;
    const isPoor = await this.peer.isPoor(POOR_BITS, LOSSY);
    if (this.isOn) this.sending(isPoor);
    else this.resting();
  }

  sending(isPoor) {
    this.lasted += 1;
    if (this.lasted >= PROVED_SECONDS) this.rests = 0;
    if (this.spared > 0) {
      this.spared -= 1;
      return;
    }
    this.poor = isPoor ? this.poor + 1 : 0;
    if (this.poor < POOR_SECONDS) return;
    this.left = REST_SECONDS[Math.min(this.rests, REST_SECONDS.length - 1)];
    this.rests += 1;
    this.turn(false);
  }

  resting() {
    this.left -= 1;
    if (this.left <= 0) this.turn(true);
  }

  // The agent asks to see something: a picture in jerks is better than none.
  show() {
    this.spared = SHOWN_SECONDS;
    if (!this.isOn) this.turn(true);
  }

  async turn(on) {
    this.isOn = on;
    this.poor = this.lasted = 0;
    await this.peer.sendPicture(on);
    this.told(on);
  }

  stop() {
    clearInterval(this.timer);
  }
}
