/**
 * A thread that is none: where threads cannot share memory, a task is run from
 * its beginning again for each step, and finds again what it found before.
 *
 * @module
 */

import type {
  Ask,
  Performance,
  Performer,
} from "../../lib/orders/real_thread.ts";
import { signals, SteppedThread, verbs } from "../../lib/orders/thread.ts";

/** Runs a task step by step, in this thread. */
export class SimulatedThread implements Performer {
  readonly isReady = Promise.resolve();
  readonly #performance: Performance;
  readonly #thrown = new Uint16Array(500);
  /** What memory held before each step, and what the step was answered. */
  readonly #past: { memory: Int32Array; answer: number }[] = [];
  #isRunning = false;

  constructor(performance: Performance) {
    this.#performance = performance;
  }

  get thrown(): string | undefined {
    const [length, ...codes] = this.#thrown;
    return length ? String.fromCharCode(...codes.slice(0, length)) : undefined;
  }

  async tell(signal: number, answer: number): Promise<Ask> {
    const memory = this.#performance.memory.slice();
    if (this.#isRunning) this.#past.push({ memory, answer });
    this.#isRunning = true;
    const next = signal === signals.giveUp ? undefined : await this.#replay();
    if (next) return next;
    this.#isRunning = false;
    this.#past.length = 0;
    return [verbs.indexOf("has ended"), 0, 0, 0];
  }

  close(): void {}

  /** Runs the task up to its next step; nothing is next when it has ended. */
  async #replay(): Promise<Ask | undefined> {
    const { memory } = this.#performance;
    const line = new Int32Array(5);
    const past = this.#past.values();
    // What is looked at before the first step is as it was then.
    if (this.#past[0]) memory.set(this.#past[0].memory);
    let next: Ask | undefined;
    let rounds = 0;
    const ask = (verb: string, cell = 0, argument = 0) => {
      if (verb === "has ended") {
        if (rounds++ === 1) line[0] = signals.stop;
        return 0;
      }
      const { value } = past.next();
      if (value && !next) {
        memory.set(value.memory);
        return value.answer;
      }
      const number = verbs.findIndex((it) => it === verb);
      next ??= [number, cell, argument, thread.lineNow()];
      line[0] = signals.giveUp;
      throw new Error("it is not its turn");
    };
    const thread = new SteppedThread({
      ...{ ...this.#performance, verbs, signals, line, thrown: this.#thrown },
    }, ask);
    const real = globalThis.Atomics;
    try {
      await thread.run();
    } finally {
      globalThis.Atomics = real;
    }
    return next;
  }
}
