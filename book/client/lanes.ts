/**
 * In which order a pipeline computes: a lane for each step, and time to the
 * right, for a lazy pipeline and for the methods of arrays.
 *
 * @module
 */
/// <reference lib="dom" />

import { escape } from "../escape.ts";
import { element, find, findAll } from "./dom.ts";
import { ask, type Shown } from "./widgets.ts";

/** What both ways have called, in order. */
type Events = Readonly<Record<string, readonly string[]>>;

/** The widget. */
export class Lanes {
  readonly #place: HTMLElement;
  readonly #lesson: Shown;
  #events: Events = {};
  #asking = new AbortController();

  /**
   * @param place Where it is drawn.
   * @param lesson The lesson whose `evaluationOrder` it runs.
   */
  constructor(place: HTMLElement, lesson: Shown) {
    this.#place = place;
    this.#lesson = lesson;
    place.append(
      element('<p class="title">Who asks, and when</p>'),
      element(
        `<form class="sliders"><label>Numbers <input name="items" value="2, 3, 4" pattern="\\s*-?\\d{1,4}(\\s*,\\s*-?\\d{1,4}){0,5}\\s*" title="up to six numbers, with commas" autocomplete="off"></label>
<label>Step <input type="range" name="step" min="0" max="0" value="0"> <output></output></label>
<p><button class="go">Show the order</button> <button type="button">Next step</button></p></form>`,
      ),
      element('<div class="lanes"></div>'),
      element('<p class="told" role="status"></p>'),
    );
    const [, next] = findAll("button", place);
    find("form", place)!.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#ask();
    });
    const step = this.#step;
    step.addEventListener("input", () => this.#showStep());
    next!.addEventListener("click", () => {
      if (step.max === "0") return void this.#ask();
      const isLast = step.value === step.max;
      step.valueAsNumber = isLast ? 0 : step.valueAsNumber + 1;
      this.#showStep();
    });
  }

  get #step(): HTMLInputElement {
    return find<HTMLInputElement>("[name=step]", this.#place)!;
  }

  async #ask(): Promise<void> {
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const { value } = find<HTMLInputElement>("[name=items]", this.#place)!;
    const question = {
      about: "order",
      items: value.split(",").map(Number),
    } as const;
    try {
      this.#draw(await ask(this.#lesson, question, signal) as Events);
    } catch (error) {
      if (!signal.aborted) this.#say((error as Error).message);
    }
  }

  #draw(events: Events): void {
    this.#events = events;
    const most = Math.max(...Object.values(events).map((it) => it.length));
    find(".lanes", this.#place)!.innerHTML = Object.entries(events)
      .map(([name, list]) => drawLanes(name, list)).join("");
    this.#step.max = `${most}`;
    this.#step.valueAsNumber = 1;
    this.#showStep();
  }

  #showStep(): void {
    const step = this.#step.valueAsNumber;
    find("output", this.#place)!.textContent = `${step} of ${this.#step.max}`;
    for (const chip of findAll(".lanes td[data-step]", this.#place)) {
      const at = Number(chip.dataset["step"]);
      chip.classList.toggle("now", at === step);
      chip.classList.toggle("later", at > step);
    }
    this.#say(
      step === 0
        ? ""
        : Object.entries(this.#events).map(([name, list]) =>
          `${name}: ${list[step - 1] ?? "done"}`
        ).join(" · "),
    );
  }

  #say(text: string): void {
    find(".told", this.#place)!.textContent = text;
  }
}

/** A lane for each function that is called, a column for each call. */
function drawLanes(name: string, events: readonly string[]): string {
  const lanes = [...new Set(events.map((event) => event.split(" ")[0]!))]
    .sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const rows = lanes.map((lane) =>
    `<tr><th scope="row">${escape(lane)}</th>${
      events.map((event, i) => {
        const [verb, ...rest] = event.split(" ");
        return verb === lane
          ? `<td data-step="${i + 1}">${escape(rest.join(" ") || "•")}</td>`
          : "<td></td>";
      }).join("")
    }</tr>`
  ).join("");
  return `<div class="scroll" tabindex="0" role="group" aria-label="${
    escape(name)
  }"><table><caption>${
    escape(name)
  }</caption><tbody>${rows}</tbody></table></div>`;
}

/** Data goes down the lanes. */
const order = ["built", "filter", "map", "reduce"];
