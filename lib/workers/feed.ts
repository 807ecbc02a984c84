/**
 * Work on an input that is taken as it goes, some of it at a time.
 *
 * @module
 */

/** How a Feed cuts its input. */
export interface FeedOptions {
  /** How many items make a chunk. */
  readonly size: number;
  /** How many chunks may be ahead of the consumer. */
  readonly ahead: number;
  /** Runs a chunk, whose first item has this place in the input. */
  readonly submit: (
    chunk: readonly unknown[],
    first: number,
  ) => Promise<readonly unknown[]>;
}

/** A chunk on its way, and then its outcome. */
interface Flight {
  outcome?: { results: readonly unknown[] } | { error: unknown };
}

/** What a feed takes its input for. */
export interface FeedOwner {
  /** Nothing more is to begin. */
  readonly stopped: boolean;
  /** Why all of it failed, if it did. */
  readonly failure: { error: unknown } | undefined;
  /** Told when all of it fails. */
  onFail: () => void;
}

/** Takes an input chunk by chunk, just ahead of the consumer of the results. */
export class Feed {
  readonly #call: FeedOwner;
  readonly #input: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #options: FeedOptions;
  /** In the order of the input. */
  readonly #flights: Flight[] = [];
  /** Those that have an outcome, in the order in which they got it. */
  readonly #finished: Flight[] = [];
  #taken = 0;
  #pulling = false;
  /** The input has ended, by itself or by an error. */
  #ended: { error?: unknown } | undefined;
  #wake = () => {};

  constructor(
    call: FeedOwner,
    input: Iterator<unknown> | AsyncIterator<unknown>,
    options: FeedOptions,
  ) {
    this.#call = call;
    this.#input = input;
    this.#options = options;
    call.onFail = () => this.#wake();
  }

  /** The results of a chunk, of the oldest if ordered; nothing after the last. */
  async next(ordered: boolean): Promise<readonly unknown[] | undefined> {
    for (;;) {
      if (this.#call.failure) throw this.#call.failure.error;
      const flight = this.#take(ordered);
      if (flight) {
        const { outcome } = flight;
        if ("error" in outcome!) throw outcome.error;
        void this.#pull();
        return outcome!.results;
      }
      void this.#pull();
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

  /** Takes out the oldest chunk, or the one that finished first, if it is done. */
  #take(ordered: boolean): Flight | undefined {
    const flight = ordered ? this.#flights[0] : this.#finished[0];
    if (!flight?.outcome) return undefined;
    this.#flights.splice(this.#flights.indexOf(flight), 1);
    this.#finished.splice(this.#finished.indexOf(flight), 1);
    return flight;
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

  #send(chunk: unknown[]): void {
    const flight: Flight = {};
    this.#flights.push(flight);
    const first = this.#taken;
    this.#taken += chunk.length;
    const finish = (outcome: Flight["outcome"] & object) => {
      flight.outcome = outcome;
      this.#finished.push(flight);
      this.#wake();
    };
    this.#options.submit(chunk, first).then(
      (results) => finish({ results }),
      (error) => finish({ error }),
    );
  }
}
