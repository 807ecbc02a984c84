/**
 * Threads that run a task again and again, one step at a time.
 *
 * @module
 */

import { type Performance, type Performer, RealThread } from "./real_thread.ts";
import type { Move } from "./search.ts";
import { signals, type Thing, verbs } from "./thread.ts";

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
  /** Whether moves tell their lines of the task: false unless given. */
  readonly tellsLines?: boolean;
}

/** Who takes the next step, of those who can; nobody ends the order. */
export type Choose = (
  able: readonly number[],
  moves: readonly Move[],
) => number | undefined | Promise<number | undefined>;

/** A thread, and what is known of it. */
interface Thread {
  readonly performer: Performer;
  /** What it is about to do. */
  move: Move;
  /** How often it has found each cell unchanged. */
  readonly looks: Map<number, number>;
}

/** Runs a task in threads, which take one step at a time. */
export class Executor {
  readonly #setting: Setting;
  readonly #memory: Int32Array;
  readonly #threads: Thread[];
  readonly #alive: ReturnType<typeof setInterval>;
  #steps: Move[] = [];

  /** Starts the threads, which share the memory. */
  constructor(
    setting: Setting,
    memory: Int32Array = new Int32Array(
      new SharedArrayBuffer(4 * setting.initial.length),
    ),
    start: (performance: Performance, timeout: number) => Performer = (...it) =>
      new RealThread(...it),
  ) {
    const { source, things, timeout, tellsLines = false } = setting;
    this.#setting = setting;
    this.#memory = memory;
    this.#threads = Array.from({ length: setting.workers }, (_, thread) => {
      const same = { memory, source, things, tellsLines };
      const performance = { ...same, worker: thread + 1 };
      const performer = start(performance, timeout);
      const move: Move = { ...nothing, thread };
      return { performer, move, looks: new Map() };
    });
    // Some older versions of Deno see a notification only when something else
    // happens.
    this.#alive = setInterval(() => {}, 20);
  }

  /** Runs one order; `choose` says which. */
  async execute(choose: Choose): Promise<Execution> {
    this.#memory.set(this.#setting.initial);
    this.#steps = [];
    await Promise.all(this.#threads.map((it) => it.performer.isReady));
    for (const thread of this.#threads) {
      thread.looks.clear();
      await this.#letGo(thread);
    }
    const ending = await this.#takeSteps(choose);
    const moves = this.#moves();
    const memory = [...this.#memory];
    const errors = this.#threads.map(({ performer }) => performer.thrown);
    for (const thread of this.#threads) {
      if (thread.move.verb === "has ended") continue;
      await this.#letGo(thread, signals.giveUp);
    }
    return { ending, steps: this.#steps, moves, memory, errors };
  }

  /** Ends the threads. */
  close(): void {
    clearInterval(this.#alive);
    for (const { performer } of this.#threads) performer.close();
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
    const ask = await thread.performer.tell(word, answer);
    const [verb, cell, argument, line] = ask;
    const { thread: number } = thread.move;
    const asked = { verb: verbs[verb]!, cell, argument, line };
    const value = this.#steps.length;
    thread.move = { ...nothing, ...asked, thread: number, value };
  }
}

/** What a thread does that does nothing. */
const nothing: Omit<Move, "thread"> = {
  ...{ verb: "has ended", cell: 0, argument: 0, line: 0 },
  ...{ cause: undefined, value: 0 },
};
