// Making elements. What people or workflows wrote goes in as text only, never as markup.

export const byId = (id) => document.getElementById(id);

/** Make an element with classes, attributes and children; a child that is text stays text. */
export function make(tag, { classes = "", ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Return a copy of one of the icons that stand as templates in the page. */
export const icon = (name) => byId(`icon-${name}`).content.cloneNode(true);

/** Return a new id: 32 hexadecimal characters. (randomUUID is missing where the page has no TLS.) */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let hiding = 0;

/** Say one sentence above the message field for a few seconds. */
export function notice(sentence) {
  clearTimeout(hiding);
  byId("notice").textContent = sentence;
  hiding = setTimeout(() => { byId("notice").textContent = ""; }, 6000);
}
