// The small things that open over the page: toasts, alerts, menus, dialogs; and the list of slash commands.

import { avatar, element } from "./render.js";

const byId = (id) => document.getElementById(id);

export function toast(text, { error = false, testid = "toast" } = {}) {
  const note = element("div", { class: error ? "toast error" : "toast", testid }, element("span", { dir: "auto" }, text));
  if (testid !== "toast") byId("toasts").querySelector(`[data-testid="${testid}"]`)?.remove(); // one answer at a time
  byId("toasts").append(note);
  const shownMs = Math.min(3000 + text.length * 50, 12000);
  const end = setTimeout(() => note.remove(), shownMs);
  note.addEventListener("click", () => {
    clearTimeout(end);
    note.remove();
  });
}

function dialog(title, ...content) {
  const heading = element("h2", { id: "dialog-title", dir: "auto" }, title);
  const node = element("dialog", { "aria-labelledby": "dialog-title" }, heading, ...content);
  node.addEventListener("close", () => node.remove());
  node.addEventListener("click", (event) => {
    if (event.target === node) node.close();
  });
  document.body.append(node);
  return node;
}

/** The answer of a callback query with show_alert. */
export function alertBox(title, text) {
  const node = dialog(title,
    element("p", { dir: "auto", class: "plaintext" }, text),
    element("form", { method: "dialog", class: "buttons" }, element("button", { class: "primary" }, "OK")));
  node.dataset.testid = "alert";
  node.setAttribute("role", "alertdialog");
  node.showModal();
}

/** Pick one of `chats`; `chosen` gets it. */
export function chooseChat(title, chats, chosen) {
  const node = dialog(title,
    element("div", { class: "choices" }, ...chats.map((chat) => element("button", {
      type: "button", class: "choice", testid: `choose-${chat.id}`,
      onclick: () => {
        node.close();
        chosen(chat);
      },
    }, avatar(chat.id, chat.title, "small"), element("bdi", {}, chat.title)))),
    element("form", { method: "dialog", class: "buttons" }, element("button", {}, "Cancel")));
  node.showModal();
}

export const RIGHTS = {
  channel: [
    ["can_post_messages", "Post messages", true],
    ["can_edit_messages", "Edit messages of others", true],
    ["can_delete_messages", "Delete messages of others", true],
    ["can_invite_users", "Add subscribers", false],
    ["can_change_info", "Change channel info", false],
    ["can_promote_members", "Add new admins", false],
  ],
  group: [
    ["can_delete_messages", "Delete messages", true],
    ["can_pin_messages", "Pin messages", false],
    ["can_manage_topics", "Manage topics", false],
    ["can_invite_users", "Add members", false],
    ["can_restrict_members", "Ban members", false],
    ["can_change_info", "Change group info", false],
  ],
};

/**
 * Add `bot` to one of `chats`, or change its rights there. `wanted` names rights (of a startchannel link) that are ticked instead
 * of the usual ones. `confirmed(chat, admin, rights)`.
 */
export function rightsDialog({ bot, chats, chat, wanted = null, current = null, confirmed }) {
  let chosen = chat ?? chats[0];
  const rights = element("fieldset", { class: "rights" });
  const asAdmin = element("input", { type: "checkbox", testid: "right-admin" });
  asAdmin.checked = true;
  const adminRow = element("label", { class: "right" }, asAdmin, "Make it an admin");
  const draw = () => {
    const channel = chosen.kind === "channel";
    adminRow.hidden = channel || current !== null;
    rights.disabled = !channel && !asAdmin.checked;
    rights.replaceChildren(
      element("legend", {}, "What it may do"),
      ...RIGHTS[channel ? "channel" : "group"].map(([name, label, usual]) => {
        const box = element("input", { type: "checkbox", name, testid: `right-${name}` });
        box.checked = current ? Boolean(current[name]) : wanted ? wanted.includes(name) : usual;
        return element("label", { class: "right" }, box, label);
      }));
  };
  asAdmin.addEventListener("change", draw);
  const pick = chats.length > 1 && !chat && element("label", { class: "pick" }, "Where",
    element("select", {
      testid: "add-bot-chat",
      onchange: (event) => {
        chosen = chats.find((one) => String(one.id) === event.target.value);
        draw();
      },
    }, ...chats.map((one) => element("option", { value: one.id }, one.title))));
  const title = current ? `Rights of ${bot.name}` : chat || chats.length === 1 ? `Add ${bot.name} to ${chosen.title}` : `Add ${bot.name}`;
  const node = dialog(title,
    pick, adminRow, rights,
    element("div", { class: "buttons" },
      element("button", { type: "button", onclick: () => node.close() }, "Cancel"),
      element("button", {
        type: "button", class: "primary", testid: "confirm-add-bot",
        onclick: () => {
          const given = Object.fromEntries([...rights.querySelectorAll("input")].map((box) => [box.name, box.checked]));
          node.close();
          confirmed(chosen, chosen.kind === "channel" || current !== null || asAdmin.checked, given);
        },
      }, current ? "Save" : "Add")));
  node.dataset.testid = "add-bot-dialog";
  draw();
  node.showModal();
}

/** A menu under `button`: items are [label, action, testid?]. */
export function openMenu(button, items) {
  const close = (refocus) => {
    menu.remove();
    button.removeAttribute("aria-expanded");
    document.removeEventListener("pointerdown", outside, true);
    if (refocus) button.focus();
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  const menu = element("div", { class: "menu", role: "menu" }, ...items.map(([label, action, testid]) => element("button", {
    type: "button", role: "menuitem", tabindex: "-1", testid,
    onclick: () => {
      close(true);
      action();
    },
  }, label)));
  menu.addEventListener("keydown", (event) => {
    const entries = [...menu.children];
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) entries[(to + entries.length) % entries.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
  });
  document.body.append(menu);
  button.setAttribute("aria-expanded", "true");
  const place = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
  menu.style.top = `${place.bottom + height + 8 > innerHeight ? Math.max(8, place.top - height - 4) : place.bottom + 4}px`;
  menu.firstChild?.focus();
  document.addEventListener("pointerdown", outside, true);
}

/**
 * The list of slash commands over the composer: opens while a command is typed (or by its button), filters as one types.
 * `commands()` gives [{command, description, bot}]; `send(command)` sends one.
 */
export class SlashMenu {
  #shown = [];
  #at = -1;

  constructor({ box, input, button, commands, send }) {
    Object.assign(this, { box, input, button, commands, send });
    input.addEventListener("input", () => this.follow());
    button.addEventListener("click", () => (this.open ? this.close() : this.show("")));
    input.addEventListener("blur", () => setTimeout(() => this.box.contains(document.activeElement) || this.close(), 150));
    box.addEventListener("keydown", (event) => event.key === "Escape" && (this.close(), input.focus()));
  }

  get open() {
    return !this.box.hidden;
  }

  follow() {
    const typed = /^\/([a-z0-9_]*)$/i.exec(this.input.value);
    if (typed) this.show(typed[1].toLowerCase());
    else this.close();
  }

  show(prefix) {
    const all = this.commands();
    this.#shown = all.filter((one) => one.command.startsWith(prefix));
    if (!this.#shown.length && prefix) return this.close();
    this.#at = prefix || this.input.value === "/" ? 0 : -1;
    this.box.replaceChildren(...this.#shown.map((one, index) => element("div", {
      role: "option", id: `command-${index}`, testid: `command-${one.command}`, class: "command",
      // pointerdown would take the focus from the composer and close this list first
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => this.#choose(one),
    }, element("strong", {}, `/${one.command}`), element("span", { dir: "auto" }, one.description))));
    if (!this.#shown.length) this.box.append(element("p", { class: "none" }, "No bot here has set commands."));
    this.box.hidden = false;
    this.#mark();
    // Where fingers type, the focus would bring up a keyboard over the list.
    if (document.activeElement !== this.input && !matchMedia("(hover: none)").matches) this.input.focus();
    return undefined;
  }

  close() {
    this.box.hidden = true;
    this.#at = -1;
    for (const node of [this.input, this.button]) node.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was for the list. */
  key(event) {
    if (!this.open || !this.#shown.length) {
      if (this.open && event.key === "Escape") return this.close(), true;
      return false;
    }
    const count = this.#shown.length;
    if (event.key === "ArrowDown") this.#at = (this.#at + 1) % count;
    else if (event.key === "ArrowUp") this.#at = (this.#at - 1 + count) % count;
    else if (event.key === "Escape") return this.close(), true;
    else if (event.key === "Enter" && this.#at >= 0 && !event.shiftKey) return this.#choose(this.#shown[this.#at]), true;
    else if (event.key === "Tab" && this.#at >= 0 && !event.shiftKey) {
      this.input.value = `/${this.#shown[this.#at].command} `;
      this.close();
      return true;
    } else return false;
    this.#mark();
    return true;
  }

  #choose(one) {
    this.close();
    this.input.value = "";
    this.send(one);
  }

  #mark() {
    for (const node of [this.input, this.button]) node.setAttribute("aria-expanded", "true");
    [...this.box.children].forEach((node, index) => {
      node.setAttribute("aria-selected", String(index === this.#at));
      if (index === this.#at) node.scrollIntoView({ block: "nearest" });
    });
    if (this.#at >= 0) this.input.setAttribute("aria-activedescendant", `command-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }
}
