// Requests to the server. Sending again under the same id is always safe.

const TOO_LONG_MS = 120_000;

/** The server has refused, and its message says why. */
export class RefusedError extends Error {}

async function post(path, options) {
  const signal = AbortSignal.timeout ? AbortSignal.timeout(TOO_LONG_MS) : undefined;
  const answer = await fetch(path, { method: "POST", signal, ...options });
  if (answer.ok) return;
  if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
  if (answer.status === 401) await renewVisit();
  const told = await answer.json().catch(() => ({}));
  throw new RefusedError(told.error || "That was not taken. Please try again.");
}

/** Send a message. Rejects with RefusedError, or with another error when the server was not reached. */
export function sendMessage({ id, text, images }) {
  const form = new FormData();
  form.append("id", id);
  form.append("text", text);
  for (const image of images) form.append("image", image, image.name || "picture");
  return post("/messages", { body: form });
}

/** Tell of the press of a button. */
export function sendPress({ id, message, action }) {
  const headers = { "Content-Type": "application/json" };
  return post("/actions", { headers, body: JSON.stringify({ id, message, action }) });
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.json();
}

/** Return the commands that there are, with their options. */
export const fetchMenu = async () => (await ask("/menu")).commands;

/** Return what an option of a command can be, as far as it is written. */
export const fetchCompletions = async (written) => (await ask(`/completions?${new URLSearchParams(written)}`)).choices;

/** Load the page once more, unseen: that gives us a cookie when ours is not known any more. */
export async function renewVisit() {
  await fetch("/", { cache: "no-store" }).catch(() => undefined);
}
