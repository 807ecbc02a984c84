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
import { isSharedMemory, newCells } from "./travel.ts";

/** The error of who comes too late. */
export function queueClosed(): ChannelClosedError {
  return new ChannelClosedError("the queue is closed");
}

/** What all who have a queue know of it. */
export class QueueState {
  /**
   * How many items nobody has taken; whether it is closed; how many puts wait
   * for room.
   */
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly capacity: number;

  constructor(capacity: number, cells = newCells(3)) {
    this.capacity = capacity;
    this.cells = cells;
  }

  get isShared(): boolean {
    return isSharedMemory(this.cells);
  }

  get size(): number {
    return Atomics.load(this.cells, 0);
  }

  set size(size: number) {
    Atomics.store(this.cells, 0, size);
  }

  get isClosed(): boolean {
    return Atomics.load(this.cells, 1) !== 0;
  }

  close(): void {
    Atomics.store(this.cells, 1, 1);
  }

  get waiting(): number {
    return Atomics.load(this.cells, 2);
  }

  set waiting(count: number) {
    Atomics.store(this.cells, 2, count);
  }

  /** Counts an item in, if there is room; notes with its sender that it comes. */
  reserve(sender?: QueueLinkState): boolean {
    const { cells, capacity } = this;
    for (let size = this.size; size < capacity;) {
      const found = Atomics.compareExchange(cells, 0, size, size + 1);
      if (found === size) {
        if (sender) Atomics.add(sender.cells, 2, 1);
        return true;
      }
      size = found;
    }
    return false;
  }

  /** Counts items in for which there is room or not. */
  add(count: number): void {
    Atomics.add(this.cells, 0, count);
  }

  /** Counts items out. */
  free(count: number): void {
    Atomics.sub(this.cells, 0, count);
    this.tell();
  }

  /** Wakes the store if puts wait for room. */
  tell(): void {
    if (this.waiting > 0) Atomics.notify(this.cells, 0);
  }

  /** Resolves once the size is another, or there is room. */
  async change(): Promise<void> {
    const { size } = this;
    if (size < this.capacity) return;
    await Atomics.waitAsync(this.cells, 0, size).value;
  }
}

/** What a store and one of those who have its queue know of each other. */
export class QueueLinkState {
  /**
   * The number of the last get whose item has arrived, or -1 once one of the two
   * is gone; a lease, 20 bits for its number and 11 for how many items are left;
   * how many items were counted in and have not arrived, below 0 once one is
   * gone. A worker that is busy lives on for a while after it was terminated.
   */
  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = newCells(3)) {
    this.cells = cells;
  }

  get taken(): number {
    return Atomics.load(this.cells, 0);
  }

  /** Notes that an item has arrived, unless one of the two is gone. */
  noteTaken(id: number): boolean {
    const { taken } = this;
    return taken >= 0 &&
      Atomics.compareExchange(this.cells, 0, taken, id) === taken;
  }

  /** Lets no more items arrive; returns the number of the last get. */
  endTaking(): number {
    return Atomics.exchange(this.cells, 0, -1);
  }

  /** Makes a lease of some items; returns its number. */
  grant(count: number): number {
    const last = Atomics.load(this.cells, 1) >>> 11;
    const epoch = (last + 1) % 2 ** 20;
    Atomics.store(this.cells, 1, epoch * 2 ** 11 + count);
    return epoch;
  }

  /** Ends the lease; returns how many items were left. */
  revoke(): number {
    const { cells } = this;
    return Atomics.and(cells, 1, ~2047) & 2047;
  }

  /** Takes the next item of a lease, unless that has ended. */
  take(epoch: number, { cells: queue }: QueueState): boolean {
    const { cells } = this;
    for (let seen = Atomics.load(cells, 1);;) {
      if (seen >>> 11 !== epoch || (seen & 2047) === 0) return false;
      const found = Atomics.compareExchange(cells, 1, seen, seen - 1);
      if (found === seen) {
        Atomics.sub(queue, 0, 1);
        return true;
      }
      seen = found;
    }
  }

  /** How many items were counted in and have not arrived. */
  get promised(): number {
    return Atomics.load(this.cells, 2);
  }

  /** Notes that an item has arrived or will not come, unless one is gone. */
  keep(): boolean {
    return Atomics.sub(this.cells, 2, 1) > 0;
  }

  /** Takes no more items in; returns how many will not come. */
  endPutting(): number {
    return Atomics.exchange(this.cells, 2, -(2 ** 30));
  }
}
