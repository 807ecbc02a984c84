/**
 * You are the scheduler: the reader chooses which worker takes its next step, and
 * sees what becomes of a number that both change.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import {
  type Execution,
  Executor,
  type Move,
  RealThread,
} from "../../lib/orders/executor.ts";
import { Search } from "../../lib/orders/search.ts";
import type { Thing } from "../../lib/orders/thread.ts";
import { escape } from "../escape.ts";
import { SimulatedThread } from "./simulated.ts";

/** A way to count: what it is called, and the text of its function. */
export interface Way {
  readonly name: string;
  readonly source: string;
}

const things: readonly Thing[] = [
  { name: "counter", kind: "array", at: 0, size: 1 },
  { name: "lock", kind: "lock", at: 1, size: 1 },
];
const workers = 2;

/** Where an order stands. */
interface State {
  readonly run: Execution;
  readonly able: readonly number[];
}

/** What the reader steps through. */
export class Scheduler {
  readonly #place: HTMLElement;
  #ways: readonly Way[];
  readonly #isReal = globalThis.crossOriginIsolated === true;
  #way = 0;
  #executor: Executor | undefined;
  /** Who took a step, one after another. */
  #order: number[] = [];
  #replay: ReturnType<typeof setTimeout> | undefined;
  /** One run at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Puts it into a page.
   *
   * @param place What it fills.
   * @param ways The ways to count, as functions of `{ counter, lock }`.
   */
  constructor(place: HTMLElement, ways: readonly Way[]) {
    this.#place = place;
    this.#ways = ways;
    this.#build();
    void this.#restart();
  }

  /** Takes other texts for its ways, when the reader has changed them. */
  use(ways: readonly Way[]): void {
    const { source } = this.#current;
    this.#ways = this.#ways.map((way) =>
      ways.find(({ name }) => name === way.name) ?? way
    );
    if (this.#current.source !== source) void this.#restart();
  }

  // ---- What it looks like

  #build(): void {
    const options = this.#ways.map(({ name }, i) =>
      `<label><input type="radio" name="way" value="${i}"${
        i === 0 ? " checked" : ""
      }> ${escape(name)}</label>`
    ).join("");
    const column = (worker: number) =>
      `<section class="worker" aria-label="Worker ${worker + 1}">
      <h3>Worker ${worker + 1}</h3><pre tabindex="0"></pre><p class="next"></p>
      <button type="button" data-worker="${worker}">Step worker ${
        worker + 1
      } <kbd>${worker + 1}</kbd></button></section>`;
    this.#place.classList.add("scheduler");
    this.#place.innerHTML = `<h2>You are the scheduler</h2>
      <p>${
      this.#isReal
        ? "Two real workers share one counter."
        : "Threads cannot share memory in this page, so the steps of two workers are simulated, in the code as it was."
    } You choose who takes the next step. <strong class="goal"></strong></p>
      <fieldset><legend>How they count</legend>${options}</fieldset>
      <p class="memory"></p>
      <div class="workers">${column(0)}${column(1)}</div>
      <ol class="order" aria-label="The steps so far"></ol>
      <p class="verdict" role="status"></p>
      <p class="actions"><button type="button" data-do="back">Take a step back</button>
      <button type="button" data-do="again">Start again</button>
      <button type="button" data-do="wrong">Show me an order that goes wrong</button></p>`;
    this.#listen();
  }

  #listen(): void {
    this.#place.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (!button) return;
      const { worker, do: action } = button.dataset;
      if (worker) void this.#step(Number(worker));
      if (action === "back") void this.#goTo(this.#order.slice(0, -1));
      if (action === "again") void this.#goTo([]);
      if (action === "wrong") void this.#showWrong();
    });
    this.#place.addEventListener("keydown", (event) => {
      const worker = ["1", "2"].indexOf(event.key);
      if (worker >= 0) void this.#step(worker);
    });
    this.#place.addEventListener("change", (event) => {
      this.#way = Number((event.target as HTMLInputElement).value);
      void this.#restart();
    });
  }

  get #current(): Way {
    return this.#ways[this.#way]!;
  }

  #find<E extends Element>(selector: string): E {
    return this.#place.querySelector<E>(selector)!;
  }

  #all<E extends Element>(selector: string): E[] {
    return [...this.#place.querySelectorAll<E>(selector)];
  }

  #show({ run, able }: State): void {
    const { memory, moves, steps } = run;
    const [counter, holder] = memory;
    const lock = holder === 0 ? "free" : `held by worker ${holder}`;
    const isLocked = /\block\b/.test(this.#current.source);
    this.#find(".memory").innerHTML =
      `<span>counter <output>${counter}</output></span> ` +
      (isLocked ? `<span>lock <output>${lock}</output></span>` : "");
    for (const [i, section] of this.#all(".worker").entries()) {
      const isAble = able.includes(i);
      section.classList.toggle("able", isAble);
      const lines = this.#current.source.split("\n").map((line, n) =>
        `<span${moves[i]!.line === n + 1 ? ' class="here"' : ""}>${
          escape(line) || " "
        }</span>`
      );
      section.querySelector("pre")!.innerHTML = lines.join("");
      section.querySelector(".next")!.textContent = nextOf(moves[i]!, isAble);
      // One that is only marked as disabled keeps the focus.
      section.querySelector("button")!.ariaDisabled = String(!isAble);
    }
    this.#find(".order").innerHTML = steps.map((step) =>
      `<li class="by${step.thread + 1}">${escape(wordsOf(step))}</li>`
    ).join("");
    this.#find(".verdict").innerHTML = this.#verdictOf(run, able);
    this.#find<HTMLButtonElement>('[data-do="back"]').disabled =
      this.#order.length === 0;
  }

  #verdictOf(run: Execution, able: readonly number[]): string {
    const { memory: [counter], moves, steps } = run;
    const error = moves.find(({ error }) => error)?.error;
    if (error) return `<strong class="bad">${escape(error)}</strong>`;
    const last = steps.at(-1);
    if (able.length > 0) return last ? `${escape(wordsOf(last))}.` : "";
    if (run.ending === "deadlock") {
      return `<strong class="bad">Who is left waits for ever: a deadlock.</strong>`;
    }
    if (counter === workers) {
      return `<strong class="good">Both updates are there.</strong> Can another order lose one?`;
    }
    return `<strong class="bad">An update is lost:</strong> the counter is ${counter}, and it should be ${workers}. Now try with the lock.`;
  }

  // ---- What it does

  /** Begins with the code as it is now. */
  async #restart(): Promise<void> {
    this.#close();
    this.#find(".goal").textContent = /lock/i.test(this.#current.name)
      ? "Try to lose an update now."
      : "Lose an update: make the counter 1.";
    await this.#goTo([]);
  }

  /** Ends its workers. */
  #close(): void {
    clearTimeout(this.#replay);
    this.#executor?.close();
    this.#executor = undefined;
  }

  /** Starts workers that carry out the code as it is now. */
  #start(): Executor {
    const { source } = this.#current;
    const initial = things.map(() => 0);
    const memory = this.#isReal
      ? new Int32Array(new SharedArrayBuffer(4 * initial.length))
      : new Int32Array(initial.length);
    const threads = Array.from({ length: workers }, (_, i) => {
      const worker = i + 1;
      const setting = { memory, source, things, worker, tellsLines: true };
      return this.#isReal
        ? new RealThread(setting, 5000)
        : new SimulatedThread(setting);
    });
    return new Executor(threads, memory, initial);
  }

  #step(worker: number): Promise<void> {
    const { ariaDisabled } = this.#find<HTMLButtonElement>(
      `[data-worker="${worker}"]`,
    );
    if (ariaDisabled === "true") return Promise.resolve();
    return this.#goTo([...this.#order, worker]);
  }

  /** Runs the workers up to a place in an order, and shows it. */
  async #goTo(order: number[], isReplay = false): Promise<void> {
    if (!isReplay) clearTimeout(this.#replay);
    this.#order = order;
    let able: readonly number[] = [];
    let at = 0;
    const run = await this.#run((now) => {
      able = now.map(({ thread }) => thread);
      return order[at++];
    });
    if (run && order === this.#order) {
      this.#show({ run, able: run.ending === "stopped" ? able : [] });
    }
  }

  /** Runs an order, when the one before has ended. */
  #run(
    choose: Parameters<Executor["execute"]>[0],
  ): Promise<Execution | undefined> {
    const executor = this.#executor ??= this.#start();
    const run = this.#last.then(async () => {
      if (executor !== this.#executor) return undefined;
      try {
        return await executor.execute(choose);
      } catch (error) {
        if (executor !== this.#executor) return undefined;
        this.#close();
        this.#find(".verdict").innerHTML = `<strong class="bad">${
          escape((error as Error).message.replace("everyOrder: ", ""))
        }</strong>`;
        return undefined;
      }
    });
    this.#last = run;
    return run;
  }

  /** Looks for an order in which something goes wrong, and plays it. */
  async #showWrong(): Promise<void> {
    const search = new Search(false);
    for (let tried = 0, isLeft = true; isLeft && tried < 2000; tried++) {
      const run = await this.#run((able) => search.choose(able));
      if (!run) return;
      isLeft = search.next(run.steps, run.moves);
      if (run.ending === "stopped") continue;
      const isWrong = run.ending !== "complete" || run.memory[0] !== workers ||
        run.moves.some(({ error }) => error);
      if (isWrong) return this.#play(run.steps.map(({ thread }) => thread));
    }
    this.#find(".verdict").innerHTML =
      `<strong class="good">No order goes wrong:</strong> all were tried.`;
  }

  /** Takes the steps of an order, slowly enough to follow them. */
  #play(order: readonly number[]): void {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const next = (taken: number) => {
      void this.#goTo(order.slice(0, taken), true);
      if (taken === order.length) return;
      this.#replay = setTimeout(() => next(taken + 1), 900);
    };
    clearTimeout(this.#replay);
    next(isCalm ? order.length : 0);
  }
}

/** What a worker does next, in words. */
function nextOf({ verb, cell, argument }: Move, isAble: boolean): string {
  if (verb === "has ended") return "has ended";
  const { name } = things[cell]!;
  if (!isAble) return `waits: the ${name} is not free`;
  const what = verb === "writes" ? `${argument} into ` : "";
  return `next: ${verb} ${what}${name}`;
}

/** What a worker did, in words. */
function wordsOf({ thread, verb, cell, value }: Move): string {
  const { name, kind } = things[cell]!;
  const what = kind === "lock" ? `the ${name}` : String(value);
  return `worker ${thread + 1} ${verb} ${what}`;
}
