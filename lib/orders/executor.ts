/**
 * Threads that run a task again and again, one step at a time.
 *
 * @module
 */

import { FunctionWorker } from "../workers/worker.ts";
import type { Move } from "./search.ts";
import {
  signals,
  SteppedThread,
  type Thing,
  type ThreadSetting,
  verbs,
} from "./thread.ts";

/** How many steps an order may have. */
export const maxSteps = 1000;
/** How often a thread looks at what does not change before it waits. */
const maxLooks = 3;

/** How an order went. */
export interface Execution {
  /** Stopped: nobody was chosen for the next step. */
  readonly ending: "complete" | "deadlock" | "too long" | "stopped";
  readonly steps: readonly Move[];
  /** What each thread would have done next. */
  readonly moves: readonly Move[];
  /** What is in memory at the end. */
  readonly memory: readonly number[];
  /** What the task threw, by thread. */
  readonly errors: readonly (string | undefined)[];
}

/** What is run. */
export interface Setting {
  /** The text of the task. */
  readonly source: string;
  readonly things: readonly Thing[];
  /** What is in memory when an order begins. */
  readonly initial: readonly number[];
  readonly workers: number;
  /** How long a worker may compute without a step, in milliseconds. */
  readonly timeout: number;
}

/** Who takes the next step, of those who can; nobody ends the order. */
export type Choose = (
  able: readonly number[],
  moves: readonly Move[],
) => number | undefined | Promise<number | undefined>;

/** What a worker runs. */
const perform = (text: string, setting: ThreadSetting) =>
  new ((0, eval)(`(${text})`) as typeof SteppedThread)(setting).run();

/** A thread, and what is known of it. */
interface Thread {
  readonly worker: FunctionWorker<Parameters<typeof perform>, void>;
  readonly setting: ThreadSetting;
  /** What it is about to do. */
  move: Move;
  /** How often it has found each cell unchanged. */
  readonly looks: Map<number, number>;
}

/** Runs a task in threads, which take one step at a time. */
export class Executor {
  readonly #setting: Setting;
  readonly #memory: ThreadSetting["memory"];
  readonly #threads: Thread[];
  readonly #alive: ReturnType<typeof setInterval>;
  #steps: Move[] = [];
  /** The thread that has not come back. */
  #lost: Thread | undefined;

  /** Starts the threads. */
  constructor(setting: Setting) {
    this.#setting = setting;
    this.#memory = cells(setting.initial.length);
    this.#threads = Array.from(
      { length: setting.workers },
      (_, i) => startThread(setting, this.#memory, i),
    );
    // Some older versions of Deno see a notification only when something else
    // happens.
    this.#alive = setInterval(() => {}, 20);
  }

  /** Runs one order; `choose` says which. */
  async execute(choose: Choose): Promise<Execution> {
    this.#memory.set(this.#setting.initial);
    this.#steps = [];
    await Promise.all(this.#threads.map(hasStarted));
    for (const thread of this.#threads) {
      thread.looks.clear();
      await this.#letGo(thread);
    }
    const ending = await this.#takeSteps(choose);
    const moves = this.#moves();
    const memory = [...this.#memory];
    const errors = this.#threads.map(({ setting: { thrown } }) =>
      thrown[0] === 0
        ? undefined
        : String.fromCharCode(...thrown.subarray(1, 1 + thrown[0]!))
    );
    for (const thread of this.#threads) {
      if (thread.move.verb === "has ended") continue;
      await this.#letGo(thread, signals.giveUp);
    }
    return { ending, steps: this.#steps, moves, memory, errors };
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    clearInterval(this.#alive);
    for (const thread of this.#threads) {
      signal(thread, signals.stop);
      if (thread !== this.#lost) await thread.worker.join().catch(() => {});
      thread.worker.terminate();
    }
  }

  async #takeSteps(choose: Choose): Promise<Execution["ending"]> {
    for (let idle = 0;;) {
      const able = this.#threads.filter((thread) => this.#isAble(thread));
      if (able.length > 0) {
        if (this.#steps.length === maxSteps) return "too long";
        const numbers = able.map(({ move }) => move.thread);
        const chosen = await choose(numbers, this.#moves());
        if (chosen === undefined) return "stopped";
        await this.#takeStep(this.#threads[chosen]!);
        continue;
      }
      // Nobody can change anything, but by looking once more, or by waking up
      // because time passes.
      const waiting = this.#threads.filter((thread) =>
        this.#isIdle(thread) ||
        thread.move.verb === "sleeps" && thread.move.argument === 1
      );
      if (waiting.length > 0 && idle < maxSteps) {
        await this.#letGo(waiting[idle++ % waiting.length]!, signals.goOn, 1);
        continue;
      }
      const areAllDone = this.#moves().every(({ verb }) =>
        verb === "has ended"
      );
      return areAllDone ? "complete" : "deadlock";
    }
  }

  #moves(): Move[] {
    return this.#threads.map(({ move }) => move);
  }

  /** Whether a thread may take a step. */
  #isAble(thread: Thread): boolean {
    const { verb, cell } = thread.move;
    if (verbs.indexOf(verb) < verbs.indexOf("reads")) return false;
    if (verb === "acquires") return this.#memory[cell] === 0;
    return !this.#isIdle(thread);
  }

  /** Whether a thread would look again at what it has often found unchanged. */
  #isIdle({ move: { verb, cell, argument }, looks }: Thread): boolean {
    if ((looks.get(cell) ?? 0) < maxLooks) return false;
    const isEqual = this.#memory[cell] === argument;
    if (verb === "compares and exchanges") return !isEqual;
    return verb === "reads" ||
      isEqual && (verb === "writes" || verb === "exchanges");
  }

  /** Has a thread take its step, and wakes those up who waited for it. */
  async #takeStep(thread: Thread): Promise<void> {
    const { move, looks } = thread;
    const { verb, cell } = move;
    const before = this.#memory[cell];
    const woken = verb === "notifies" ? this.#sleepersAt(move) : [];
    await this.#letGo(thread, signals.goOn, woken.length);
    const value = this.#memory[cell]!;
    const cause = this.#steps.push({ ...move, value }) - 1;
    if (value === before) looks.set(cell, (looks.get(cell) ?? 0) + 1);
    else {
      looks.clear();
      for (const other of this.#threads) other.looks.delete(cell);
    }
    for (const other of this.#threads) {
      const { verb, cell, argument } = other.move;
      const hasMet = verb === "meets" && this.#memory[cell]! >= argument;
      if (!hasMet && !woken.includes(other)) continue;
      await this.#letGo(other);
      other.move = { ...other.move, cause };
    }
  }

  /** Who is woken up by a notification: who has slept longest. */
  #sleepersAt({ cell, argument }: Move): Thread[] {
    return this.#threads
      .filter(({ move }) => move.verb === "sleeps" && move.cell === cell)
      .sort((a, b) => a.move.value - b.move.value)
      .slice(0, argument);
  }

  /** Lets a thread run until it asks again. */
  async #letGo(
    thread: Thread,
    word: number = signals.goOn,
    answer = 0,
  ): Promise<void> {
    const { setting: { line }, move } = thread;
    const { timeout } = this.#setting;
    line[4] = answer;
    signal(thread, word);
    while (line[0] !== signals.asks) {
      const asks = Atomics.waitAsync(line, 0, word, timeout);
      if (!asks.async || await asks.value === "ok") continue;
      this.#lost = thread;
      throw new Error(
        `everyOrder: worker ${move.thread + 1} has taken no step for ` +
          `${timeout} ms; is there a loop without an end?`,
      );
    }
    const [, verb, cell, argument] = line;
    thread.move = {
      ...{ thread: move.thread, verb: verbs[verb!]!, cell: cell! },
      ...{ argument: argument!, cause: undefined, value: this.#steps.length },
    };
  }
}

/** Starts a thread, which waits for the first order. */
function startThread(
  { source, things }: Setting,
  memory: ThreadSetting["memory"],
  thread: number,
): Thread {
  const setting: ThreadSetting = {
    ...{ memory, source, things, worker: thread + 1, verbs, signals },
    line: cells(5),
    thrown: new Uint16Array(new SharedArrayBuffer(2 * 500)),
  };
  const worker = new FunctionWorker(perform, {
    args: [String(SteppedThread), setting],
  });
  worker.start();
  const nothing = { cell: 0, argument: 0, cause: undefined, value: 0 };
  const move: Move = { thread, verb: "has ended", ...nothing };
  return { worker, setting, move, looks: new Map() };
}

/** Waits until a thread asks for the first time, however long it takes. */
async function hasStarted({ setting: { line }, worker }: Thread) {
  const asks = Atomics.waitAsync(line, 0, signals.goOn);
  if (asks.async) await Promise.race([asks.value, worker.join()]);
}

function cells(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

function signal({ setting: { line } }: Thread, word: number): void {
  Atomics.store(line, 0, word);
  Atomics.notify(line, 0);
}
