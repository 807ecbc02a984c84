/**
 * Which order to run next: a search through all orders, depth first. Orders are
 * alike that differ only in steps which cannot affect each other, on different
 * cells or reading: of these, one is run.
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
  /** The line of the task, from 1; 0 where lines are not told. */
  readonly line: number;
  /** The step that woke the thread up before this one, by its place. */
  readonly cause: number | undefined;
  /** What stands in the cell afterwards. */
  readonly value: number;
}

/** Whether two steps cannot affect each other. */
function areApart(one: Move, other: Move): boolean {
  return one.cell !== other.cell ||
    one.verb === "reads" && other.verb === "reads";
}

/** A place in the order that is run. */
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
  readonly #all: boolean;
  readonly #nodes: Node[] = [];
  #depth = 0;
  #asleep: ReadonlySet<number> = new Set();

  /** Begins a search; with `all`, orders that are alike are run, too. */
  constructor(all: boolean) {
    this.#all = all;
  }

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
      const tried = new Set([thread]);
      const wanted = new Set(this.#all ? able : [thread]);
      node = { able: new Set(able), asleep, thread, tried, wanted };
      this.#nodes.push(node);
    }
    const { thread, tried, asleep } = node;
    const others = [...asleep.union(tried)].filter((other) =>
      other !== thread && areApart(moves[other]!, moves[thread]!)
    );
    this.#asleep = new Set(this.#all ? [] : others);
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
      for (const place of past.racing(step)) {
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

/** A step, and how many steps of each thread happen up to it, itself included. */
type Taken = Move & { readonly clock: readonly number[] };

/** Whether a step has to happen before another one. */
function isBefore(one: Taken, { clock }: Taken): boolean {
  return one.clock[one.thread]! <= clock[one.thread]!;
}

/** What has to happen before what: vector clocks (Mattern 1989). */
class Past {
  readonly taken: Taken[] = [];
  readonly #clocks: number[][];

  constructor(threads: number) {
    this.#clocks = Array.from(
      { length: threads },
      () => Array(threads).fill(0),
    );
  }

  /** The places of the steps that could as well come after this one. */
  racing(move: Move): number[] {
    const places: number[] = [];
    const known = { ...move, clock: [...this.#known(move)] };
    for (const [place, step] of [...this.taken.entries()].toReversed()) {
      if (move.verb === "has ended" || areApart(step, move)) continue;
      // Who waits for a lock cannot come before it is released.
      if (move.verb === "acquires" && step.verb === "releases") continue;
      if (!isBefore(step, known)) places.push(place);
      join(known.clock, step);
    }
    return places;
  }

  /**
   * Who can begin, if a step is to come before the one at a place, and with it
   * all that need not come after that one.
   */
  initials(move: Move, place: number): number[] {
    const later = this.taken.slice(place + 1)
      .filter((step) => !isBefore(this.taken[place]!, step));
    const clock = [...this.#known(move)];
    for (const step of later) if (!areApart(step, move)) join(clock, step);
    later.push({ ...move, clock });
    return later.filter((step, i) =>
      !later.slice(0, i).some((earlier) =>
        earlier.thread === step.thread || isBefore(earlier, step)
      )
    ).map((step) => step.thread);
  }

  add(move: Move): void {
    const clock = this.#known(move);
    for (const step of this.taken) if (!areApart(step, move)) join(clock, step);
    clock[move.thread]! += 1;
    this.taken.push({ ...move, clock: [...clock] });
  }

  /** What a thread knows of has happened before its next step. */
  #known({ thread, cause }: Move): number[] {
    const clock = this.#clocks[thread]!;
    if (cause !== undefined) join(clock, this.taken[cause]!);
    return clock;
  }
}

/** Adds what has to happen before a step to what has to happen. */
function join(clock: number[], step: Taken): void {
  for (const [i, n] of step.clock.entries()) clock[i] = Math.max(clock[i]!, n);
}

/** How many orders are alike: the ways to put the steps of one into a row. */
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
