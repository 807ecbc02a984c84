/**
 * Which order to run next: a search through all orders, depth first. Orders are
 * alike that differ only in steps which cannot affect each other, such as two
 * on different cells, or two that change nothing: of these, one is run.
 *
 * That is partial-order reduction. Where a step was tried, the others who can
 * are tried, too, once a later step is seen that it could affect (dynamic
 * reduction: Flanagan and Godefroid, POPL 2005). What was tried is not tried
 * again until a step comes that it could affect (sleep sets: Godefroid, 1996).
 *
 * @module
 */

import type { Move } from "./executor.ts";

/** Whether two steps cannot affect each other. */
function areApart(one: Move, other: Move): boolean {
  if (one.cell !== other.cell || one.isQuiet && other.isQuiet) return true;
  const both = [one.verb, other.verb];
  // It only wakes up who waits.
  return both.includes("notifies") && !both.includes("waits") &&
    one.verb !== other.verb;
}

/** A place in the order that is run. */
interface Node {
  /** Who could take a step here. */
  readonly able: readonly Move[];
  /** What is tried at present. */
  move: Move;
  /** What need not be tried here: it was, or it was before a step elsewhere. */
  readonly done: Move[];
  /** Whether it matters who takes the step. */
  isOpen: boolean;
}

/** Finds the orders one after another. */
export class Search {
  readonly #all: boolean;
  readonly #nodes: Node[] = [];
  #depth = 0;
  /** What need not be tried at the next place. */
  #asleep: readonly Move[] = [];

  /** Begins a search; with `all`, orders that are alike are run, too. */
  constructor(all: boolean) {
    this.#all = all;
  }

  /** Who takes the next step; nobody if this order is another one again. */
  choose(able: readonly Move[]): number | undefined {
    let node = this.#nodes[this.#depth];
    if (!node) {
      const move = firstWithout(this.#asleep, able);
      if (!move) return undefined;
      node = { able, move, done: [...this.#asleep], isOpen: this.#all };
      this.#nodes.push(node);
    }
    const { move, done } = node;
    this.#asleep = this.#all ? [] : done.filter((it) => areApart(it, move));
    this.#depth += 1;
    return move.thread;
  }

  /**
   * Notes how the order went that was tried; whether there is another one.
   *
   * @param steps Its steps.
   * @param moves What each thread would have done next.
   */
  next(steps: readonly Move[], moves: readonly Move[]): boolean {
    const all = [...steps, ...moves.filter(({ verb }) => verb !== "has ended")];
    for (const [place, node] of this.#nodes.entries()) {
      const step = steps[place]!;
      node.isOpen ||= all.slice(place + 1).some((later) =>
        later.thread !== step.thread && !areApart(later, step)
      );
    }
    [this.#depth, this.#asleep] = [0, []];
    for (let node; (node = this.#nodes.at(-1)); this.#nodes.pop()) {
      node.done.push(node.move);
      const move = firstWithout(node.done, node.able);
      if (!node.isOpen || !move) continue;
      node.move = move;
      return true;
    }
    return false;
  }
}

/** The first move of a thread that has none among some others. */
function firstWithout(
  others: readonly Move[],
  moves: readonly Move[],
): Move | undefined {
  return moves.find(({ thread }) =>
    others.every((other) => other.thread !== thread)
  );
}

/** How many orders are alike: the ways to put the steps of one into a row. */
export function countAlike(steps: readonly Move[], threads: number): number {
  const own = Array.from(
    { length: threads },
    (_, thread) => steps.filter((step) => step.thread === thread),
  );
  /** The steps that have to come before each one. */
  const before = new Map(steps.map((step, place) => [
    step,
    steps.slice(0, place).filter((earlier, i) =>
      i === step.cause || !areApart(earlier, step)
    ),
  ]));
  const known = new Map([[own.map((steps) => steps.length).join(), 1]]);
  const waysAfter = (done: readonly number[]): number => {
    let ways = known.get(done.join());
    if (ways !== undefined) return ways;
    ways = 0;
    for (const [thread, steps] of own.entries()) {
      const step = steps[done[thread]!];
      const isNext = step &&
        before.get(step)!.every((earlier) =>
          own[earlier.thread]!.indexOf(earlier) < done[earlier.thread]!
        );
      if (isNext) ways += waysAfter(done.with(thread, done[thread]! + 1));
    }
    known.set(done.join(), ways);
    return ways;
  };
  return waysAfter(own.map(() => 0));
}
