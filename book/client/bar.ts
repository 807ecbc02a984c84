/**
 * The bar at the bottom of a lesson's page.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { duration } from "../../lib/lesson/units.ts";
import { escape } from "../escape.ts";
import type { LessonData } from "../page.ts";
import { element, find, findAll } from "./dom.ts";

/** What the buttons do, by their ids. */
type Actions = Readonly<
  Record<"run" | "stop" | "predict" | "undo" | "back" | "link", () => void>
>;

/** Buttons, what goes on, and the options. */
export class Bar {
  readonly #bar: HTMLElement;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param options The options of the lesson.
   * @param actions What the buttons do.
   */
  constructor(options: LessonData["options"], actions: Actions) {
    const fields = Object.entries(options).map(fieldOf).join("");
    this.#bar = element(`<section class="bar" aria-label="Run the lesson">
<button type="button" class="go" id="run">Run</button>
<button type="button" id="stop" aria-disabled="true">Stop</button>
<p id="status" role="status"></p><span id="clock" aria-hidden="true"></span>
<button type="button" id="show" hidden>Show it</button>
<span class="space"></span>
<button type="button" popovertarget="more">More</button>
<div id="more" popover>
<button type="button" id="predict" role="switch" aria-checked="false">Predict</button>
${
      fields &&
      '<button type="button" popovertarget="options">Options</button>'
    }
<button type="button" id="undo" hidden>Undo my changes</button>
<button type="button" id="back" hidden>Bring back</button>
<button type="button" id="link" hidden>Link to my changes</button>
</div>
${
      fields &&
      `<form id="options" popover>${fields}<button class="go">Run</button></form>`
    }</section>`);
    for (const [id, action] of Object.entries(actions)) {
      find(`#${id}`, this.#bar)!.addEventListener("click", action);
    }
    find("#options", this.#bar)?.addEventListener("submit", (event) => {
      event.preventDefault();
      actions.run();
    });
    document.body.append(this.#bar);
  }

  /** Says what goes on; a place can be shown. */
  say(text: string, place?: HTMLElement | null): void {
    find("#status", this.#bar)!.textContent = text;
    const show = find("#show", this.#bar)!;
    show.hidden = !place;
    show.onclick = () => place?.scrollIntoView({ block: "center" });
  }

  /** Shows that something goes on; gives the time. */
  begin(what: string): number {
    const start = performance.now();
    this.say(what);
    this.#bar.dataset["state"] = "running";
    find("#stop", this.#bar)!.setAttribute("aria-disabled", "false");
    const clock = find("#clock", this.#bar)!;
    this.#timer = setInterval(() => {
      clock.textContent = duration(performance.now() - start);
    }, 500);
    return start;
  }

  /** Shows that nothing goes on. */
  end(state: string): void {
    clearInterval(this.#timer);
    this.#bar.dataset["state"] = state;
    find("#clock", this.#bar)!.textContent = "";
    find("#stop", this.#bar)!.setAttribute("aria-disabled", "true");
  }

  /** Shows the buttons that have something to do. */
  show(ids: Readonly<Record<"undo" | "back" | "link", boolean>>): void {
    for (const [id, is] of Object.entries(ids)) {
      find(`#${id}`, this.#bar)!.hidden = !is;
    }
  }

  /** Shows whether values are to be guessed. */
  showPredict(isOn: boolean): void {
    find("#predict", this.#bar)!.setAttribute("aria-checked", `${isOn}`);
  }

  /** The values of the options; undefined if one is wrong. */
  values(): Readonly<Record<string, number>> | undefined {
    const form = find<HTMLFormElement>("#options", this.#bar);
    if (!form) return {};
    if (!form.checkValidity()) {
      form.togglePopover(true);
      form.reportValidity();
      return undefined;
    }
    const inputs = findAll<HTMLInputElement>("input", form);
    return Object.fromEntries(
      inputs.map((input) => [input.name, input.valueAsNumber]),
    );
  }
}

/** The field of an option: in lessons that run here, all are numbers. */
function fieldOf(
  [name, option]: [string, LessonData["options"][string]],
): string {
  const { default: value, help, min = 0, max = "" } = option;
  return `<label>${name} <input name="${name}" type="number" required min="${min}" max="${max}" value="${value}"> <small>${
    escape(help)
  }</small></label>`;
}
