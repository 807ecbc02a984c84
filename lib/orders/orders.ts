/**
 * Every order: what a task does to shared memory in each order in which its
 * workers can take their steps.
 *
 * @module
 */

import {
  checkCount,
  checkFunction,
  checkOptions,
  checkTimeout,
  describe,
} from "../describe.ts";
import { Barrier, Lock } from "../sync.ts";
import { packFunction } from "../workers/task.ts";
import { type Execution, Executor, maxSteps, RealThread } from "./executor.ts";
import { countAlike, Search } from "./search.ts";
import type { Thing } from "./thread.ts";

/** What workers share, by name: cells, locks and barriers. */
export type Sharing = Readonly<
  Record<string, number | Int32Array | Lock | Barrier>
>;

/** Cells that workers share; there is at least one. */
export type SharedCells = Int32Array & { 0: number };

/** What a task is given of what workers share: a number has become cells. */
export type Shared<S extends Sharing> = {
  readonly [Name in keyof S]: S[Name] extends number | Int32Array ? SharedCells
    : S[Name];
};

/** A step of a worker: something that another worker could notice. */
export interface Step {
  /** The worker's number, from 1. */
  readonly worker: number;
  /** What it does, such as "reads", "writes", "adds" or "acquires". */
  readonly does: string;
  /** Where: `counter[0]`, or the name of a lock or barrier. */
  readonly where: string;
  /** What stands there then; of a lock and a barrier, nothing is told. */
  readonly value?: number;
}

/** One way in which a task can come out. */
export interface Outcome<S extends Sharing = Sharing> {
  /** The cells at the end. */
  readonly shared: {
    readonly [
      Name in keyof S as S[Name] extends number | Int32Array ? Name : never
    ]: number[];
  };
  /** What the task threw; of several workers, the first one's. */
  readonly error?: Error;
  /** Whether workers wait for ever: for a lock, a barrier, or a value. */
  readonly deadlock?: true;
  /** In how many orders it comes out so. */
  readonly orders: number;
  /** The steps of one of these orders. */
  readonly steps: readonly Step[];
}

/** What {@linkcode everyOrder} found. */
export interface Orders<S extends Sharing = Sharing> {
  /** How many orders there are. */
  readonly orders: number;
  /** How many were run: of orders that are alike, one. */
  readonly tried: number;
  /** Whether that is all; if not, `limit` ended it. */
  readonly complete: boolean;
  /** What comes out, in the order in which it was found. */
  readonly outcomes: readonly Outcome<S>[];
}

/** Options of {@linkcode everyOrder}. */
export interface OrdersOptions<S extends Sharing = Sharing> {
  /**
   * What the workers share. A number makes so many cells, each 0. An Int32Array
   * says with which values the cells begin every order.
   */
  readonly shared: S;
  /** How many workers run the task: 2 unless given. */
  readonly workers?: number;
  /** How many orders are run at most: 100 000 unless given. */
  readonly limit?: number;
  /**
   * How long a worker may compute without a step, in milliseconds: 5000 unless
   * given.
   */
  readonly timeout?: number;
  /** Whether orders that are alike are all run: false unless given. */
  readonly all?: boolean;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Called with each order that is run, and how many are like it. */
  readonly onOrder?: (outcome: Outcome<S>) => void;
}

/**
 * Runs a task in several workers, in every order in which they can take their
 * steps, and tells what comes out.
 *
 * The task is a function as FunctionWorker takes it, and runs unchanged, in real
 * threads. It is called with what the workers share, and with the worker's
 * number, from 1. A step is each access of what is shared: reading and writing
 * an element, an operation of Atomics, `acquire`, `release` and `isLocked` of a
 * lock, `wait` of a barrier. One worker at a time takes a step, and what it
 * computes up to its next one belongs to it.
 *
 * The same task gives the same orders, however fast the machine is. Workers
 * that all wait for ever, and an error of the task, are outcomes. Orders are
 * alike that differ only in steps which cannot affect each other, on different
 * cells or changing nothing: all are counted, and one is run.
 *
 * What it does not see: what workers compute by themselves, messages, and time
 * (a wait with a timeout ends only when nobody else can go on; `timeout` of a
 * lock or a barrier is not looked at). A worker that has gone round in circles
 * three times, and changed nothing, waits until something that it looked at
 * changes, if others can go on. With one of these two, `orders` is an estimate
 * unless `all` is given. An order ends with an error after 1000 steps.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { everyOrder } from "./orders.ts";
 *
 * const found = await everyOrder(({ counter }) => {
 *   counter[0]++;
 * }, { shared: { counter: 1 } });
 * assertEquals(found.orders, 6);
 * assertEquals(
 *   found.outcomes.map(({ shared, orders }) => [shared.counter[0], orders]),
 *   [[2, 2], [1, 4]],
 * );
 * ```
 *
 * Orders are tried by dynamic partial-order reduction (Flanagan and Godefroid,
 * 2005) with sleep sets (Godefroid, 1996). For other languages there are CHESS
 * and Coyote (.NET) and loom (Rust).
 *
 * @typeParam S What the workers share.
 * @param task What each worker runs.
 * @param options What they share, and how many they are.
 * @returns The outcomes. The promise rejects if a worker computes for too long
 * without a step, and with the reason of the signal.
 * @throws {TypeError | RangeError} If an argument is none of these.
 * @throws {Error} Where threads cannot share memory.
 */
export async function everyOrder<const S extends Sharing>(
  task: (shared: Shared<S>, worker: number) => unknown,
  options: OrdersOptions<S>,
): Promise<Orders<S>> {
  const example = "everyOrder(f, { shared: { counter: 1 } })";
  for (const given of [options, options?.shared]) {
    checkOptions("everyOrder", example, given);
  }
  const { limit = 100_000, all = false, signal, onOrder } = options;
  const { executor, things } = prepare(task, options);
  const outcomes = new Map<string, Outcome<S>>();
  const search = new Search(all);
  let [orders, tried, isLeft] = [0, 0, true];
  try {
    while (isLeft && tried < limit) {
      const run = await executor.execute((able) => {
        signal?.throwIfAborted();
        return search.choose(able);
      });
      isLeft = search.next(run.steps, run.moves);
      if (run.ending === "stopped") continue;
      const alike = all ? 1 : countAlike(run.steps, run.moves.length);
      const outcome = outcomeOf<S>(things, run, alike);
      const { error, deadlock, shared } = outcome;
      const key = JSON.stringify(error?.message ?? deadlock ?? shared);
      const known = outcomes.get(key);
      const sum = (known?.orders ?? 0) + alike;
      outcomes.set(key, { ...known ?? outcome, orders: sum });
      [orders, tried] = [orders + alike, tried + 1];
      onOrder?.(outcome);
      isLeft ||= run.ending === "too long";
      // The next one would be so as well.
      if (run.ending === "too long") break;
    }
  } finally {
    executor.close();
  }
  const found = [...outcomes.values()];
  return { orders, tried, complete: !isLeft, outcomes: found };
}

/** Checks the arguments, gives all that is shared its place, starts threads. */
function prepare<S extends Sharing>(
  task: (shared: Shared<S>, worker: number) => unknown,
  { shared, workers = 2, timeout = 5000, ...others }: OrdersOptions<S>,
): { readonly executor: Executor; readonly things: readonly Thing[] } {
  const { limit = 1, signal, onOrder } = others;
  const { source } = packFunction(task, "everyOrder");
  checkCount("everyOrder", "workers", workers);
  checkCount("everyOrder", "limit", limit);
  checkTimeout("everyOrder", timeout);
  if (onOrder) checkFunction("everyOrder", "onOrder", onOrder);
  if (typeof SharedArrayBuffer === "undefined") {
    throw new Error(
      "everyOrder needs memory that threads share, which this page does not have",
    );
  }
  const things: Thing[] = [];
  const initial: number[] = [];
  for (const [name, value] of Object.entries(shared)) {
    const [kind, size, cells] = kindOf(name, value);
    things.push({ name, kind, at: initial.length, size });
    initial.push(...cells);
  }
  signal?.throwIfAborted();
  const memory = new Int32Array(new SharedArrayBuffer(4 * initial.length));
  const same = { memory, source, things, tellsLines: false };
  const threads = Array.from(
    { length: workers },
    (_, i) => new RealThread({ ...same, worker: i + 1 }, timeout),
  );
  return { executor: new Executor(threads, memory, initial), things };
}

/** What is shared under a name, and its cells when an order begins. */
function kindOf(
  name: string,
  value: unknown,
): [kind: Thing["kind"], size: number, cells: Iterable<number>] {
  if (value instanceof Lock) return ["lock", 1, [0]];
  if (value instanceof Barrier) return ["barrier", value.parties, [0]];
  if (value instanceof Int32Array) return ["array", value.length, value];
  if (typeof value !== "number") {
    throw new TypeError(
      `everyOrder: shared.${name} must be a number of cells, an Int32Array, ` +
        `a Lock or a Barrier: received ${describe(value)}`,
    );
  }
  checkCount("everyOrder", `shared.${name}`, value);
  return ["array", value, Array<number>(value).fill(0)];
}

/** What an order has come to. */
function outcomeOf<S extends Sharing>(
  things: readonly Thing[],
  { ending, steps, moves, memory }: Execution,
  orders: number,
): Outcome<S> {
  const shared = Object.fromEntries(
    things.filter(({ kind }) => kind === "array")
      .map(({ name, at, size }) => [name, memory.slice(at, at + size)]),
  ) as Outcome<S>["shared"];
  const told = steps.map(({ thread, verb, cell, value }) => {
    const { name, kind, at } = things.findLast(({ at }) => at <= cell)!;
    const step = { worker: thread + 1, does: verb };
    if (kind !== "array") return { ...step, where: name };
    return { ...step, where: `${name}[${cell - at}]`, value };
  });
  const [name, message] = ending === "too long"
    ? ["Error", `an order has more than ${maxSteps} steps`]
    : moves.find(({ error }) => error)?.error.split(/: ([^]*)/) ?? [];
  const error = name && Object.assign(new Error(message), { name });
  return {
    shared,
    ...error ? { error } : ending === "deadlock" && { deadlock: true },
    ...{ orders, steps: told },
  };
}
