// Where people write: text that grows, and pictures by button, paste or drop.

import { Completion } from "./complete.js";
import { byId, icon, make, newId, notice } from "./dom.js";

const MOST_IMAGES = 4;
const LARGEST_BYTES = 20_000_000;
const TAKEN = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const DRAFT = "stationthis draft";

const text = byId("text");
const send = byId("send");
const files = byId("files");
const previews = byId("previews");
const drop = byId("drop");

export class Composer {
  /** `onSend` gets id, text and images of each message. */
  constructor(onSend) {
    this.onSend = onSend;
    this.images = [];
    text.value = sessionStorage.getItem(DRAFT) ?? "";
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    text.addEventListener("input", () => this.changed());
    this.completion = new Completion((words, caret) => this.put(words, caret));
    text.addEventListener("keydown", (event) => {
      if (this.completion.key(event)) return;
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    byId("attach").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      this.add([...files.files]);
      files.value = "";
    });
    document.addEventListener("paste", (event) => this.pasted(event));
    this.takeDrops();
    this.changed();
  }

  /** Put words into the field, for the person to send or to change. */
  suggest(words) {
    this.put(words, words.length);
    text.focus();
  }

  put(words, caret) {
    text.value = words;
    this.changed();
    text.setSelectionRange(caret, caret);
  }

  send() {
    const words = text.value.trim();
    if (!words && this.images.length === 0) return;
    this.onSend({ id: newId(), text: words, images: this.images.map((each) => each.file) });
    text.value = "";
    this.completion.show([]);
    this.images.forEach((each) => URL.revokeObjectURL(each.url));
    this.images = [];
    this.showPreviews();
    this.changed();
    text.focus();
  }

  changed() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
    const empty = !text.value.trim() && this.images.length === 0;
    send.setAttribute("aria-disabled", String(empty));
    sessionStorage.setItem(DRAFT, text.value);
  }

  add(added) {
    for (const file of added) {
      if (!TAKEN.has(file.type)) notice("Only pictures can be added: PNG, JPEG, WebP or GIF.");
      else if (file.size > LARGEST_BYTES) notice("Pictures may have up to 20 MB. Please take a smaller one.");
      else if (this.images.length >= MOST_IMAGES) notice(`A message takes up to ${MOST_IMAGES} pictures.`);
      else this.images.push({ file, url: URL.createObjectURL(file) });
    }
    this.showPreviews();
    this.changed();
    text.focus();
  }

  showPreviews() {
    previews.hidden = this.images.length === 0;
    previews.replaceChildren(...this.images.map((image, at) => {
      const name = image.file.name || `picture ${at + 1}`;
      const remove = make("button", { type: "button", "aria-label": `Remove ${name}`, "data-testid": "remove" }, icon("close"));
      remove.addEventListener("click", () => this.remove(image));
      return make("li", {}, make("img", { src: image.url, alt: name }), remove);
    }));
  }

  remove(image) {
    URL.revokeObjectURL(image.url);
    this.images = this.images.filter((each) => each !== image);
    this.showPreviews();
    this.changed();
    text.focus();
  }

  pasted(event) {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    this.add(pasted);
  }

  takeDrops() {
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let inside = 0; // enter and leave come for every element on the way
    const over = (change) => {
      inside = Math.max(0, inside + change);
      drop.hidden = inside === 0;
    };
    document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) over(1); });
    document.addEventListener("dragleave", (event) => { if (carriesFiles(event)) over(-1); });
    document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
    document.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over(-inside);
      this.add([...event.dataTransfer.files]);
    });
  }
}
