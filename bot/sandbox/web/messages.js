// The messages of the open chat: loading, placing, editing, removing; staying at the end or offering what is new.

import { toast } from "./panels.js";
import { dayLabel, dayOf, element, messageItem } from "./render.js";
import { act, get } from "./wire.js";

const PAGE_OF_MESSAGES = 100;
const MOST_SHOWN = 300; // beyond it the oldest make room, while one looks at the end
const NEAR_END_PX = 60;
const GATHER_MS = 20; // events are shown in batches: a hundred posts cost one drawing
const byId = (id) => document.getElementById(id);

export class MessageList {
  #messages = new Map(); // id -> message
  #newBelow = 0; // messages that came while one was reading further up
  #stuck = true; // the end is in view, and is kept there when the page changes its size
  #changes = 0; // what happened since, to notice an answer that is older than an event
  #waiting = []; // events not shown yet: {message, isNew} or {gone: id}
  #timer = null;
  #readTo = 0;

  /** `where()` gives {person, chat, topic}; `chat()` the open chat; `acts` as messageItem wants them; `onRead()` follows a reading mark. */
  constructor({ where, chat, acts, onRead }) {
    Object.assign(this, { where, chat, acts, onRead });
    this.scroller = byId("scroller");
    this.list = byId("messages");
    this.chip = byId("newer");
    byId("earlier").addEventListener("click", () => this.#loadEarlier());
    this.chip.addEventListener("click", () => {
      this.toEnd();
      this.markRead();
    });
    this.scroller.addEventListener("scroll", () => {
      this.#stuck = this.#atEnd();
      if (!this.#newBelow || !this.#stuck) return;
      this.#newBelow = 0;
      this.#drawChip();
      this.markRead();
    }, { passive: true });
    new ResizeObserver(() => this.#stuck && this.toEnd()).observe(this.scroller);
    document.addEventListener("visibilitychange", () => this.markRead());
  }

  clear() {
    this.#messages.clear();
    this.#waiting = [];
    this.#readTo = 0;
    this.#newBelow = 0;
    this.#changes += 1;
    this.#drawChip();
    byId("earlier").hidden = true;
    this.list.classList.remove("empty");
    this.list.replaceChildren();
  }

  /** The reply keyboard in force: the last one a bot sent here, unless it was taken away since. */
  keyboard() {
    const told = [...this.#messages.values()].reverse().find((message) => message.keyboard || message.keyboard_removed);
    return told?.keyboard ?? null;
  }

  /** Asks for the messages (again), and changes only what differs. */
  async load({ toEnd = false } = {}) {
    const where = this.where();
    const changes = this.#changes;
    let answer;
    try {
      answer = await get("/chat/messages", { ...where, limit: Math.max(PAGE_OF_MESSAGES, this.#messages.size) });
    } catch (error) {
      return toast(error.message, { error: true });
    }
    if (!this.#isAt(where)) return undefined;
    if (changes !== this.#changes) return this.load({ toEnd });
    const stay = toEnd || this.#atEnd();
    const standing = new Set(answer.messages.map((message) => message.id));
    for (const id of [...this.#messages.keys()].filter((one) => !standing.has(one))) this.#take(id);
    for (const message of answer.messages) this.#place(message);
    byId("earlier").hidden = !answer.more;
    this.#drawDays();
    if (stay) this.toEnd();
    return this.markRead();
  }

  /** A message came or was edited. */
  put(message, isNew) {
    this.#wait({ message, isNew });
  }

  remove(id) {
    this.#wait({ gone: id });
  }

  show(id) {
    const node = byId(`message-${id}`);
    if (!node) return toast("That message is further up, or gone.");
    node.scrollIntoView({ block: "center" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1500);
    return undefined;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#stuck = true;
    this.#newBelow = 0;
    this.#drawChip();
  }

  /** Tells the sandbox how far this person has read, when the page is looked at and the end is in view. */
  async markRead() {
    const { person, chat } = this.where();
    if (document.hidden || chat === null || !this.#messages.size || this.#newBelow) return;
    const newest = Math.max(...this.#messages.keys());
    if (newest <= this.#readTo) return;
    this.#readTo = newest;
    await act("read", { person, chat_id: chat, message_id: newest }).catch(() => {});
    this.onRead();
  }

  #wait(event) {
    this.#changes += 1;
    this.#waiting.push(event);
    this.#timer ??= setTimeout(() => this.#showWaiting(), GATHER_MS);
  }

  #showWaiting() {
    this.#timer = null;
    const { topic } = this.where();
    const stay = this.#atEnd();
    let own = false;
    const changed = new Set();
    for (const { message, isNew, gone } of this.#waiting.splice(0)) {
      if (gone !== undefined) this.#take(gone);
      // An edit of something further up than what is loaded waits until that is asked for.
      else if ((topic === null || message.topic === topic) && (isNew || this.#messages.has(message.id))) {
        const known = this.#messages.has(message.id);
        this.#place(message);
        changed.add(message.id);
        if (known) continue;
        own ||= message.mine;
        this.#newBelow += 1;
      }
    }
    if (stay || own) {
      this.#makeRoom();
      this.#drawDays();
      this.toEnd();
      if (!own && changed.size === 1) this.#toStartOfLong(...changed);
    } else {
      this.#drawDays();
      this.#drawChip();
    }
    this.markRead();
  }

  /** An article that is longer than the window is read from its beginning. */
  #toStartOfLong(id) {
    const node = byId(`message-${id}`);
    if (!node || node.offsetHeight < this.scroller.clientHeight) return;
    this.scroller.scrollTop += node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top - 8;
    this.#stuck = false;
  }

  #makeRoom() {
    if (this.#messages.size <= MOST_SHOWN) return;
    const ids = [...this.#messages.keys()].sort((a, b) => a - b);
    for (const id of ids.slice(0, -PAGE_OF_MESSAGES)) this.#take(id);
    byId("earlier").hidden = false;
  }

  #isAt(where) {
    const now = this.where();
    return where.person === now.person && where.chat === now.chat && where.topic === now.topic;
  }

  #atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_END_PX;
  }

  async #loadEarlier() {
    const where = this.where();
    const button = byId("earlier");
    button.disabled = true;
    let answer;
    try {
      answer = await get("/chat/messages", { ...where, before: Math.min(...this.#messages.keys()), limit: PAGE_OF_MESSAGES });
    } catch (error) {
      return toast(error.message, { error: true });
    } finally {
      button.disabled = false;
    }
    if (!this.#isAt(where)) return undefined;
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    for (const message of answer.messages) this.#place(message);
    button.hidden = !answer.more;
    this.#drawDays();
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    return undefined;
  }

  /** Puts the message where it belongs, or its new version in the place of the old one. */
  #place(message) {
    const known = this.#messages.get(message.id);
    this.#messages.set(message.id, message);
    const present = byId(`message-${message.id}`);
    if (present) {
      if (JSON.stringify(known) === JSON.stringify(message)) return;
      // An edit under one's fingers keeps the focus on the button at the same place.
      const focused = [...present.querySelectorAll("button, a")].indexOf(document.activeElement);
      const fresh = this.#item(message);
      present.replaceWith(fresh);
      const focusable = [...fresh.querySelectorAll("button, a")];
      if (focused >= 0) focusable[Math.min(focused, focusable.length - 1)]?.focus({ preventScroll: true });
      return;
    }
    let before = this.list.lastElementChild;
    while (before && !(Number(before.dataset.message) < message.id)) before = before.previousElementSibling;
    if (before) before.after(this.#item(message));
    else this.list.prepend(this.#item(message));
  }

  #item(message) {
    const node = messageItem(message, this.chat(), this.acts);
    // A photo that comes late must not push the end out of view.
    node.querySelector("img")?.addEventListener("load", () => this.#stuck && this.toEnd());
    return node;
  }

  #take(id) {
    this.#messages.delete(id);
    byId(`message-${id}`)?.remove();
  }

  #drawDays() {
    for (const mark of this.list.querySelectorAll(".day")) mark.remove();
    let day = null;
    for (const node of [...this.list.children]) {
      if (dayOf(node.dataset.at) === day) continue;
      day = dayOf(node.dataset.at);
      node.before(element("li", { class: "day", dataset: { at: node.dataset.at } }, element("span", {}, dayLabel(node.dataset.at))));
    }
    this.list.classList.toggle("empty", this.list.children.length === 0);
  }

  #drawChip() {
    this.chip.hidden = this.#newBelow === 0;
    this.chip.textContent = this.#newBelow === 1 ? "1 new message ↓" : `${this.#newBelow} new messages ↓`;
  }
}
