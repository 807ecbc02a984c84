/**
 * Results that come in chunks, handed out one by one.
 *
 * @module
 */

type Step<T> = IteratorResult<T, void>;

/**
 * The results of chunks, one by one. An async generator that yields each of them
 * takes three times as long; so a generator yields chunks, and this hands out
 * what is in them.
 */
export class Results<T> implements AsyncGenerator<T, void, void> {
  readonly #chunks: AsyncGenerator<readonly T[], void, void>;
  #chunk: readonly T[] = [];
  /** Where in the chunk the next result is. */
  #at = 0;
  /** The last step that takes time; those asked for meanwhile come after it. */
  #last: Promise<Step<T>> | undefined;

  constructor(chunks: AsyncGenerator<readonly T[], void, void>) {
    this.#chunks = chunks;
  }

  next(): Promise<Step<T>> {
    if (this.#last || this.#at === this.#chunk.length) {
      return this.#later(() => this.#pull());
    }
    return Promise.resolve({ value: this.#chunk[this.#at++]!, done: false });
  }

  return(): Promise<Step<T>> {
    return this.#later(() => this.#leave(() => this.#chunks.return()));
  }

  throw(error: unknown): Promise<Step<T>> {
    return this.#later(() => this.#leave(() => this.#chunks.throw(error)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #pull(): Promise<Step<T>> {
    while (this.#at === this.#chunk.length) {
      const { value, done } = await this.#chunks.next();
      if (done) return { value: undefined, done };
      this.#chunk = value;
      this.#at = 0;
    }
    return { value: this.#chunk[this.#at++]!, done: false };
  }

  async #leave(end: () => Promise<unknown>): Promise<Step<T>> {
    this.#chunk = [];
    this.#at = 0;
    await end();
    return { value: undefined, done: true };
  }

  /** Takes a step after those that were asked for before. */
  #later(step: () => Promise<Step<T>>): Promise<Step<T>> {
    const taken = this.#last ? this.#last.then(step, step) : step();
    const over = () => {
      if (this.#last === taken) this.#last = undefined;
    };
    this.#last = taken;
    taken.then(over, over);
    return taken;
  }
}
