/**
 * Work on an input that is taken as it goes, some of it at a time.
 *
 * @module
 */

import type { Call } from "./calls.ts";

/** How a Feed cuts its input. */
export interface FeedOptions {
  /** How many items make a chunk. */
  readonly size: number;
  /** How many chunks may be ahead of the consumer. */
  readonly ahead: number;
  /** Whether the results are given in the order of the input. */
  readonly ordered: boolean;
  /** Runs a chunk, whose first item has this place in the input. */
  readonly submit: (
    chunk: readonly unknown[],
    first: number,
  ) => Promise<readonly unknown[]>;
}

/** What an input is taken from. */
export type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** A chunk on its way, and then its outcome. */
interface Flight {
  results?: readonly unknown[];
  failure?: { readonly error: unknown };
}

/** Takes an input chunk by chunk, just ahead of the consumer of the results. */
export class Feed {
  readonly #call: Call;
  readonly #input: AnyIterator;
  readonly #options: FeedOptions;
  /** In the order of the input. */
  readonly #flights: Flight[] = [];
  #taken = 0;
  #pulling = false;
  /** The input has ended, by itself or by an error. */
  #ended: { error?: unknown } | undefined;
  #wake = () => {};

  constructor(call: Call, input: AnyIterator, options: FeedOptions) {
    this.#call = call;
    this.#input = input;
    this.#options = options;
    call.onFail = () => this.#wake();
  }

  /** The results of a chunk; nothing after the last. */
  async next(): Promise<readonly unknown[] | undefined> {
    for (;;) {
      if (this.#call.failure) throw this.#call.failure.error;
      const flight = this.#land();
      void this.#pull();
      if (flight?.failure) throw flight.failure.error;
      if (flight) return flight.results;
      // While it pulls, the last chunk may have been taken and not be sent yet.
      if (this.#ended && !this.#pulling && this.#flights.length === 0) {
        if ("error" in this.#ended) throw this.#ended.error;
        return undefined;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /**
   * Closes the input, unless it has ended; an error of that is left unsaid where
   * there is another one already.
   */
  async close(quietly: boolean): Promise<void> {
    if (this.#ended) return;
    this.#ended = {};
    try {
      const closing = this.#input.return?.();
      // An input that is waited for may never answer.
      if (!this.#pulling) await closing;
      else Promise.resolve(closing).catch(() => {});
    } catch (error) {
      if (!quietly) throw error;
    }
  }

  /** Takes out the first chunk that is done; in order, no later one. */
  #land(): Flight | undefined {
    const isDone = ({ results, failure }: Flight) =>
      results !== undefined || failure !== undefined;
    const at = this.#flights.findIndex(isDone);
    if (at < 0 || this.#options.ordered && at > 0) return undefined;
    return this.#flights.splice(at, 1)[0];
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    while (
      !this.#ended && !this.#call.stopped &&
      this.#flights.length < this.#options.ahead
    ) {
      const chunk = await this.#chunk();
      if (chunk.length > 0 && !this.#call.stopped) this.#send(chunk);
    }
    this.#pulling = false;
    this.#wake();
  }

  async #chunk(): Promise<unknown[]> {
    const chunk: unknown[] = [];
    try {
      while (chunk.length < this.#options.size && !this.#ended) {
        const next = this.#input.next();
        // Waiting for what is there already would cost each item a turn.
        const step = "then" in next ? await next : next;
        if (step.done) this.#ended ??= {};
        else chunk.push(step.value);
      }
    } catch (error) {
      this.#ended ??= { error };
    }
    return chunk;
  }

  #send(chunk: readonly unknown[]): void {
    const flight: Flight = {};
    this.#flights.push(flight);
    const running = this.#options.submit(chunk, this.#taken);
    this.#taken += chunk.length;
    running.then((results) => flight.results = results)
      .catch((error) => flight.failure = { error })
      .then(() => this.#wake());
  }
}
