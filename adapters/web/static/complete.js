// What can be written next, while a command is being written: its name, its inputs, their values.

import { byId, make } from "./dom.js";
import { fetchCompletions, fetchMenu } from "./server.js";

const FRESH_MS = 20_000;
const MOST = 8;
const COMMAND = /^\/(\w*)$/;
const FIRST_WORD = /^\/(\w+)\s+(\S*)$/;
const OPTION = /^\/(\w+)(?=\s)[\s\S]*\s(--[\p{L}\p{N}_-]*|--"[^"\n]*)$/u;
const VALUE = /^\/(\w+)(?=\s)[\s\S]*\s(--[\p{L}\p{N}_-]+|--"[^"\n]+")[ =](\S*)$/u;

const text = byId("text");
const list = byId("completion");

export class Completion {
  /** `onPick` gets the whole text with what was picked in it. */
  constructor(onPick) {
    this.onPick = onPick;
    this.commands = [];
    this.readAt = 0;
    this.offers = [];
    this.at = -1;
    this.asked = 0;
    text.addEventListener("input", () => this.look());
    text.addEventListener("blur", () => setTimeout(() => this.show([]), 150));
  }

  /** Take a key of the field; whether it is done with. */
  key(event) {
    if (this.offers.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark((this.at + step + this.offers.length) % this.offers.length);
    else if (event.key === "Escape") this.show([]);
    else if (event.key === "Tab" && !event.shiftKey) this.pick(Math.max(0, this.at));
    else if (event.key === "Enter" && this.at >= 0) this.pick(this.at);
    else return false;
    event.preventDefault();
    return true;
  }

  async look() {
    const asked = ++this.asked;
    const written = text.value.slice(0, text.selectionStart);
    if (!written.startsWith("/")) return this.show([]);
    const offers = await this.offersFor(written).catch(() => []);
    if (asked === this.asked) this.show(offers.slice(0, MOST));
  }

  async offersFor(written) {
    await this.read();
    const command = COMMAND.exec(written);
    if (command) return this.commandsLike(command[1].toLowerCase());
    const value = VALUE.exec(written);
    if (value) return this.values(this.option(value[1], value[2]), value[1], value[3]);
    const option = OPTION.exec(written);
    if (option) return this.optionsLike(option[1], option[2].toLowerCase());
    const word = FIRST_WORD.exec(written);
    const first = word && this.named(word[1])?.options.find((each) => !each.typed && each.completes);
    return first ? this.values(first, word[1], word[2]) : [];
  }

  async read() {
    if (Date.now() - this.readAt < FRESH_MS) return;
    this.commands = await fetchMenu();
    this.readAt = Date.now();
  }

  named(name) {
    return this.commands.find((each) => each.name === name.toLowerCase());
  }

  option(command, typed) {
    return this.named(command)?.options.find((each) => each.typed === typed || `--${each.name}` === typed);
  }

  commandsLike(begun) {
    const first = this.commands.filter((each) => each.name.startsWith(begun));
    const later = begun ? this.commands.filter((each) => each.name.includes(begun) && !first.includes(each)) : [];
    return [...first, ...later].map((each) => ({ label: `/${each.name}`, about: each.summary, ends: begun, put: `${each.name} ` }));
  }

  optionsLike(command, begun) {
    return (this.named(command)?.options ?? [])
      .filter((each) => each.typed && !["image", "file"].includes(each.kind))
      .filter((each) => [each.typed, `--${each.name}`].some((name) => name.toLowerCase().startsWith(begun)))
      .map((each) => ({ label: each.typed, about: each.summary, ends: begun, put: `${each.typed} ` }));
  }

  async values(option, command, begun) {
    if (!option) return [];
    const all = option.kind === "boolean" ? ["yes", "no"] : option.choices;
    const lowered = begun.toLowerCase();
    const found = option.completes
      ? await fetchCompletions({ command, option: option.name, begun })
      : all.filter((each) => each.toLowerCase().includes(lowered));
    return found.map((each) => ({ label: each, about: "", ends: begun, put: `${/\s/.test(each) ? `"${each}"` : each} ` }));
  }

  show(offers) {
    this.offers = offers;
    list.hidden = offers.length === 0;
    list.replaceChildren(...offers.map((offer, at) => {
      const row = make("li", { role: "option", id: `offer-${at}`, "data-testid": "offer" }, make("b", {}, offer.label), ` ${offer.about}`);
      row.addEventListener("mousedown", (event) => { event.preventDefault(); this.pick(at); });
      return row;
    }));
    this.mark(-1);
  }

  mark(at) {
    this.at = at;
    [...list.children].forEach((row, each) => row.setAttribute("aria-selected", String(each === at)));
    if (at < 0) text.removeAttribute("aria-activedescendant");
    else {
      text.setAttribute("aria-activedescendant", `offer-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  pick(at) {
    const { ends, put } = this.offers[at];
    const caret = text.selectionStart;
    const before = text.value.slice(0, caret - ends.length) + put;
    this.onPick(before + text.value.slice(caret).replace(/^ /, ""), before.length);
    this.look();
  }
}
