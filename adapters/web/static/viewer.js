// The viewer: one picture of a card, as large as the window.

import { byId } from "./dom.js";

const dialog = byId("viewer");
const image = byId("viewer-image");
const before = byId("viewer-before");
const next = byId("viewer-next");

let pictures = [];
let place = 0;
let opener = null;

/** Show the picture at `index` of a card's pictures; `from` gets the focus back. */
export function view(all, index, from) {
  pictures = all;
  opener = from;
  show(index);
  dialog.showModal();
  byId("viewer-close").focus();
}

function show(index) {
  if (index < 0 || index >= pictures.length) return;
  place = index;
  const { url, alt } = pictures[place];
  image.src = url;
  image.alt = alt;
  byId("viewer-download").href = `${url}?download=1`;
  byId("viewer-place").textContent = pictures.length > 1 ? `${place + 1} of ${pictures.length}` : "";
  // A button that vanishes under the focus would leave the keyboard nowhere.
  const focused = document.activeElement;
  before.hidden = place === 0;
  next.hidden = place === pictures.length - 1;
  if (focused?.hidden) byId("viewer-close").focus();
}

before.addEventListener("click", () => show(place - 1));
next.addEventListener("click", () => show(place + 1));
byId("viewer-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target === image) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") show(place - 1);
  if (event.key === "ArrowRight") show(place + 1);
});
dialog.addEventListener("close", () => {
  image.removeAttribute("src");
  if (opener?.isConnected) opener.focus();
  opener = null;
});
