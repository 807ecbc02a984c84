/**
 * Which order to try next: a search through all orders, depth first, in which
 * two orders that differ only in steps on different cells count as one.
 *
 * It is dynamic partial-order reduction (Flanagan and Godefroid, POPL 2005) with
 * source sets (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014) and sleep sets
 * (Godefroid 1996).
 *
 * @module
 */

import type { verbs } from "./thread.ts";

/** A step, or what a thread is about to do. */
export interface Move {
  readonly thread: number;
  readonly verb: typeof verbs[number];
  readonly cell: number;
  /** The number that it works with. */
  readonly argument: number;
  /** The step that woke the thread up before this one, by its place. */
  readonly cause: number | undefined;
  /** What stands in the cell afterwards. */
  readonly value: number;
}

/** A place in the order that is tried. */
interface Node {
  /** Who could take a step here. */
  readonly able: ReadonlySet<number>;
  /** Whose step need not be tried here: it was, before a step elsewhere. */
  readonly asleep: ReadonlySet<number>;
  /** Whose step is tried at present, was tried, and has to be tried. */
  thread: number;
  readonly tried: Set<number>;
  readonly wanted: Set<number>;
}

/** Finds the orders one after another. */
export class Search {
  readonly #nodes: Node[] = [];
  #depth = 0;
  #asleep: ReadonlySet<number> = new Set();

  /**
   * Who takes the next step; nobody if this order is none but another one again.
   *
   * @param able Who can.
   * @param moves What each thread is about to do.
   */
  choose(able: readonly number[], moves: readonly Move[]): number | undefined {
    let node = this.#nodes[this.#depth];
    if (!node) {
      const asleep = this.#asleep;
      const thread = able.find((thread) => !asleep.has(thread));
      if (thread === undefined) return undefined;
      const [tried, wanted] = [new Set([thread]), new Set([thread])];
      node = { able: new Set(able), asleep, thread, tried, wanted };
      this.#nodes.push(node);
    }
    const { thread, tried, asleep } = node;
    const { cell } = moves[thread]!;
    const others = [...asleep.union(tried)]
      .filter((other) => other !== thread && moves[other]!.cell !== cell);
    this.#asleep = new Set(others);
    this.#depth += 1;
    return thread;
  }

  /**
   * Notes how the order went that was tried; whether there is another one.
   *
   * @param steps Its steps.
   * @param moves What each thread would have done next.
   */
  next(steps: readonly Move[], moves: readonly Move[]): boolean {
    const past = new Past(moves.length);
    for (const [i, step] of [...steps, ...moves].entries()) {
      const place = past.racing(step);
      if (place !== undefined) {
        this.#want(this.#nodes[place]!, past.initials(step, place));
      }
      if (i < steps.length) past.add(step);
    }
    [this.#depth, this.#asleep] = [0, new Set()];
    for (let node; (node = this.#nodes.at(-1)); this.#nodes.pop()) {
      const { wanted, tried, asleep } = node;
      const [thread] = wanted.difference(tried).difference(asleep);
      if (thread === undefined) continue;
      node.thread = thread;
      tried.add(thread);
      return true;
    }
    return false;
  }

  /** One of some threads is to take a step here. */
  #want({ able, wanted }: Node, threads: readonly number[]): void {
    if (threads.some((thread) => wanted.has(thread))) return;
    const thread = threads.find((thread) => able.has(thread));
    for (const one of thread === undefined ? able : [thread]) wanted.add(one);
  }
}

/** A step, and how many steps of each thread happen up to it. */
interface Clocked {
  readonly thread: number;
  readonly clock: readonly number[];
}

/** A step that was taken; its clock counts itself. */
interface Taken extends Clocked {
  readonly verb: Move["verb"];
  /** The step before it on the same cell, by its place. */
  readonly before: number | undefined;
}

/** What has to happen before what: vector clocks (Mattern 1989). */
class Past {
  readonly taken: Taken[] = [];
  readonly #clocks: number[][];
  readonly #last = new Map<number, number>();

  constructor(threads: number) {
    this.#clocks = Array.from(
      { length: threads },
      () => Array(threads).fill(0),
    );
  }

  /** The place of the step that could as well come after this one. */
  racing({ thread, verb, cell, cause }: Move): number | undefined {
    let place = this.#last.get(cell);
    // Who waits for a lock cannot come before it is released.
    while (verb === "acquires" && this.taken[place!]?.verb === "releases") {
      place = this.taken[place!]!.before;
    }
    const other = this.taken[place!];
    if (!other || verb === "has ended") return undefined;
    const known = this.#join(thread, cause)[other.thread]!;
    return known < other.clock[other.thread]! ? place : undefined;
  }

  /**
   * Who can begin, if a step is to come before the one at a place, and with it
   * all that need not come after that one.
   */
  initials({ thread, cause }: Move, place: number): number[] {
    const isBefore = (one: Clocked, other: Clocked) =>
      one.clock[one.thread]! <= other.clock[one.thread]!;
    const later: Clocked[] = this.taken.slice(place + 1)
      .filter((step) => !isBefore(this.taken[place]!, step));
    later.push({ thread, clock: this.#join(thread, cause) });
    return later.filter((step, i) =>
      !later.slice(0, i).some((earlier) =>
        earlier.thread === step.thread || isBefore(earlier, step)
      )
    ).map((step) => step.thread);
  }

  add({ thread, verb, cell, cause }: Move): void {
    const before = this.#last.get(cell);
    this.#join(thread, cause);
    const clock = this.#join(thread, before);
    clock[thread]! += 1;
    this.#last.set(cell, this.taken.length);
    this.taken.push({ thread, verb, clock: [...clock], before });
  }

  /** What a thread knows of has happened before its next step. */
  #join(thread: number, place: number | undefined): number[] {
    const clock = this.#clocks[thread]!;
    for (const [i, n] of this.taken[place!]?.clock.entries() ?? []) {
      clock[i] = Math.max(clock[i]!, n);
    }
    return clock;
  }
}

/**
 * How many orders differ from one only in steps on different cells, itself
 * included: the ways to put its steps into a row.
 */
export function countAlike(steps: readonly Move[], threads: number): number {
  const past = new Past(threads);
  for (const step of steps) past.add(step);
  const own = Array.from(
    { length: threads },
    (_, thread) => past.taken.filter((step) => step.thread === thread),
  );
  const known = new Map<string, number>();
  const waysAfter = (done: readonly number[]): number => {
    const key = done.join();
    let ways = known.get(key);
    if (ways !== undefined) return ways;
    ways = 0;
    for (const [thread, steps] of own.entries()) {
      const next = done.with(thread, done[thread]! + 1);
      const step = steps[done[thread]!];
      const mayCome = step?.clock.every((n, i) => n <= next[i]!);
      if (mayCome) ways += waysAfter(next);
    }
    known.set(key, ways);
    return ways;
  };
  known.set(own.map((steps) => steps.length).join(), 1);
  return waysAfter(Array(threads).fill(0));
}
