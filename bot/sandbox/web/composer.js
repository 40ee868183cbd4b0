// Where one writes: text, files, replies and edits; or what stands there instead (Start, Unblock, Join).

import { InlineList } from "./inline.js";
import { SlashMenu, toast } from "./panels.js";
import { element } from "./render.js";
import { base64 } from "./wire.js";

const byId = (id) => document.getElementById(id);
const MAX_FILE_BYTES = 50e6;
const MAX_TEXT = 4096;

/** A long text in pieces that a message can hold, cut at line breaks or spaces where there are some. */
function parts(text) {
  const pieces = [];
  let rest = text;
  while (rest.length > MAX_TEXT) {
    const head = rest.slice(0, MAX_TEXT);
    const cut = [head.lastIndexOf("\n"), head.lastIndexOf(" ")].find((at) => at > MAX_TEXT / 2) ?? MAX_TEXT - 1;
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return [...pieces, rest];
}

export class Composer {
  #chat = null;
  #replying = null;
  #editing = null;
  #sending = false;
  #drawn = "";

  /** `doing(act, args)`, `openChat()`, `bots()`, `botOf(chat)`, `topic()`, `startBot(bot)`, `shareChat(chat, key)` are the page's. */
  constructor(page) {
    this.page = page;
    this.form = byId("composer-form");
    this.input = byId("composer");
    this.slash = new SlashMenu({
      box: byId("commands"), input: this.input, button: byId("commands-button"),
      commands: () => this.#chat?.commands ?? [],
      send: (one) => this.#sendText(`/${one.command}${this.#chat.kind === "private" ? "" : `@${one.bot}`}`),
    });
    this.inline = new InlineList({
      box: byId("inline"), input: this.input, bots: page.bots, startBot: page.startBot,
      ask: (bot, query) => page.doing("ask_inline", { bot: bot.id, query }),
      choose: (bot, query, id) => this.#chooseInline({ bot: bot.id, query, result_id: id }),
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#grow());
    this.input.addEventListener("paste", (event) => this.#filesOf(event, event.clipboardData));
    byId("file").addEventListener("change", (event) => {
      this.#sendFiles([...event.target.files]);
      event.target.value = "";
    });
    const conversation = byId("conversation");
    conversation.addEventListener("dragover", (event) => this.#chat?.can_write && event.preventDefault());
    conversation.addEventListener("drop", (event) => this.#filesOf(event, event.dataTransfer));
  }

  /** `gently`, when a chat was opened: not where that brings up a keyboard, nor from something just reached in the chat. */
  focus({ gently = false } = {}) {
    const busy = document.activeElement?.closest("#conversation") && document.activeElement !== this.input;
    if (this.form.hidden || (gently && (busy || matchMedia("(hover: none)").matches))) return;
    if (!document.querySelector("dialog[open]")) this.input.focus({ preventScroll: true });
  }

  /** Another chat was opened: what was begun here ends. */
  leave() {
    this.input.value = "";
    this.#grow();
    this.slash.close();
    this.inline.close();
    this.#about(null);
  }

  reply(message) {
    this.#about({ replying: message });
    this.focus();
  }

  edit(message) {
    this.#about({ editing: message });
    this.input.value = message.text;
    this.#grow();
    this.focus();
  }

  insert(text) {
    this.input.value = text;
    this.#grow();
    this.focus();
    this.inline.look();
  }

  draw(chat, { keys = null } = {}) {
    this.#chat = chat;
    const way = chat && this.#instead(chat);
    this.form.hidden = !chat || way !== null;
    byId("instead").hidden = !way;
    // Drawn again only when it changed, so that the focus stays.
    const drawn = JSON.stringify([chat?.id, way?.map((part) => part.text), keys]);
    if (chat) this.input.placeholder = this.#placeholder(chat);
    byId("commands-button").hidden = !chat?.commands.length;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    byId("instead").replaceChildren(...(way ?? []).map((part) => (part.act
      ? element("button", { type: "button", class: "primary wide", testid: part.testid, onclick: part.act }, part.text)
      : element("p", {}, part.text))));
    byId("keys").hidden = !keys || way !== null;
    byId("keys").replaceChildren(...(keys ?? []).map((row, at) => element("div", { class: "keys" }, ...row.map((key, column) => element("button", {
      type: "button", class: "key", testid: `key-${at * 8 + column}`,
      onclick: () => (key.request ? this.page.shareChat(this.#chat, key) : this.#sendText(key.text)),
    }, element("span", { dir: "auto" }, key.text))))));
  }

  #placeholder(chat) {
    if (chat.kind === "channel") return `Post to ${chat.title}`;
    if (!chat.forum) return "Message";
    const topic = chat.topics.find((one) => one.id === this.page.topic()) ?? chat.topics[0];
    return `Message in ${topic.name}`;
  }

  /** What stands in the composer's place, or null. */
  #instead(chat) {
    const { doing, botOf, startBot } = this.page;
    if (chat.kind === "private") {
      const bot = botOf(chat);
      if (bot.blocked) return [{ text: "Unblock", testid: "unblock", act: () => doing("unblock", { bot: bot.id }) }];
      if (!bot.started) return [{ text: "Start", testid: "start", act: () => startBot(bot) }];
      return null;
    }
    if (!chat.member) return [{ text: "Join", testid: "join", act: () => doing("join", { chat_id: chat.id }) }];
    if (chat.can_write) return null;
    return [{ text: chat.kind === "channel" ? "You read this channel. Only its admins write here." : "You cannot write here." }];
  }

  #about(what) {
    this.#replying = what?.replying ?? null;
    this.#editing = what?.editing ?? null;
    const message = this.#replying ?? this.#editing;
    byId("about-to").hidden = !message;
    byId("about-to").replaceChildren(...(message ? [
      element("span", { dir: "auto" }, element("strong", {}, this.#editing ? "Edit" : `Reply to ${message.sender.name}`), ` ${message.text.slice(0, 120)}`),
      element("button", {
        type: "button", class: "plain", "aria-label": "Cancel",
        onclick: () => {
          if (this.#editing) this.input.value = "";
          this.#about(null);
          this.focus();
        },
      }, "✕"),
    ] : []));
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 180)}px`;
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.slash.key(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && (this.#replying || this.#editing)) {
      if (this.#editing) this.input.value = "";
      this.#about(null);
    }
  }

  async #submit() {
    const text = this.input.value.trim();
    if (!text || this.#sending) return;
    this.slash.close();
    this.inline.close();
    const editing = this.#editing;
    this.#sending = true;
    const done = editing
      ? await this.page.doing("edit", { chat_id: editing.chat, message_id: editing.id, text })
      : await this.#send(text);
    this.#sending = false;
    if (done === undefined) return; // what was typed stays, to try again
    if (this.input.value.trim() === text) this.input.value = "";
    this.#about(null);
    this.#grow();
    this.focus();
  }

  async #send(text) {
    let sent;
    for (const part of parts(text)) {
      sent = await this.page.doing("send", { chat_id: this.#chat.id, text: part, topic: this.page.topic(), reply_to: this.#replying?.id ?? null });
      if (sent === undefined) return undefined;
    }
    return sent;
  }

  async #chooseInline(chosen) {
    if (await this.page.doing("choose_inline", { chat_id: this.#chat.id, ...chosen }) === undefined) return;
    this.input.value = "";
    this.#grow();
    this.focus();
  }

  async #sendText(text) {
    await this.#send(text);
    this.#about(null);
    this.#grow();
    this.focus();
  }

  #filesOf(event, transfer) {
    if (!transfer?.files.length || !this.#chat?.can_write) return;
    event.preventDefault();
    this.#sendFiles([...transfer.files]);
  }

  async #sendFiles(files) {
    for (const file of files) {
      if (file.size > MAX_FILE_BYTES) {
        toast(`${file.name} is larger than 50 MB, the most that Telegram takes.`, { error: true });
        continue;
      }
      try {
        const photo = ["image/jpeg", "image/png", "image/webp"].includes(file.type) && file.size <= 10e6;
        const caption = this.input.value.trim();
        const sent = await this.page.doing(photo ? "send_photo" : "send_document", {
          chat_id: this.#chat.id, filename: file.name, data: await base64(file), caption, topic: this.page.topic(),
        });
        if (sent === undefined) continue;
        this.input.value = "";
        this.#about(null);
        this.#grow();
      } catch (error) {
        toast(error.message, { error: true });
      }
    }
  }
}
