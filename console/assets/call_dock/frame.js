/* What the dock changes outside itself: room at the left while a call is on, none at any other time, and the title
   of the document. */
const CALL_CLASS = "qb-call";
const MENU_CLASS = "qb-call-menu";
const PAGE_STYLE = `
.st-key-session_guard, .st-key-call_dock { position: absolute; }
html.${CALL_CLASS} [data-testid=stSidebar], html.${CALL_CLASS} [data-testid=stExpandSidebarButton] { display: none; }
html.${CALL_CLASS} [data-testid=stMain] { margin-left: 600px; width: calc(100% - 600px); }
html.${CALL_CLASS}.${MENU_CLASS} [data-testid=stSidebar] { display: block; position: fixed !important; left: 0; top: 0;
  bottom: 0; height: 100%; transform: none !important; z-index: 999999; box-shadow: 0 0 24px #0006; }
`;
const BLINK_EVERY_MS = 1000;

class Frame {
  constructor(onShift) {
    this.style = document.createElement("style");
    this.style.textContent = PAGE_STYLE;
    document.head.append(this.style);
    this.away = (event) => {
      if (this.isMenu && !event.composedPath().some((node) => node.classList?.contains("menu"))) {
        /* After the click has reached the link. */
        setTimeout(() => this.menu(false), 150);
      }
    };
    document.addEventListener("click", this.away, true);
    this.onShift = onShift;
  }

  /* The strip stands between the menu at the left, which can be drawn wider or folded, and what stands at the right. */
  measure() {
    const main = document.querySelector("[data-testid=stMain]");
    const right = document.querySelector(".st-key-masthead");
    const left = main ? Math.max(main.getBoundingClientRect().left, 56) : 224;
    this.onShift(left, right ? right.getBoundingClientRect().left : window.innerWidth);
  }

  call(on) {
    document.documentElement.classList.toggle(CALL_CLASS, on);
    if (!on) this.menu(false);
  }

  get isMenu() {
    return document.documentElement.classList.contains(MENU_CLASS);
  }

  menu(on) {
    document.documentElement.classList.toggle(MENU_CLASS, on);
  }

  blink(words) {
    if (Boolean(words) === Boolean(this.timer)) return;
    clearInterval(this.timer);
    this.timer = null;
    if (!words) {
      if (document.title === this.words) document.title = this.title;
      return;
    }
    this.words = words;
    this.title = document.title;
    this.timer = setInterval(() => {
      /* A page that opened meanwhile has given itself another title. */
      if (document.title !== this.words) this.title = document.title;
      document.title = document.title === this.words ? this.title : this.words;
    }, BLINK_EVERY_MS);
  }

  close() {
    this.blink(null);
    this.call(false);
    document.removeEventListener("click", this.away, true);
    this.style.remove();
  }
}
