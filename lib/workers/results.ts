/**
 * Results that come in chunks, handed out one by one.
 *
 * @module
 */

type Step<T> = Promise<IteratorResult<T, void>>;

/**
 * The results of chunks, one by one. An async generator that yields each of them
 * takes up to twice as long; so what is there already is handed out without it.
 */
export class Results<T> implements AsyncGenerator<T, void, void> {
  readonly #steps: AsyncGenerator<T, void, void>;
  #chunk: readonly T[] = [];
  /** Where in the chunk the next result is. */
  #at = 0;
  /** How many steps take time: those asked for meanwhile come after them. */
  #slow = 0;

  constructor(chunks: AsyncIterable<readonly T[]>) {
    this.#steps = this.#read(chunks);
  }

  next(): Step<T> {
    if (this.#slow > 0 || this.#at >= this.#chunk.length) return this.#step();
    return Promise.resolve({ value: this.#chunk[this.#at++]!, done: false });
  }

  return(): Step<T> {
    this.#slow = Infinity;
    return this.#steps.return();
  }

  throw(error: unknown): Step<T> {
    this.#slow = Infinity;
    return this.#steps.throw(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Step<T> {
    this.#slow += 1;
    try {
      return await this.#steps.next();
    } finally {
      this.#slow -= 1;
    }
  }

  async *#read(
    chunks: AsyncIterable<readonly T[]>,
  ): AsyncGenerator<T, void, void> {
    for await (const chunk of chunks) {
      this.#chunk = chunk;
      this.#at = 0;
      while (this.#at < chunk.length) yield chunk[this.#at++]!;
    }
  }
}
