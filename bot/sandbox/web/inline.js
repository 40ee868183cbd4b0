// What a bot offers to whoever writes "@its_name words" in the field, in any chat.

import { element } from "./render.js";

const TYPED = /^@(\w{5,32})\s([^]*)$/;
const PAUSE_MS = 250; // in the typing, after which the bot is asked

export class InlineList {
  #timer = null;
  #asked = 0;

  /** `ask(bot, query)` and `choose(bot, query, id)` are acts; `startBot(bot, payload)` opens the chat with it. */
  constructor({ box, input, bots, ask, choose, startBot }) {
    Object.assign(this, { box, input, bots, ask, choose, startBot });
    input.addEventListener("input", () => this.look());
    input.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** Asks the bot that is named in the field, once the typing pauses. */
  look() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const [, name, query] = TYPED.exec(this.input.value) ?? [];
    const bot = name && this.bots().find((one) => one.username.toLowerCase() === name.toLowerCase());
    if (!bot) return this.close();
    const asked = this.#asked;
    this.#timer = setTimeout(async () => {
      const answer = await this.ask(bot, query);
      if (answer && asked === this.#asked) this.#draw(bot, query, answer);
    }, PAUSE_MS);
    return undefined;
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.box.hidden = true;
  }

  #draw(bot, query, { results, button }) {
    this.box.replaceChildren(
      ...(button ? [element("button", { type: "button", class: "offered", testid: "inline-button", onclick: () => this.startBot(bot, button.start_parameter) }, button.text)] : []),
      ...results.map((one) => element("button", {
        type: "button", class: "offered", testid: `inline-${one.id}`,
        onclick: () => {
          this.close();
          this.choose(bot, query, one.id);
        },
      }, element("strong", { dir: "auto" }, one.title), element("span", { dir: "auto" }, one.description))));
    this.box.hidden = !this.box.children.length;
  }
}
