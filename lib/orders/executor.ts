/**
 * Threads that run a task again and again, one step at a time.
 *
 * @module
 */

import {
  deskSize,
  type Performance,
  signals,
  SteppedThread,
  verbs,
} from "./thread.ts";

/** How many steps an order may have. */
export const maxSteps = 1000;
/** How often a thread goes round in circles before it has to wait. */
const maxRounds = 3;

/** A step, or what a thread is about to do. */
export interface Move {
  readonly thread: number;
  readonly verb: typeof verbs[number];
  readonly cell: number;
  /** The number that it works with. */
  readonly argument: number;
  /** The line of the task, from 1; 0 where lines are not told. */
  readonly line: number;
  /** What the task threw before it. */
  readonly error: string;
  /** Whether it leaves its cell as it is. */
  readonly isQuiet: boolean;
  /** The step that woke the thread up before this one, by its place. */
  readonly cause: number | undefined;
  /** What stands in the cell afterwards; before, how many steps came first. */
  readonly value: number;
}

/** What a thread says of its move. */
export type Ask = Pick<Move, "verb" | "cell" | "argument" | "line" | "error">;

/** Who takes the next step, of those who can; nobody ends the order. */
type Choose = (able: readonly Move[]) => number | undefined;

/** What main knows a thread by. */
export interface Performer {
  /** Tells it something; resolves to what it asks then. */
  tell(signal: number, answer: number): Promise<Ask>;
  /** Ends it. */
  close(): void;
}

/** How an order went. */
export interface Execution {
  /** Stopped: nobody was chosen for the next step. */
  readonly ending: "complete" | "deadlock" | "too long" | "stopped";
  readonly steps: readonly Move[];
  /** What each thread would have done next. */
  readonly moves: readonly Move[];
  /** What is in memory at the end. */
  readonly memory: readonly number[];
}

/** Runs a task in threads, which take one step at a time. */
export class Executor {
  readonly #threads: readonly Performer[];
  readonly #memory: Int32Array;
  readonly #initial: readonly number[];
  // Some older versions of Deno see a notification only when something else
  // happens.
  readonly #alive = setInterval(() => {}, 20);
  #steps: Move[] = [];
  /** What each thread is about to do. */
  #moves: Move[] = [];
  /** The last steps of each thread, as long as nothing changes; last one first. */
  #quiet: Move[][] = [];

  /** Takes threads, the memory that they share, and what it holds at first. */
  constructor(
    threads: readonly Performer[],
    memory: Int32Array,
    initial: readonly number[],
  ) {
    [this.#threads, this.#memory, this.#initial] = [threads, memory, initial];
  }

  /** Runs one order; `choose` says which. */
  async execute(choose: Choose): Promise<Execution> {
    this.#memory.set(this.#initial);
    [this.#steps, this.#quiet] = [[], this.#threads.map(() => [])];
    for (const thread of this.#threads.keys()) await this.#letGo(thread);
    const ending = await this.#takeSteps(choose);
    const [steps, moves] = [this.#steps, [...this.#moves]];
    const memory = [...this.#memory];
    for (const { verb, thread } of moves) {
      if (verb !== "has ended") await this.#letGo(thread, signals.giveUp);
    }
    return { ending, steps, moves, memory };
  }

  /** Ends the threads. */
  close(): void {
    clearInterval(this.#alive);
    for (const thread of this.#threads) thread.close();
  }

  async #takeSteps(choose: Choose): Promise<Execution["ending"]> {
    for (let idle = 0;;) {
      this.#moves = this.#moves.map((move) => this.#seen(move));
      const able = this.#moves.filter((move) => this.#isAble(move));
      if (able.length > 0) {
        if (this.#steps.length === maxSteps) return "too long";
        const chosen = choose(able);
        if (chosen === undefined) return "stopped";
        await this.#takeStep(this.#moves[chosen]!);
        continue;
      }
      // Nobody can change anything, but by looking once more, or by waking up
      // because time passes.
      const waiting = this.#moves.filter((move) =>
        this.#isIdle(move) || move.verb === "sleeps" && move.argument === 1
      );
      if (waiting.length === 0 || idle === maxSteps) {
        const isOver = this.#moves.every(({ verb }) => verb === "has ended");
        return isOver ? "complete" : "deadlock";
      }
      const { thread } = waiting[idle++ % waiting.length]!;
      await this.#letGo(thread, signals.goOn, 1);
    }
  }

  /** A move as memory is now. */
  #seen(move: Move): Move {
    const { verb, cell, argument } = move;
    const isEqual = this.#memory[cell] === argument;
    const isQuiet = verb === "reads" ||
      verb === "compares and exchanges" && !isEqual ||
      isEqual && (verb === "writes" || verb === "exchanges");
    return { ...move, isQuiet };
  }

  /** Whether a thread may take a step. */
  #isAble(move: Move): boolean {
    const { verb, cell } = move;
    if (verbs.indexOf(verb) < verbs.indexOf("reads")) return false;
    if (verb === "acquires") return this.#memory[cell] === 0;
    return !this.#isIdle(move);
  }

  /** Whether a thread goes round in circles, and finds nothing changed. */
  #isIdle(move: Move): boolean {
    const steps = [move, ...this.#quiet[move.thread]!];
    return move.isQuiet &&
      steps.some((_, length) =>
        length > 0 && length * maxRounds < steps.length &&
        steps.slice(0, length * (maxRounds - 1) + 1)
          .every((step, i) => areSame(step, steps[i + length]!))
      );
  }

  /** Has a thread take its step, and wakes those up who waited for it. */
  async #takeStep(move: Move): Promise<void> {
    const { thread, verb, cell } = move;
    const before = this.#memory[cell];
    const woken = verb === "notifies" ? this.#sleepersAt(move) : [];
    await this.#letGo(thread, signals.goOn, woken.length);
    const value = this.#memory[cell]!;
    const place = this.#steps.push({ ...move, value }) - 1;
    if (value === before) this.#quiet[thread]!.unshift(move);
    else {
      this.#quiet = this.#quiet.map((steps, i) =>
        i === thread || steps.some((step) => step.cell === cell) ? [] : steps
      );
    }
    for (const other of this.#moves) {
      const hasMet = other.verb === "meets" &&
        this.#memory[other.cell]! >= other.argument;
      const isWoken = hasMet || woken.includes(other);
      if (isWoken) await this.#letGo(other.thread, signals.goOn, 0, place);
    }
  }

  /** Who is woken up by a notification: who has slept longest. */
  #sleepersAt({ cell, argument }: Move): Move[] {
    return this.#moves
      .filter((move) => move.verb === "sleeps" && move.cell === cell)
      .sort((a, b) => a.value - b.value)
      .slice(0, argument);
  }

  /** Lets a thread run until it asks again. */
  async #letGo(
    thread: number,
    signal: number = signals.goOn,
    answer = 0,
    cause?: number,
  ): Promise<void> {
    const ask = await this.#threads[thread]!.tell(signal, answer);
    const value = this.#steps.length;
    this.#moves[thread] = { ...ask, thread, cause, value, isQuiet: false };
  }
}

function areSame(one: Move, other: Move): boolean {
  return one.verb === other.verb && one.cell === other.cell &&
    one.argument === other.argument;
}

/** A Web Worker that runs a task step by step. */
export class RealThread implements Performer {
  readonly #desk = new Int32Array(new SharedArrayBuffer(4 * deskSize));
  readonly #name: string;
  readonly #timeout: number;
  readonly #worker: Worker;
  readonly #isReady: Promise<void>;

  /** Starts it. `timeout`: how long it may compute without a step, in ms. */
  constructor(performance: Performance, timeout: number) {
    this.#name = `worker ${performance.worker}`;
    this.#timeout = timeout;
    const text = programOf(String(SteppedThread));
    const blob = new Blob([text], { type: "text/javascript" });
    const url = URL.createObjectURL(blob);
    this.#worker = new Worker(url, { type: "module", name: this.#name });
    URL.revokeObjectURL(url);
    const desk = this.#desk;
    this.#worker.postMessage({ ...performance, desk, verbs, signals });
    this.#isReady = this.#waits(signals.goOn);
    // One that is closed at once has nobody who waits for it.
    this.#isReady.catch(() => {});
  }

  async tell(signal: number, answer: number): Promise<Ask> {
    await this.#isReady;
    this.#desk[1] = answer;
    this.#signal(signal);
    await this.#waits(signal, this.#timeout);
    return readAsk(this.#desk);
  }

  close(): void {
    this.#signal(signals.stop);
    this.#worker.terminate();
  }

  #signal(signal: number): void {
    Atomics.store(this.#desk, 0, signal);
    Atomics.notify(this.#desk, 0);
  }

  /** Waits until the thread asks for something. */
  async #waits(signal: number, timeout?: number): Promise<void> {
    while (this.#desk[0] !== signals.asks) {
      if (this.#desk[0] === signals.stop) throw new Error("it was closed");
      const asks = Atomics.waitAsync(this.#desk, 0, signal, timeout);
      if (!asks.async || await asks.value === "ok") continue;
      throw new Error(
        `everyOrder: ${this.#name} has taken no step for ${timeout} ms; ` +
          "is there a loop without an end?",
      );
    }
  }
}

/** Reads what a thread asks. */
export function readAsk(desk: Int32Array): Ask {
  const [verb, cell, argument, line, length] = desk.subarray(2, 7);
  const error = String.fromCharCode(...desk.subarray(7, 7 + length!));
  const place = { cell: cell!, argument: argument!, line: line! };
  return { verb: verbs[verb!]!, ...place, error };
}

/** The program of a thread, which makes one of the text of its class. */
function programOf(text: string): string {
  // A bundler that keeps names has functions and classes go through another
  // function, which stays behind.
  const [, keep = "_"] = /static ?\{ ?([\w$]+)\(this, ?"/.exec(text) ?? [];
  return `onmessage = ({ data }) => {
    const thread = new (((${keep}) => ${text})((it) => it))(data);
    onunhandledrejection = (event) => {
      event.preventDefault();
      thread.fail(event.reason);
    };
    thread.run();
  };`;
}
