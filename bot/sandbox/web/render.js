// Nouns become elements here. Text from messages only ever becomes text nodes: nothing in this page parses HTML.

import { safeHref, telegramLink } from "./wire.js";

/** element("a", {href, onclick, dataset: {…}}, child, "text", …): attributes that are null or false are left out. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "testid") node.dataset.testid = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const wholeMoment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function dayOf(at) {
  return new Date(at).toDateString();
}

export function dayLabel(at) {
  return dayOf(at) === new Date().toDateString() ? "Today" : dayName.format(new Date(at));
}

/** Short, for the list of chats. */
export function momentLabel(at) {
  const moment = new Date(at);
  return moment.toDateString() === new Date().toDateString() ? clockTime.format(moment) : shortDay.format(moment);
}

export function avatar(id, title, extra = "") {
  const letter = [...title.trim()][0] ?? "?";
  return element("span", { class: `avatar tint-${Math.abs(id) % 6} ${extra}`, "aria-hidden": "true" }, letter.toUpperCase());
}

// ---------------------------------------------------------------- entities

const MARKS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };

/** Text with entities (offsets in UTF-16 units, as JavaScript counts too) as a list of nodes. */
export function formatted(text, entities, on) {
  const usable = entities
    .filter((e) => e.length > 0 && e.offset >= 0 && e.offset + e.length <= text.length)
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  const root = document.createDocumentFragment();
  fill(root, text, 0, text.length, usable, on);
  return root;
}

function fill(parent, text, from, to, entities, on) {
  const waiting = [...entities];
  let at = from;
  while (waiting.length) {
    const entity = waiting.shift();
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (end <= start) continue;
    const block = BLOCKS.has(entity.type);
    // A block stands on its own lines already: the line breaks beside it would only add empty ones.
    appendText(parent, text.slice(at, block && text[start - 1] === "\n" && start > at ? start - 1 : start));
    const inner = [];
    const after = [];
    for (const other of waiting.splice(0)) {
      const otherEnd = other.offset + other.length;
      if (other.offset < end) inner.push(other);
      // One that reaches over the edge is cut in two, so that elements stay nested.
      if (otherEnd > end) after.push({ ...other, offset: Math.max(other.offset, end), length: otherEnd - Math.max(other.offset, end) });
    }
    waiting.push(...after);
    parent.append(wrap(entity, text.slice(start, end), (node) => fill(node, text, start, end, inner, on), on));
    at = block && text[end] === "\n" ? end + 1 : end;
  }
  appendText(parent, text.slice(at, Math.max(at, to)));
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

function appendText(parent, text) {
  if (text) parent.append(text);
}

function wrap(entity, text, fillInto, on) {
  const filled = (node) => {
    fillInto(node);
    return node;
  };
  switch (entity.type) {
    case "bold": case "italic": case "underline": case "strikethrough":
      return filled(element(MARKS[entity.type]));
    case "code":
      return filled(element("code", { dir: "auto" }));
    case "spoiler":
      return spoiler(filled);
    case "pre":
      return element("pre", { dir: "ltr", "data-language": entity.language || null, tabindex: "0", "aria-label": "Code" }, filled(element("code")));
    case "blockquote":
      return filled(element("blockquote"));
    case "expandable_blockquote":
      return expandable(filled);
    case "text_link":
      return link(entity.url, filled, on);
    case "url":
      return link(text, filled, on);
    case "email":
      return link(`mailto:${text}`, filled, on);
    case "phone_number":
      return link(`tel:${text.replace(/[^+\d]/g, "")}`, filled, on);
    case "mention":
      return link(`https://t.me/${text.slice(1)}`, filled, on);
    case "bot_command":
      return filled(element("button", { type: "button", class: "inline-act", onclick: () => on.command(text) }));
    case "hashtag": case "cashtag": case "text_mention":
      return filled(element("span", { class: "tag" }));
    case "date_time":
      return filled(element("time", {
        title: entity.unix_time ? wholeMoment.format(new Date(entity.unix_time * 1000)) : null,
        datetime: entity.unix_time ? new Date(entity.unix_time * 1000).toISOString() : null,
      }));
    default: // custom_emoji, and whatever Telegram adds: the text is readable without it
      return filled(element("span"));
  }
}

function link(address, filled, on) {
  const href = safeHref(address ?? "");
  if (href === null) return filled(element("span"));
  const asked = telegramLink(href);
  return filled(element("a", {
    href,
    target: "_blank",
    rel: "noopener noreferrer",
    onclick: asked && ((event) => {
      if (on.telegramLink(asked)) event.preventDefault();
    }),
  }));
}

function spoiler(filled) {
  const hidden = filled(element("span", { "aria-hidden": "true" }));
  const reveal = (event) => {
    if (node.classList.contains("shown") || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    const message = node.closest("[data-message]") ?? node;
    for (const other of [node, ...message.querySelectorAll(".spoiler")]) {
      other.classList.add("shown");
      for (const name of ["role", "tabindex", "aria-label"]) other.removeAttribute(name);
      other.firstChild.removeAttribute("aria-hidden");
      other.firstChild.inert = false;
    }
  };
  hidden.inert = true;
  const node = element("span", {
    class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text: show it", onclick: reveal, onkeydown: reveal,
  }, hidden);
  return node;
}

function expandable(filled) {
  const quote = filled(element("blockquote", { class: "folded" }));
  const more = element("button", {
    type: "button", class: "more", "aria-expanded": "false", hidden: true,
    onclick: () => {
      const folded = quote.classList.toggle("folded");
      more.setAttribute("aria-expanded", String(!folded));
      more.textContent = folded ? "Show all" : "Show less";
    },
  }, "Show all");
  // Whether it needs the button is known once it has a width.
  new ResizeObserver(() => {
    if (quote.classList.contains("folded")) more.hidden = quote.scrollHeight <= quote.clientHeight + 1;
  }).observe(quote);
  return element("div", { class: "expandable" }, quote, more);
}

// ---------------------------------------------------------------- messages

/**
 * One message as a list item. `on` has what can be done with it: command, telegramLink, tap, insert, switchTo, notice, menu, jump.
 */
export function messageItem(message, chat, on) {
  const attributes = { class: "row", dataset: { message: message.id, at: message.at }, testid: `message-${message.id}`, id: `message-${message.id}` };
  if (message.service) {
    return element("li", { ...attributes, class: "row service" }, element("span", {}, message.service));
  }
  const preview = message.preview && previewPicture(message.preview.url);
  const named = !message.mine && chat.kind !== "private" && chat.kind !== "channel";
  const bubble = element("div", { class: "bubble" },
    named && element("div", { class: `sender name-${Math.abs(message.sender.id) % 6}` }, element("bdi", {}, message.sender.name)),
    message.forwarded && element("div", { class: "forwarded" }, "Forwarded from ", element("bdi", {}, message.forwarded)),
    message.reply_to && replyQuote(message.reply_to, on),
    message.media && media(message.media),
    preview && message.preview.above && preview,
    message.text && element("div", { class: "text", dir: "auto" }, formatted(message.text, message.entities, on)),
    preview && !message.preview.above && preview,
    meta(message),
  );
  const body = element("div", { class: "body" }, bubble, message.buttons.length > 0 && keyboard(message, on));
  const menu = element("button", {
    type: "button", class: "dots", "aria-haspopup": "menu", "aria-label": "Message menu", testid: `menu-${message.id}`,
    onclick: (event) => on.menu(message, event.currentTarget),
  }, "⋯");
  return element("li", { ...attributes, class: `row ${message.mine ? "mine" : "theirs"}` }, body, menu);
}

function replyQuote(reply, on) {
  return element("button", { type: "button", class: "reply", onclick: () => on.jump(reply.id) },
    element("strong", {}, element("bdi", {}, reply.name)),
    element("span", { dir: "auto" }, reply.text));
}

function meta(message) {
  return element("div", { class: "meta" },
    message.edited && element("span", {}, "edited"),
    element("time", { datetime: message.at, title: wholeMoment.format(new Date(message.at)) }, clockTime.format(new Date(message.at))));
}

function media(item) {
  const address = `/chat/file/${encodeURIComponent(item.file)}`;
  if (item.kind === "photo") {
    const picture = element("img", {
      src: address, alt: "Photo", width: item.width || null, height: item.height || null, decoding: "async", draggable: "false",
    });
    picture.addEventListener("error", () => picture.replaceWith(element("span", { class: "broken" }, "This photo cannot be shown.")));
    return element("a", { class: "photo", href: address, target: "_blank", rel: "noopener" }, picture);
  }
  return element("a", { class: "document", href: address, download: item.name || "" },
    element("span", { class: "sheet", "aria-hidden": "true" }, "↓"),
    element("span", {}, element("strong", {}, element("bdi", {}, item.name || item.kind)), element("small", {}, size(item.size))));
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** The picture behind a link, when this server has it: the page asks no other for anything. */
function previewPicture(address) {
  const href = safeHref(address);
  const url = href && new URL(href);
  const here = url && url.port === location.port
    && (url.hostname === location.hostname || [url.hostname, location.hostname].every((name) => LOOPBACK.includes(name)));
  if (!here || !/\.(jpe?g|png|gif|webp)$/i.test(url.pathname)) return null;
  const picture = element("img", { src: url.pathname + url.search, alt: "Picture of the linked page", decoding: "async", draggable: "false" });
  const node = element("div", { class: "preview" }, picture);
  picture.addEventListener("error", () => node.remove());
  return node;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function keyboard(message, on) {
  return element("div", { class: "keyboard" }, ...message.buttons.map((row) =>
    element("div", { class: "keys" }, ...row.map((button) => key(message, button, on)))));
}

function key(message, button, on) {
  const style = button.style ? ` ${button.style}` : "";
  const label = element("span", { dir: "auto" }, button.text);
  const act = (handler) => element("button", { type: "button", class: `key${style}`, onclick: (event) => handler(event.currentTarget) }, label);
  switch (button.kind) {
    case "callback":
      return act((node) => on.tap(message, button, node));
    case "url": {
      const href = safeHref(button.url);
      const asked = href && telegramLink(href);
      if (asked && on.knows(asked)) return act(() => on.telegramLink(asked));
      return element("a", { class: `key url${style}`, href, target: "_blank", rel: "noopener noreferrer" }, label);
    }
    case "copy":
      return act(() => navigator.clipboard.writeText(button.value).then(() => on.notice("Copied."), () => on.notice(button.value)));
    case "switch":
      return act(() => on.switchTo(button.value));
    case "insert":
      return act(() => on.insert(button.value));
    default:
      return act(() => on.notice("The sandbox does not know what this button does."));
  }
}
