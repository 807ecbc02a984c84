/**
 * A thread that is none: where threads cannot share memory, a task is run from
 * its beginning again for each step, and finds again what it found before.
 *
 * @module
 */

import {
  type Ask,
  type Performer,
  readAsk,
} from "../../lib/orders/executor.ts";
import {
  deskSize,
  type Performance,
  signals,
  SteppedThread,
  verbs,
} from "../../lib/orders/thread.ts";

/** Runs a task step by step, in this thread. */
export class SimulatedThread implements Performer {
  readonly #performance: Performance;
  /** What memory held whenever it was told something, and what it was told. */
  #past: { memory: Int32Array; answer: number }[] = [];

  constructor(performance: Performance) {
    this.#performance = performance;
  }

  async tell(signal: number, answer: number): Promise<Ask> {
    const memory = this.#performance.memory.slice();
    this.#past.push({ memory, answer });
    const ask = signal === signals.giveUp
      ? readAsk(new Int32Array(deskSize))
      : await this.#replay();
    if (ask.verb === "has ended") this.#past = [];
    return ask;
  }

  close(): void {}

  /** Runs the task up to its next step, or its end. */
  async #replay(): Promise<Ask> {
    const desk = new Int32Array(deskSize);
    const past = this.#past.values();
    let next: Ask | undefined;
    const pause = () => {
      const { value: known } = past.next();
      if (known) {
        this.#performance.memory.set(known.memory);
        desk[1] = known.answer;
        return;
      }
      const ask = readAsk(desk);
      next ??= ask;
      desk[0] = ask.verb === "has ended" ? signals.stop : signals.giveUp;
    };
    const setting = { ...this.#performance, desk, verbs, signals };
    const real = globalThis.Atomics;
    try {
      await new SteppedThread(setting, pause).run();
    } finally {
      globalThis.Atomics = real;
    }
    return next!;
  }
}
