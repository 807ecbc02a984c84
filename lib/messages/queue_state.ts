/**
 * What is known of a queue in shared memory.
 *
 * A thread can be ended at the start of a function or of a round of a loop; what
 * has to happen together is done between two of these.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { ChannelClosedError } from "./pipe.ts";
import { sharedCells } from "./travel.ts";

/** The error of who comes too late. */
export function queueClosed(): ChannelClosedError {
  return new ChannelClosedError("the queue is closed");
}

/** What all who have a queue know of it. */
export class QueueState {
  static readonly #size = 0; // how many items nobody has taken
  static readonly #closed = 1; // whether it is closed
  static readonly #waiting = 2; // how many wait for room
  static readonly #next = 3; // the number of the next item to be taken

  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly capacity: number;

  constructor(capacity: number, cells = sharedCells("Queue", 4)) {
    this.capacity = capacity;
    this.cells = cells;
  }

  get size(): number {
    return Atomics.load(this.cells, QueueState.#size);
  }

  set size(size: number) {
    Atomics.store(this.cells, QueueState.#size, size);
  }

  get isClosed(): boolean {
    return Atomics.load(this.cells, QueueState.#closed) !== 0;
  }

  close(): void {
    Atomics.store(this.cells, QueueState.#closed, 1);
  }

  get waiting(): number {
    return Atomics.load(this.cells, QueueState.#waiting);
  }

  set waiting(count: number) {
    Atomics.store(this.cells, QueueState.#waiting, count);
  }

  /** Whether the store has to be told, once, that there is room. */
  callWaiting(): boolean {
    return this.waiting > 0 &&
      Atomics.exchange(this.cells, QueueState.#waiting, 0) > 0;
  }

  get next(): number {
    return Atomics.load(this.cells, QueueState.#next);
  }

  /** Counts an item in, if there is room, as one that its sender promises. */
  reserve(sender: QueueLinkState): boolean {
    const index = QueueState.#size;
    for (let size = this.size; size < this.capacity;) {
      const found = Atomics.compareExchange(this.cells, index, size, size + 1);
      if (found === size) {
        Atomics.add(sender.cells, QueueLinkState.promised, 1);
        return true;
      }
      size = found;
    }
    return false;
  }

  /** Takes the item of a number, unless it was taken. */
  claim(number: number): boolean {
    const index = QueueState.#next;
    const after = (number + 1) | 0;
    const found = Atomics.compareExchange(this.cells, index, number, after);
    if (found !== number) return false;
    Atomics.sub(this.cells, QueueState.#size, 1);
    return true;
  }

  /** Gives the items other numbers; returns which was the next one. */
  renumber(next: number): number {
    return Atomics.exchange(this.cells, QueueState.#next, next);
  }

  /** Counts items in, or out, whether there is room or not. */
  add(count: number): void {
    Atomics.add(this.cells, QueueState.#size, count);
  }
}

/** What the store knows together with one of those who have its queue. */
export class QueueLinkState {
  static readonly promised = 0; // items that were counted in and have not come
  static readonly #underway = 1; // whether an item is on its way from the store

  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = sharedCells("Queue", 2)) {
    this.cells = cells;
  }

  /** Below 0 once one of the two is gone. */
  get promised(): number {
    return Atomics.load(this.cells, QueueLinkState.promised);
  }

  /** Notes that an item has come or will not; tells whether it was promised. */
  keep(): boolean {
    return Atomics.sub(this.cells, QueueLinkState.promised, 1) > 0;
  }

  /** Notes that an item is on its way. */
  send(): void {
    Atomics.store(this.cells, QueueLinkState.#underway, 1);
  }

  /** Notes that it has arrived; tells whether that was in time. */
  arrive(): boolean {
    const index = QueueLinkState.#underway;
    return Atomics.compareExchange(this.cells, index, 1, 0) === 1;
  }

  /**
   * Lets nothing more come from either side: a worker that is busy lives on for
   * a while after it was terminated. Tells how many items will not come, and
   * whether one had not arrived.
   */
  end(): { promised: number; isUnderway: boolean } {
    const end = (index: number) =>
      Atomics.exchange(this.cells, index, -(2 ** 30));
    const isUnderway = end(QueueLinkState.#underway) === 1;
    return { promised: end(QueueLinkState.promised), isUnderway };
  }
}
