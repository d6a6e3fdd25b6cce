// The page: what comes from the stream goes into the log, what is written goes to the server.

import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { MessageLog } from "./log.js";
import { Outbox } from "./outbox.js";
import { Stream } from "./stream.js";

const STATES = { connecting: "Connecting…", live: "Online", lost: "Connection lost. Trying again…" };
const TITLE = document.title;

const log = new MessageLog();
const outbox = new Outbox();
let knowsPast = false;

const composer = new Composer((message) => {
  outbox.send(message);
  welcome();
  log.toBottom();
});

function welcome() {
  byId("welcome").hidden = !(knowsPast && log.isEmpty && outbox.isEmpty);
}

const stream = new Stream({
  message(message) {
    const isNew = log.put(message);
    if (message.body.from === "you") outbox.arrived(message.body.client_id);
    if (isNew || message.body.tone !== "working") {
      if (document.hidden && knowsPast) document.title = `• ${TITLE}`;
    }
    welcome();
  },
  reset() {
    log.clear();
  },
  ready() {
    knowsPast = true;
    log.ready();
    welcome();
  },
  state(state) {
    const connection = byId("connection");
    if (connection.dataset.state === state) return;
    connection.dataset.state = state;
    connection.textContent = STATES[state];
  },
});

for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => composer.suggest(example.textContent));
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.title = TITLE;
});
stream.open();
if (matchMedia("(pointer: fine)").matches) byId("text").focus();
