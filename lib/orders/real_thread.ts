/**
 * A real thread that runs a task step by step, seen from outside.
 *
 * @module
 */

import { signals, SteppedThread, type ThreadSetting, verbs } from "./thread.ts";

/** What main knows a thread by. */
export interface Performer {
  /** Resolves once the thread waits for its first order. */
  readonly isReady: Promise<void>;
  /** What the task threw. */
  readonly thrown: string | undefined;
  /** Tells it something; resolves to what it asks then. */
  tell(signal: number, answer: number): Promise<Ask>;
  /** Ends it. */
  close(): void;
}

/** What a thread is about to do; the verb is told by its number. */
export type Ask = readonly [
  ...[verb: number, cell: number, argument: number, line: number],
];

/** What a performer is made of. */
export type Performance = Pick<
  ThreadSetting,
  "memory" | "source" | "things" | "worker" | "tellsLines"
>;

/** A Web Worker that runs a task step by step. */
export class RealThread implements Performer {
  readonly isReady: Promise<void>;
  readonly #line = new Int32Array(new SharedArrayBuffer(4 * 6));
  readonly #thrown = new Uint16Array(new SharedArrayBuffer(2 * 500));
  readonly #worker: Worker;
  readonly #timeout: number;
  readonly #name: string;

  /** Starts it. `timeout`: how long it may compute without a step, in ms. */
  constructor(performance: Performance, timeout: number) {
    this.#timeout = timeout;
    this.#name = `worker ${performance.worker}`;
    const text = `onmessage = ({ data }) => ${start(String(SteppedThread))}`;
    const url = URL.createObjectURL(
      new Blob([text], { type: "text/javascript" }),
    );
    this.#worker = new Worker(url, { type: "module", name: this.#name });
    URL.revokeObjectURL(url);
    const [line, thrown] = [this.#line, this.#thrown];
    this.#worker.postMessage({ ...performance, line, thrown, verbs, signals });
    this.isReady = this.#waits(signals.goOn);
  }

  get thrown(): string | undefined {
    const [length, ...codes] = this.#thrown;
    if (length === 0) return undefined;
    return String.fromCharCode(...codes.slice(0, length));
  }

  async tell(signal: number, answer: number): Promise<Ask> {
    const line = this.#line;
    line[5] = answer;
    this.#signal(signal);
    await this.#waits(signal, this.#timeout);
    const [, verb, cell, argument, place] = line;
    return [verb!, cell!, argument!, place!];
  }

  close(): void {
    this.#signal(signals.stop);
    this.#worker.terminate();
  }

  #signal(signal: number): void {
    Atomics.store(this.#line, 0, signal);
    Atomics.notify(this.#line, 0);
  }

  /** Waits until the thread asks for something. */
  async #waits(signal: number, timeout?: number): Promise<void> {
    while (this.#line[0] !== signals.asks) {
      const asks = Atomics.waitAsync(this.#line, 0, signal, timeout);
      if (!asks.async || await asks.value === "ok") continue;
      throw new Error(
        `everyOrder: ${this.#name} has taken no step for ${timeout} ms; ` +
          "is there a loop without an end?",
      );
    }
  }
}

/** What makes a stepped thread of the text of its class, and runs it. */
function start(text: string): string {
  // A bundler that keeps names has functions and classes go through another
  // function, which stays behind.
  const [, keep] = /static ?\{ ?([\w$]+)\(this, ?"/.exec(text) ?? [];
  const made = `new (${text})(data).run()`;
  return keep ? `((${keep}) => ${made})((it) => it)` : made;
}
