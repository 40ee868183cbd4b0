// What the page asks of the sandbox, and what the sandbox tells the page.

/** The sandbox understood and said no; any other error means that it could not be asked. */
export class Refused extends Error {}

async function answerOf(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // An answer without JSON is reported below by its status.
  }
  if (body && body.ok) return body.result;
  if (body && body.error) throw new Refused(body.error);
  throw new Error(`The sandbox answered ${response.status}.`);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  return answerOf(response);
}

export function get(path, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return ask(`${path}?${new URLSearchParams(known)}`);
}

/** Something a person does: act("send", {person, chat_id, text}). Gives the result, or throws the reason. */
export function act(name, args) {
  return ask("/chat/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ act: name, ...args }),
  });
}

/**
 * The events of one person. `onHello` comes at each (new) connection: whatever was missed has to be asked for then.
 * EventSource tries again by itself after a broken connection, but not after a refusal; we do both.
 */
export class Stream {
  #source = null;
  #timer = null;
  #attempt = 0;

  constructor(person, { onHello, onEvent, onLost }) {
    this.person = person;
    this.onHello = onHello;
    this.onEvent = onEvent;
    this.onLost = onLost;
    this.#open();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  retryNow() {
    if (this.#source?.readyState === EventSource.OPEN) return;
    this.close();
    this.#open();
  }

  #open() {
    const source = new EventSource(`/chat/events?person=${encodeURIComponent(this.person)}`);
    this.#source = source;
    source.addEventListener("hello", () => {
      this.#attempt = 0;
      this.onHello();
    });
    source.addEventListener("message", (event) => this.onEvent(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      if (this.#source !== source) return;
      this.close();
      this.onLost();
      this.#attempt += 1;
      this.#timer = setTimeout(() => this.#open(), Math.min(500 * 2 ** (this.#attempt - 1), 8000));
    });
  }
}

/** The base64 text of a File, as acts carry it. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(new Error(`${file.name} could not be read.`)));
    reader.readAsDataURL(file);
  });
}

const TELEGRAM_HOSTS = ["t.me", "telegram.me", "telegram.dog"];
const NAME = /^[A-Za-z][A-Za-z0-9_]{3,31}$/;

/**
 * What a Telegram link asks for, or null when it is an ordinary link:
 * {username, start?, startchannel?, startgroup?, admin?, message?} or {internal, message}.
 */
export function telegramLink(href) {
  let url;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(href) ? href : `https://${href}`);
  } catch {
    return null;
  }
  const query = url.searchParams;
  let path = [];
  if (url.protocol === "tg:") {
    if ((url.host || url.pathname.replace(/^\/+/, "")) !== "resolve") return null;
    path = [query.get("domain") ?? "", query.get("post") ?? ""];
  } else if (/^https?:$/.test(url.protocol) && TELEGRAM_HOSTS.includes(url.hostname.replace(/^www\./, ""))) {
    path = url.pathname.split("/").filter(Boolean);
  } else {
    return null;
  }
  const message = /^\d+$/.test(path[path.length - 1] ?? "") && path.length > 1 ? Number(path[path.length - 1]) : null;
  if (path[0] === "c" && /^\d+$/.test(path[1] ?? "")) return { internal: Number(`-100${path[1]}`), message };
  if (!NAME.test(path[0] ?? "")) return null;
  const link = { username: path[0], message };
  for (const key of ["start", "startchannel", "startgroup", "admin"]) {
    if (query.has(key)) link[key] = query.get(key);
  }
  return link;
}

/** The address as a link may carry it, or null when its scheme is not one that a page should follow. */
export function safeHref(href) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(href) ? href : `https://${href}`);
    return ["http:", "https:", "mailto:", "tel:", "tg:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
