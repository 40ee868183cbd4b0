// The page: who one is, which chat is open, and what happens there.
//
// Selectors that browser tests may rely on (data-testid):
//   person-<id>            the switch to a person (a button, named by the person)      [aria-pressed: the one you are]
//   chat-<id>              a chat in the list (a bot's: the bot's id)     unread-<id>   its count, absent when nothing is unread
//   topic-<id>             a topic of a forum (0: all topics)            back          from the chat to the list (narrow pages)
//   messages               the list of messages                          message-<id>  one message; its buttons by role and text
//   menu-<id>              the menu of a message: menu-reply, menu-forward, menu-edit, menu-delete, menu-copy
//   composer, send         text and its button                           attach        the file input
//   commands-button        opens the commands; commands: the list;       command-<name>  one of them (role option)
//   start, unblock, join   stand in the composer's place                 key-<n>       a button of a reply keyboard
//   chat-menu              block, leave, rights…                         add-bot       "Add <bot> to my channel", over the list;
//                          menu-block, menu-leave, menu-rights…         add-bot-here  "Add <bot>", beside an own chat's title
//   add-bot-dialog         with right-<name>, add-bot-chat, confirm-add-bot             choose-<chat id>  in the dialogs that pick a chat
//   toast, toast-answer    a notice; the answer of a tapped button       alert         the answer with show_alert
//   new-messages           the chip "n new messages"                     theme         automatic, light, dark
//   connection             says when the event stream is down            spoken        what a screen reader is told
// A tapped button has aria-busy="true" until the bot has answered. location.hash is #person=<id>&chat=<id>&topic=<id>.

import { Composer } from "./composer.js";
import { alertBox, chooseChat, openMenu, rightsDialog, toast } from "./panels.js";
import { MessageList } from "./messages.js";
import { avatar, element, momentLabel } from "./render.js";
import { act, get, Refused, safeHref, Stream, telegramLink } from "./wire.js";

const GENERAL_TOPIC = 1;
const byId = (id) => document.getElementById(id);

const page = {
  person: null, // id
  chat: null, // id
  topic: null, // id of the topic that is shown; null: all
  state: null, // what /chat/state said: people, bots, chats
  stream: null,
  action: null, // what the bot is doing in the open chat: "typing…"
};

const openChat = () => page.state?.chats.find((chat) => chat.id === page.chat) ?? null;
const botOf = (chat) => page.state.bots.find((bot) => bot.id === chat.bot);

/** Does an act as the present person; a refusal becomes a notice. Gives undefined then. */
async function doing(name, args = {}) {
  try {
    return await act(name, { person: page.person, ...args });
  } catch (error) {
    toast(error.message, { error: true });
    return undefined;
  }
}

// ---------------------------------------------------------------- where one is

function whereInHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const number = (key) => (/^-?\d+$/.test(hash.get(key) ?? "") ? Number(hash.get(key)) : null);
  return { person: number("person"), chat: number("chat"), topic: number("topic") };
}

function go({ person = whereInHash().person ?? page.person, chat = null, topic = null }) {
  const parts = [["person", person], ["chat", chat], ["topic", topic]].filter(([, value]) => value !== null);
  const hash = `#${parts.map(([key, value]) => `${key}=${value}`).join("&")}`;
  if (hash !== location.hash) location.hash = hash; // follow() does the rest
  else if (chat !== null) composer.focus();
}

async function follow() {
  const where = whereInHash();
  if (where.person !== page.person || !page.state) return begin(where.person);
  return show(where.chat, where.topic);
}

let beginnings = 0;

/** Becomes a person (null: the first), and opens what the address says. Until their chats are known, nothing can be clicked. */
async function begin(person) {
  beginnings += 1;
  const beginning = beginnings;
  page.stream?.close();
  page.person = person;
  page.chat = null;
  messages.clear();
  document.body.inert = true;
  let state;
  try {
    state = await get("/chat/state", { person });
  } catch (error) {
    if (beginning !== beginnings) return undefined; // meanwhile somebody else was chosen
    if (error instanceof Refused && person !== null) {
      history.replaceState(null, "", "#"); // a person of an earlier sandbox
      return begin(null);
    }
    byId("connection").textContent = `${error.message} Trying again…`;
    return setTimeout(() => begin(person), 2000);
  }
  if (beginning !== beginnings) return undefined;
  document.body.inert = false;
  page.state = state;
  page.person = state.person;
  byId("connection").textContent = "";
  drawSide();
  const { chat, topic } = whereInHash();
  // On a wide page the first chat is opened at once; a narrow one starts with the list.
  if (chat !== null) show(chat, topic);
  else {
    show(null, null);
    if (matchMedia("(min-width: 800px)").matches && page.state.chats.length) {
      history.replaceState(null, "", `#person=${page.person}&chat=${page.state.chats[0].id}`);
      show(page.state.chats[0].id, null);
    }
  }
  page.stream = new Stream(page.person, { onHello: resync, onEvent: happened, onLost: lost });
  return undefined;
}

/** What has the focus, by name: lists are drawn anew, so that the element itself may be another one. */
const focusedPlace = () => document.activeElement?.dataset.testid ?? null;

async function show(chatId, topic) {
  const same = chatId === page.chat && topic === page.topic;
  page.chat = page.state.chats.some((chat) => chat.id === chatId) ? chatId : null;
  page.topic = topic;
  document.body.dataset.view = page.chat === null ? "list" : "chat";
  if (!same) {
    messages.clear();
    page.action = null;
    composer.leave();
  }
  drawChats();
  drawConversation();
  if (page.chat !== null) {
    const where = focusedPlace();
    await messages.load({ toEnd: !same });
    if (page.chat !== chatId) return; // meanwhile another one was opened
    composer.draw(openChat(), { keys: messages.keyboard() });
    if (focusedPlace() === where) composer.focus({ gently: true }); // not from whoever has moved on while it loaded
  }
}

// ---------------------------------------------------------------- what the sandbox tells

let refreshTimer = null;

/** The list of chats again, soon, however many things happen meanwhile. */
function refreshSoon() {
  refreshTimer ??= setTimeout(async () => {
    refreshTimer = null;
    await refresh();
  }, 120);
}

async function refresh() {
  const person = page.person;
  try {
    const state = await get("/chat/state", { person });
    if (person !== page.person) return;
    if (JSON.stringify(state) === JSON.stringify(page.state)) return;
    page.state = state;
  } catch (error) {
    if (error instanceof Refused) begin(null); // another sandbox, with other people
    return; // when the sandbox is gone, the stream says so
  }
  if (page.chat !== null && !openChat()) go({}); // left, or it became another chat
  drawSide();
  drawConversation();
}

async function resync() {
  byId("connection").textContent = "";
  await refresh();
  if (openChat()) await messages.load();
}

function lost() {
  byId("connection").textContent = "No connection to the sandbox. Trying again…";
}

function happened(event) {
  if (event.kind === "action") return event.chat === page.chat && drawAction(event.action);
  if (event.kind === "message" && event.chat === page.chat) drawAction(null);
  refreshSoon();
  if (event.kind === "message" && event.message && !event.message.mine) announce(event.message, event.chat);
  if (event.chat !== page.chat || page.chat === null) return undefined;
  if (event.kind === "delete") messages.remove(event.id);
  else if (event.message) messages.put(event.message, event.kind === "message");
  return undefined;
}

let actionTimer = null;

/** "typing…" under the title, for five seconds or until the message is there (as Telegram does). */
function drawAction(action) {
  clearTimeout(actionTimer);
  page.action = action ? `${action.replaceAll("_", " ")}…` : null;
  drawSubtitle();
  if (action) actionTimer = setTimeout(() => drawAction(null), 5000);
}

function drawSubtitle() {
  const line = byId("subtitle");
  if (line && openChat()) line.textContent = page.action ?? subtitle(openChat());
}

function announce(message, chatId) {
  const chat = page.state.chats.find((one) => one.id === chatId);
  const where = chatId === page.chat || !chat || chat.title === message.sender.name ? "" : ` in ${chat.title}`;
  byId("spoken").textContent = message.service ?? `${message.sender.name}${where}: ${message.text.slice(0, 200) || "a photo or file"}`;
}

// ---------------------------------------------------------------- what one can do with a message

const acts = {
  command: (text) => doing("send", { chat_id: page.chat, text, topic: page.topic }),
  notice: (text) => toast(text),
  insert: (text) => composer.insert(text),
  /** Choose a chat, and write there what makes the bot offer something. */
  switchTo(text) {
    const able = page.state.chats.filter((chat) => chat.can_write);
    chooseChat("Share in", able, async (chat) => {
      go({ chat: chat.id });
      setTimeout(() => composer.insert(text), 400);
    });
  },
  jump: (id) => messages.show(id),
  async tap(message, button, node) {
    if (node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    const answer = await doing("tap", { chat_id: message.chat, message_id: message.id, data: button.data });
    node.removeAttribute("aria-busy");
    if (!answer) return;
    if (!answer.answered) toast("The bot has not answered this button within 10 seconds.", { error: true });
    else if (answer.url) followAddress(answer.url);
    else if (answer.text && answer.alert) alertBox(message.sender.name, answer.text);
    else if (answer.text) toast(answer.text, { testid: "toast-answer" });
  },
  menu(message, button) {
    const chat = openChat();
    const entries = [];
    if (chat.can_write) entries.push(["Reply", () => composer.reply(message), "menu-reply"]);
    entries.push(["Forward", () => forward(message), "menu-forward"]);
    if (message.text) entries.push(["Copy text", () => copy(message.text), "menu-copy"]);
    if (message.can_edit) entries.push(["Edit", () => composer.edit(message), "menu-edit"]);
    if (message.can_delete) entries.push(["Delete", () => doing("delete", { chat_id: message.chat, message_id: message.id }), "menu-delete"]);
    openMenu(button, entries);
  },
  /** Whether this Telegram link leads somewhere in the sandbox. */
  knows(link) {
    return Boolean(botNamed(link) || chatOfLink(link));
  },
  /** Does what a Telegram link asks for; false when it leads out of the sandbox. */
  telegramLink(link) {
    const bot = botNamed(link);
    const chat = chatOfLink(link);
    if (bot && link.startchannel !== undefined) offerBot(bot, "channel", link);
    else if (bot && link.startgroup !== undefined) offerBot(bot, "group", link);
    else if (bot && link.start !== undefined) startBot(bot, link.start);
    else if (bot) go({ chat: bot.chat });
    else if (chat) {
      go({ chat: chat.id });
      if (link.message) setTimeout(() => acts.jump(link.message), 400);
    } else return false;
    return true;
  },
};

const sameName = (one, other) => (one ?? "").toLowerCase() === (other ?? "\0").toLowerCase();
const botNamed = (link) => page.state.bots.find((bot) => sameName(bot.username, link.username));
const chatOfLink = (link) => page.state.chats.find((chat) => (link.internal ? chat.id === link.internal : sameName(chat.username, link.username)));

function followAddress(address) {
  const asked = telegramLink(address);
  if (asked && acts.telegramLink(asked)) return;
  if (safeHref(address)) open(safeHref(address), "_blank", "noopener,noreferrer");
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("This browser does not let the page copy.", { error: true });
  }
}

function forward(message) {
  const able = page.state.chats.filter((chat) => chat.can_write).sort((a, b) => (b.kind === "private") - (a.kind === "private"));
  chooseChat("Forward to", able, async (chat) => {
    if (await doing("forward", { from_chat_id: message.chat, message_id: message.id, to_chat_id: chat.id })) go({ chat: chat.id });
  });
}

/** A button of a reply keyboard that asks for a chat: pick one of those that suit it. */
async function shareChat(chat, key) {
  const asked = { chat_id: chat.id, ...key.request };
  const answer = await doing("shareable", asked);
  if (!answer) return;
  const suitable = page.state.chats.filter((one) => answer.chats.includes(one.id));
  if (!suitable.length) toast("None of your chats is what this button asks for.");
  else chooseChat(key.text, suitable, (chosen) => doing("share_chat", { ...asked, chosen_id: chosen.id }));
}

async function startBot(bot, payload = "") {
  if (await doing("start", { bot: bot.id, payload })) go({ chat: bot.chat });
}

// ---------------------------------------------------------------- bots in channels and groups

const hasBot = (chat, bot) => chat.bots.some((one) => one.id === bot.id);
const placesFor = (bot, channel) =>
  page.state.chats.filter((chat) => chat.owner && chat.kind !== "private" && (chat.kind === "channel") === channel && !hasBot(chat, bot));

function offerBot(bot, kind, link = {}) {
  const places = placesFor(bot, kind === "channel");
  if (!places.length) {
    const own = page.state.chats.some((chat) => chat.owner && (chat.kind === "channel") === (kind === "channel") && chat.kind !== "private");
    toast(own ? `${bot.name} is already in every ${kind} of yours.` : `You own no ${kind} to add ${bot.name} to.`);
    return;
  }
  const wanted = link.admin ? link.admin.split(/[ +]+/).map((right) => `can_${right.replace(/^can_/, "")}`) : null;
  addBot(bot, { chats: places, wanted, payload: link.startgroup || null });
}

function addBot(bot, { chats, chat = null, wanted = null, payload = null }) {
  rightsDialog({
    bot, chats, chat, wanted,
    confirmed: async (chosen, admin, rights) => {
      const done = await doing("add_bot", { chat_id: chosen.id, bot: bot.id, admin, rights });
      if (done === undefined) return;
      toast(`${bot.name} is now in ${chosen.title}.`);
      if (payload) await doing("send", { chat_id: chosen.id, text: `/start@${bot.username} ${payload}` });
      refreshSoon();
    },
  });
}

function chatEntries(chat) {
  const entries = [];
  const bot = botOf(chat);
  if (chat.kind === "private") {
    entries.push(bot.blocked
      ? ["Unblock", () => doing("unblock", { bot: bot.id }), "menu-unblock"]
      : ["Block", () => doing("block", { bot: bot.id }), "menu-block"]);
  }
  if (chat.owner && chat.kind !== "private") {
    for (const here of chat.bots) {
      if (here.admin) {
        entries.push([`Rights of ${here.name}`, () => rightsDialog({
          bot: here, chats: [chat], chat, current: here.rights,
          confirmed: (_, __, rights) => doing("set_rights", { chat_id: chat.id, bot: here.id, rights }),
        }), "menu-rights"]);
      }
      entries.push([`Remove ${here.name}`, () => doing("remove_bot", { chat_id: chat.id, bot: here.id }), "menu-remove-bot"]);
    }
    for (const topic of chat.topics.filter((one) => one.id === page.topic && one.id !== GENERAL_TOPIC)) {
      entries.push([topic.closed ? "Reopen this topic" : "Close this topic",
        () => doing(topic.closed ? "reopen_topic" : "close_topic", { chat_id: chat.id, topic: topic.id }), "menu-topic"]);
    }
  }
  if (chat.kind !== "private" && chat.member && !chat.owner) entries.push(["Leave", () => doing("leave", { chat_id: chat.id }), "menu-leave"]);
  return entries;
}

// ---------------------------------------------------------------- drawing

/** Puts new elements into the container; the focus stays on the one that has the same name. */
function redraw(container, nodes) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  container.replaceChildren(...nodes);
  if (focused) container.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function drawSide() {
  redraw(byId("people"), page.state.people.map((person) => element("button", {
    type: "button", class: "person", testid: `person-${person.id}`, "aria-pressed": String(person.id === page.person),
    onclick: () => go({ person: person.id }),
  },
  avatar(person.id, person.name, "small"),
  element("strong", {}, element("bdi", {}, person.name)),
  person.about && element("small", {}, person.about),
  person.unread > 0 && person.id !== page.person && count(person.unread))));
  const offers = page.state.bots.filter((bot) => placesFor(bot, true).length);
  redraw(byId("offers"), offers.map((bot) => element("button", {
    type: "button", class: "offer", testid: "add-bot", onclick: () => offerBot(bot, "channel"),
  }, `+ Add ${bot.name} to my channel`)));
  drawChats();
}

const count = (number, testid = null) =>
  element("span", { class: "count", testid }, element("span", {}, number > 99 ? "99+" : String(number)), element("span", { class: "away" }, " unread"));

const KINDS = { channel: "channel", group: "group", supergroup: "group", private: "bot" };

function drawChats() {
  redraw(byId("chats"), page.state.chats.map((chat) => element("button", {
    type: "button", class: "chat", testid: `chat-${chat.id}`, "aria-current": chat.id === page.chat ? "true" : null,
    onclick: () => go({ chat: chat.id }),
  },
  avatar(chat.id, chat.title),
  element("span", { class: "chat-lines" },
    element("span", { class: "line" },
      element("strong", {}, element("bdi", {}, chat.title)),
      chat.last && element("time", { datetime: chat.last.at }, momentLabel(chat.last.at))),
    element("span", { class: "line" },
      element("span", { class: "last", dir: "auto" }, chat.last ? chat.last.text : KINDS[chat.kind]),
      chat.unread > 0 && count(chat.unread, `unread-${chat.id}`))))));
  const unread = page.state.chats.reduce((sum, chat) => sum + chat.unread, 0);
  const name = page.state.people.find((person) => person.id === page.person)?.name ?? "Sandbox";
  document.title = `${unread ? `(${unread}) ` : ""}${openChat()?.title ?? "Telegram sandbox"} – ${name}`;
}

function subtitle(chat) {
  if (chat.kind === "private") return botOf(chat).blocked ? "bot, blocked by you" : `bot, @${botOf(chat).username}`;
  const people = chat.kind === "channel" ? "subscriber" : "member";
  return [
    chat.username ? `@${chat.username}` : KINDS[chat.kind], // short: a phone's line shows the number beside it
    `${chat.members} ${people}${chat.members === 1 ? "" : "s"}`,
    ...chat.bots.map((bot) => `${bot.name} is ${bot.admin ? "an admin" : "a member"}`),
  ].join(" · ");
}

function drawConversation() {
  const chat = openChat();
  byId("conversation").classList.toggle("none", !chat);
  if (!chat) {
    byId("head").replaceChildren();
    byId("topics").hidden = true;
    composer.draw(null);
    return;
  }
  const missing = chat.owner && chat.kind !== "private" ? page.state.bots.filter((bot) => !hasBot(chat, bot)) : [];
  redraw(byId("head"), [
    element("button", { type: "button", class: "plain back", "aria-label": "Back to the chats", testid: "back", onclick: () => go({}) }, "‹"),
    avatar(chat.id, chat.title, "small"),
    element("div", { class: "titles" }, element("h2", {}, element("bdi", {}, chat.title)), element("small", { id: "subtitle" }, page.action ?? subtitle(chat))),
    ...missing.map((bot) => element("button", {
      type: "button", class: "head-act", testid: "add-bot-here", onclick: () => addBot(bot, { chats: [chat], chat }),
    }, `Add ${bot.name}`)),
    ...(chatEntries(chat).length ? [element("button", {
      type: "button", class: "plain", "aria-haspopup": "menu", "aria-label": "Chat menu", testid: "chat-menu",
      onclick: (event) => openMenu(event.currentTarget, chatEntries(openChat())),
    }, "⋯")] : []),
  ]);
  byId("topics").hidden = !chat.forum;
  redraw(byId("topics"), (chat.forum ? [{ id: null, name: "All" }, ...chat.topics] : []).map((topic) => element("button", {
    type: "button", class: "topic", testid: `topic-${topic.id ?? 0}`, "aria-pressed": String(topic.id === page.topic),
    onclick: () => go({ chat: chat.id, topic: topic.id }),
  }, element("bdi", {}, topic.name), topic.closed && " (closed)")));
  composer.draw(chat, { keys: messages.keyboard() });
}

// ---------------------------------------------------------------- theme

const THEMES = { auto: ["◐", "automatic"], light: ["☀", "light"], dark: ["☾", "dark"] };

function drawTheme(choice) {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  byId("theme").replaceChildren(THEMES[choice][0]);
  byId("theme").setAttribute("aria-label", `Colours: ${THEMES[choice][1]}`);
  byId("theme").title = `Colours: ${THEMES[choice][1]}`;
}

function storedTheme() {
  try {
    return THEMES[localStorage.getItem("theme")] ? localStorage.getItem("theme") : "auto";
  } catch {
    return "auto";
  }
}

// ---------------------------------------------------------------- begin

const messages = new MessageList({
  where: () => ({ person: page.person, chat: page.chat, topic: page.topic }), chat: openChat, acts, onRead: refreshSoon,
});
const composer = new Composer({ doing, openChat, bots: () => page.state.bots, botOf, topic: () => page.topic, startBot, shareChat });
drawTheme(storedTheme());
byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(storedTheme()) + 1) % names.length];
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Without storage the choice lasts until the page is loaded again.
  }
  drawTheme(next);
});
window.addEventListener("hashchange", follow);
window.addEventListener("online", () => page.stream?.retryNow());
begin(whereInHash().person);
