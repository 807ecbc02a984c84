/**
 * How much faster a lesson's tasks are on the reader's own processors: sliders
 * for the workers and the size of a task, who ran what when, and what was
 * measured beside what is ideal.
 *
 * @module
 */
/// <reference lib="dom" />

import { count, duration, speedup } from "../../lib/lesson/units.ts";
import { draw } from "../draw.ts";
import type { Bar } from "../said.ts";
import { element, find } from "./dom.ts";
import { ask, type Shown, type WidgetSettings } from "./widgets.ts";

const tasks = 8;
/** The sizes that there are to choose from. */
const sizes = [1_000, 20_000, 100_000, 300_000, 1_000_000, 4_000_000];

/** The widget. */
export class SpeedUp {
  readonly #place: HTMLElement;
  readonly #lesson: Shown;
  /** The shortest times, by the number of workers; 0 is one after another. */
  readonly #times = new Map<number, number>();
  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param place Where it is drawn.
   * @param lesson The lesson whose `runSequential` and `runParallel` it runs.
   * @param settings How it begins.
   */
  constructor(place: HTMLElement, lesson: Shown, settings: WidgetSettings) {
    const cores = navigator.hardwareConcurrency;
    const most = Math.min(Math.max(4, cores), 16);
    this.#place = place;
    this.#lesson = lesson;
    if (!find("h2, .title", place)) {
      place.append(element('<p class="title">On your own processors</p>'));
    }
    if (!find(".drawing", place)) {
      place.append(element('<div class="drawing"></div>'));
    }
    place.append(controls(cores, most));
    this.#listen(most);
    this.#showValues();
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (settings.runsAtOnce && !isCalm) this.#measureChosen();
  }

  #listen(most: number): void {
    this.#place.addEventListener("input", ({ target }) => {
      const { name } = target as HTMLInputElement;
      if (name === "size") this.#forget();
      this.#showValues();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#measureChosen(), 250);
    });
    const [one, all] = this.#place.querySelectorAll("button");
    one!.addEventListener("click", () => this.#measureChosen());
    all!.addEventListener("click", () => {
      void this.#measure(Array.from({ length: most }, (_, i) => i + 1));
    });
    this.#lesson.onChange?.(() => this.#forget());
  }

  /** What was measured of other tasks, or other code, has no place in the curve. */
  #forget(): void {
    this.#asking.abort();
    this.#say("");
    this.#times.clear();
    find(".curve", this.#place)!.innerHTML = "";
  }

  #measureChosen(): void {
    void this.#measure([this.#value("workers")]);
  }

  #value(name: string): number {
    return find<HTMLInputElement>(`[name=${name}]`, this.#place)!.valueAsNumber;
  }

  get #size(): number {
    return sizes[this.#value("size")]!;
  }

  #showValues(): void {
    const [workers, size] = this.#place.querySelectorAll("output");
    workers!.textContent = `${this.#value("workers")}`;
    size!.textContent = `n = ${count(this.#size)}`;
  }

  /** Measures with each of some numbers of workers, one after another. */
  async #measure(numbers: readonly number[]): Promise<void> {
    clearTimeout(this.#timer);
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const drawing = find(".drawing", this.#place)!;
    try {
      for (const workers of numbers) {
        find<HTMLInputElement>("[name=workers]", this.#place)!.value =
          `${workers}`;
        this.#showValues();
        this.#say(`${tasks} tasks one after another …`);
        const n = this.#size;
        const question = { about: "speedup", workers, tasks, n } as const;
        const bars: Bar[] = [];
        const times = await ask(this.#lesson, question, signal, (span) => {
          this.#say(`${tasks} tasks on ${workers} workers …`);
          bars.push(span);
          drawing.innerHTML = draw({ kind: "timeline", bars, line: 1 });
        });
        this.#tell(workers, times as Times);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#say(`it does not run: ${(error as Error).message}`);
    }
  }

  #tell(workers: number, { sequential, parallel }: Times): void {
    const gain = sequential / parallel;
    this.#say(
      `${tasks} tasks: ${duration(sequential)} one after another, ${
        duration(parallel)
      } on ${workers} worker${workers === 1 ? "" : "s"}: ${
        speedup(sequential, parallel)
      }${gain >= 1 ? " as fast" : "; larger tasks may gain"}.`,
    );
    for (const [n, time] of [[0, sequential], [workers, parallel]] as const) {
      this.#times.set(n, Math.min(time, this.#times.get(n) ?? Infinity));
    }
    if (this.#times.size < 3) return;
    const best = this.#times.get(0)!;
    const points = [...this.#times].filter(([workers]) => workers > 0)
      .map(([workers, time]) => ({ workers, gain: best / time }))
      .sort((a, b) => a.workers - b.workers);
    find(".curve", this.#place)!.innerHTML = draw({
      kind: "curve",
      points,
      cores: navigator.hardwareConcurrency,
      line: 1,
    });
  }

  #say(text: string): void {
    find(".told", this.#place)!.textContent = text;
  }
}

/** The sliders, the buttons, and the place for what was measured. */
function controls(cores: number, most: number): HTMLElement {
  return element(`<div class="sliders">
<label>Workers <input type="range" name="workers" min="1" max="${most}" value="${
    Math.min(cores, most)
  }"> <output></output></label>
<label>Size of a task <input type="range" name="size" min="0" max="${
    sizes.length - 1
  }" value="4"> <output></output></label>
<p><button type="button" class="go">Run on my ${cores} processors</button>
<button type="button">Try 1 to ${most} workers</button></p>
<p class="told" role="status"></p><div class="curve"></div></div>`);
}

interface Times {
  readonly sequential: number;
  readonly parallel: number;
}
