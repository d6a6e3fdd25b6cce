// The stream of what is new. It connects again by itself, and misses nothing.

import { renewVisit } from "./server.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const HIDDEN_MS = 60_000; // a browser has six connections to one host, and each open tab takes one

export class Stream {
  /** `hears` has message(message), reset(), ready() and state("connecting" | "live" | "lost"). */
  constructor(hears) {
    this.hears = hears;
    this.last = 0;
    this.source = null;
    this.pause = FIRST_PAUSE_MS;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.seen(!document.hidden));
    window.addEventListener("online", () => this.open());
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(`/events?since=${this.last}`);
    this.source = source;
    source.addEventListener("message", (event) => {
      this.last = Number(event.lastEventId);
      this.hears.message(JSON.parse(event.data));
    });
    source.addEventListener("reset", () => {
      this.last = 0;
      this.hears.reset();
    });
    source.addEventListener("ready", () => {
      this.pause = FIRST_PAUSE_MS;
      this.hears.state("live");
      this.hears.ready();
    });
    source.addEventListener("error", () => {
      this.hears.state("lost");
      if (source.readyState === EventSource.CLOSED) this.openLater();
    });
  }

  openLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      await renewVisit();
      this.open();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  seen(visible) {
    clearTimeout(this.hiding);
    if (visible && this.source === null) {
      this.hears.state("connecting");
      this.open();
    }
    if (!visible) {
      this.hiding = setTimeout(() => {
        clearTimeout(this.timer);
        this.source?.close();
        this.source = null;
      }, HIDDEN_MS);
    }
  }
}
