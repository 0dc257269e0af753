// One question to the browser: is there a camera, and may this page use it?

import * as devices from "../call/devices.js";

export async function open() {
  if (!navigator.mediaDevices) throw new TypeError("no devices on an insecure address");
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
}

export { close, reason } from "../call/devices.js";

export function said(words, error) {
  return words[`camera_${devices.reason(error)}`];
}
