// What a page's own lines do: every peer connection that it makes, and all that the gateway tells it.
(() => {
  window.__peers = []; window.__sockets = []; window.__heard = [];
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) { super(...given); window.__peers.push(this); }
  };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      if (!new URL(this.url).pathname.endsWith("/calls")) return;
      window.__sockets.push(this);
      this.addEventListener("message", (event) => window.__heard.push(JSON.parse(event.data)));
    }
  };
})();
