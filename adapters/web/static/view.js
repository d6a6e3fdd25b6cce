// Messages as elements. A card is changed in place, part by part, so nothing flickers and the focus stays.

import { make, newId, notice } from "./dom.js";
import { others, pictures } from "./media.js";
import { RefusedError, sendPress } from "./server.js";

const ONE_PRESS_MS = 1500;
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

/** Return a view for a message of the server: `element`, and `show(message)` for each version. */
export const viewFor = (message) => (message.body.from === "you" ? new OwnView() : new CardView(message.id));

function showTime(element, at) {
  const moment = new Date(at);
  element.dateTime = at;
  element.textContent = clock.format(moment);
  element.title = moment.toLocaleString();
}

/** What the person sent. */
export class OwnView {
  constructor() {
    this.bubble = make("div", { classes: "bubble" });
    this.time = make("time");
    this.element = make("article", { classes: "message own", "aria-label": "You", "data-testid": "own" }, this.bubble);
  }

  show({ at, body }) {
    this.fill(body.text, body.media);
    showTime(this.time, at);
    this.element.append(this.time);
  }

  fill(text, media) {
    const parts = [pictures(media, this.bubble, "Your picture")];
    if (text) parts.push(make("div", { classes: "text" }, text));
    this.bubble.replaceChildren(...parts.filter(Boolean));
  }
}

/** A card of the station. */
class CardView {
  constructor(id) {
    this.id = id;
    this.shown = {};
    this.card = make("div", { classes: "card" });
    this.parts = { pictures: null, text: null, progress: null, others: null };
    this.buttons = null;
    this.time = make("time");
    this.element = make(
      "article",
      { classes: "message station", "aria-label": "StationThis", tabindex: "-1", "data-testid": "card" },
      this.card, this.time,
    );
  }

  show({ at, body }) {
    const hadFocus = this.element.contains(document.activeElement) ? document.activeElement : null;
    this.element.dataset.tone = body.tone;
    // Progress is not read aloud step by step; the end is.
    this.element.setAttribute("aria-live", body.tone === "working" ? "off" : "polite");
    this.element.setAttribute("aria-busy", String(body.tone === "working"));
    this.showMedia(body);
    this.part("text", body.spans, () => make("div", { classes: "text" }, ...body.spans.flatMap(span)));
    this.showProgress(body);
    this.card.replaceChildren(...Object.values(this.parts).filter(Boolean));
    this.showButtons(body.buttons);
    showTime(this.time, at);
    if (hadFocus && !hadFocus.isConnected) this.refocus(hadFocus.dataset.action);
  }

  /** Make a part anew only when it has changed; return whether it has. */
  part(name, facts, build) {
    const seen = JSON.stringify(facts);
    if (this.shown[name] === seen) return;
    this.shown[name] = seen;
    this.parts[name] = build();
  }

  showMedia(body) {
    const words = body.spans.map((each) => each.text).join("").split("\n")[0].trim();
    this.part("pictures", body.media, () => pictures(body.media, this.card, words.slice(0, 200) || "Picture"));
    this.part("others", body.media, () => others(body.media));
  }

  showProgress({ progress, tone }) {
    if (progress === null) {
      this.parts.progress = null;
      return;
    }
    this.parts.progress ??= make(
      "div",
      { classes: "progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100, "data-testid": "progress" },
      make("div", { classes: "done" }),
    );
    const bar = this.parts.progress;
    const unknown = progress === 0 && tone === "working";
    bar.classList.toggle("unknown", unknown);
    bar.style.setProperty("--progress", progress);
    if (unknown) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", Math.round(progress * 100));
  }

  showButtons(rows) {
    this.unlock();
    const seen = JSON.stringify(rows);
    if (this.shown.buttons === seen) return;
    this.shown.buttons = seen;
    this.buttons?.remove();
    this.buttons = rows.length ? make("div", { classes: "buttons" }, ...rows.map((row) => this.row(row))) : null;
    if (this.buttons) this.time.before(this.buttons);
  }

  row(buttons) {
    return make("div", { classes: "row" }, ...buttons.map((button) => {
      const element = make(
        "button",
        { type: "button", classes: "press", "data-action": button.action, "data-weight": button.weight, "data-testid": "press" },
        button.label,
      );
      element.addEventListener("click", () => this.press(button.action));
      return element;
    }));
  }

  async press(action) {
    if (this.lock) return; // a double press is one press
    this.lock = setTimeout(() => this.unlock(), ONE_PRESS_MS);
    this.mark(true);
    try {
      await sendPress({ id: newId(), message: this.id, action });
    } catch (error) {
      this.unlock();
      notice(error instanceof RefusedError ? error.message : "That did not reach the station. Please press again.");
    }
  }

  unlock() {
    clearTimeout(this.lock);
    this.lock = 0;
    this.mark(false);
  }

  mark(disabled) {
    // Not `disabled`: that would take the focus away.
    for (const button of this.buttons?.querySelectorAll("button") ?? []) {
      button.setAttribute("aria-disabled", String(disabled));
    }
  }

  refocus(action) {
    const same = [...this.element.querySelectorAll("button")].find((each) => each.dataset.action === action);
    (same ?? this.element).focus({ preventScroll: true });
  }
}

/** Return a span; blanks at its edges stay outside, or its background would show where nothing is. */
function span({ text, style }) {
  const words = text.trim();
  const at = text.indexOf(words);
  return [text.slice(0, at), make("span", { classes: style }, words), text.slice(at + words.length)];
}
