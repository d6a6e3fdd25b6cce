// The list of messages: their order, the place to which it is scrolled, and what is on its way.

import { byId } from "./dom.js";
import { viewFor } from "./view.js";

const NEAR_PX = 120;

const scroller = byId("scroller");
const log = byId("log");
const messages = byId("messages");
const newer = byId("newer");

// In the order of their first versions; of the same moment, in the order in which we heard.
const comesBefore = (one, two) => (one.at === two.at ? one.seq < two.seq : one.at < two.at);

export class MessageLog {
  constructor() {
    this.entries = new Map();
    this.order = [];
    this.stuck = true;
    this.top = 0;
    scroller.addEventListener("scroll", () => this.noteScroll(), { passive: true });
    newer.addEventListener("click", () => this.toBottom({ smooth: true }));
    // Pictures that load, a keyboard that opens, a field that grows: whoever was at the end stays there.
    const sizes = new ResizeObserver(() => { if (this.stuck) this.toBottom(); });
    sizes.observe(log);
    sizes.observe(scroller);
  }

  get isEmpty() {
    return this.entries.size === 0;
  }

  /** Show a message of the server: a new one in its place, a known one changed. Return whether it is new. */
  put(message) {
    const known = this.entries.get(message.id);
    if (known) {
      known.view.show(message);
      return false;
    }
    const entry = { at: message.at, seq: message.seq, view: viewFor(message) };
    entry.view.show(message);
    entry.view.element.classList.add("new");
    this.entries.set(message.id, entry);
    let at = this.order.length;
    while (at > 0 && comesBefore(entry, this.order[at - 1])) at -= 1;
    messages.insertBefore(entry.view.element, this.order[at]?.view.element ?? null);
    this.order.splice(at, 0, entry);
    if (!this.stuck && message.body.from !== "you") newer.hidden = false;
    return true;
  }

  clear() {
    this.entries.clear();
    this.order = [];
    messages.replaceChildren();
  }

  /** The past is complete: from now on what comes is news, and is read aloud. */
  ready() {
    if (this.stuck) this.toBottom();
    requestAnimationFrame(() => {
      log.classList.add("ready");
      log.setAttribute("aria-live", "polite");
    });
  }

  toBottom({ smooth = false } = {}) {
    this.stuck = true;
    newer.hidden = true;
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  noteScroll() {
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    // Only who goes up leaves the end: a message may have come since we went down.
    if (below < NEAR_PX) this.stuck = true;
    else if (scroller.scrollTop < this.top) this.stuck = false;
    this.top = scroller.scrollTop;
    if (this.stuck) newer.hidden = true;
  }
}
