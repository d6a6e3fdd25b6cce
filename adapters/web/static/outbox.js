// What the person has sent and the server has not shown yet. Each is sent again under its own id.

import { byId, make } from "./dom.js";
import { RefusedError, sendMessage } from "./server.js";
import { OwnView } from "./view.js";

const place = byId("outbox");

export class Outbox {
  constructor() {
    this.waiting = new Map();
  }

  get isEmpty() {
    return this.waiting.size === 0;
  }

  /** Show a message at once, and send it. `message` has id, text and images (files). */
  send(message) {
    const view = new OwnView();
    const urls = message.images.map((image) => URL.createObjectURL(image));
    view.fill(message.text, urls.map((url) => ({ url, kind: "image" })));
    view.element.classList.add("new");
    view.state = make("div", { classes: "state", "aria-live": "polite", "data-testid": "sending" });
    view.element.append(view.state);
    place.append(view.element);
    this.waiting.set(message.id, { message, view, urls });
    void this.attempt(message.id);
  }

  async attempt(id) {
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.mark(entry, "pending", "Sending…");
    try {
      await sendMessage(entry.message);
      this.mark(entry, "sent", "");
    } catch (error) {
      const refused = error instanceof RefusedError;
      this.mark(entry, "failed", refused ? error.message : "Not sent.", refused ? "Remove" : "Try again");
    }
  }

  mark({ message, view }, state, sentence, way = "") {
    view.element.classList.remove("pending", "failed", "sent");
    view.element.classList.add(state);
    view.state.replaceChildren(sentence);
    if (!way) return;
    const button = make("button", { type: "button", "data-testid": "retry" }, way);
    button.addEventListener("click", () => {
      if (way === "Remove") this.arrived(message.id);
      else void this.attempt(message.id);
      byId("text").focus();
    });
    view.state.append(button);
  }

  /** The server's own version is here (or the person gave up): ours goes. */
  arrived(id) {
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.waiting.delete(id);
    entry.view.element.remove();
    entry.urls.forEach((url) => URL.revokeObjectURL(url));
  }
}
