/**
 * A first-in, first-out line.
 *
 * @module
 */

/**
 * A first-in, first-out line, in which taking the first out costs the same
 * however long the line is. `Array.shift()` would move all the others.
 */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Some of them, which stay. */
  slice(from: number, to: number): T[] {
    return this.#items.slice(this.#head + from, this.#head + to) as T[];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head === this.#items.length) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes an item out, wherever it stands; tells whether it was there. */
  remove(item: T): boolean {
    const index = this.#items.indexOf(item, this.#head);
    if (index >= 0) this.#items.splice(index, 1);
    return index >= 0;
  }

  /** Takes all out. */
  drain(): T[] {
    const items = this.slice(0, this.length);
    this.#items = [];
    this.#head = 0;
    return items;
  }
}

/** What of this runs on the far side. */
export const fifoParts = [
  () => [Fifo],
];
