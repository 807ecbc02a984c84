/**
 * Every order: what a task does to shared memory in each order in which its
 * workers can take their steps.
 *
 * @module
 */

import {
  checkCount,
  checkFunction,
  checkTimeout,
  describe,
} from "../describe.ts";
import { Barrier, Lock } from "../sync.ts";
import { packFunction } from "../workers/task.ts";
import { type Execution, Executor, type Setting } from "./executor.ts";
import { countAlike, type Move, Search } from "./search.ts";
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
 * cells or reading: all are counted, and one is run.
 *
 * What it does not see: what workers compute by themselves, messages, and time
 * (a wait with a timeout ends only when nobody else can go on; `timeout` of a
 * lock or a barrier is not looked at). A worker that has found a cell unchanged
 * three times, and looks again, waits until it changes, if others can go on. An
 * order ends with an error after 1000 steps.
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
 * 2005) with sleep sets. For other languages there are CHESS and Coyote (.NET)
 * and loom (Rust).
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
  const { limit = 100_000, all = false, signal, onOrder } = options;
  const setting = settingOf(task, options);
  signal?.throwIfAborted();
  const found = new Findings<S>(setting, all);
  const search = new Search(all);
  const executor = new Executor(setting);
  try {
    for (let isLeft = true; isLeft;) {
      if (found.tried === limit) return found.all(false);
      const run = await executor.execute((able, moves) => {
        signal?.throwIfAborted();
        return search.choose(able, moves);
      });
      isLeft = search.next(run.steps, run.moves);
      if (run.ending === "stopped") continue;
      const outcome = found.add(run);
      onOrder?.(outcome);
      // So does the next one, then.
      if (run.ending === "too long") return found.all(false);
    }
    return found.all(true);
  } finally {
    executor.close();
  }
}

/** Checks the arguments, and gives everything that is shared its place. */
function settingOf<S extends Sharing>(
  task: (shared: Shared<S>, worker: number) => unknown,
  { shared, workers = 2, limit = 1, timeout = 5000, onOrder }: OrdersOptions<S>,
): Setting {
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
  return { source, things, initial, workers, timeout };
}

/** What is shared under a name, and its cells when an order begins. */
function kindOf(
  name: string,
  value: unknown,
): [Thing["kind"], size: number, cells: ArrayLike<number> & Iterable<number>] {
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

/** What the orders that were tried have come to. */
class Findings<S extends Sharing> {
  readonly #setting: Setting;
  readonly #all: boolean;
  readonly #outcomes = new Map<string, Outcome<S>>();
  tried = 0;

  constructor(setting: Setting, all: boolean) {
    this.#setting = setting;
    this.#all = all;
  }

  add(run: Execution): Outcome<S> {
    const { workers } = this.#setting;
    this.tried += 1;
    const how = howItEnded(run);
    const shared = this.#sharedOf(run);
    const key = JSON.stringify(
      how.error?.message ?? how.deadlock ?? shared,
    );
    const orders = this.#all ? 1 : countAlike(run.steps, workers);
    const steps = run.steps.map((step) => this.#stepOf(step));
    const outcome = { shared, ...how, orders, steps };
    const known = this.#outcomes.get(key);
    const sum = (known?.orders ?? 0) + orders;
    this.#outcomes.set(key, { ...known ?? outcome, orders: sum });
    return outcome;
  }

  all(complete: boolean): Orders<S> {
    const outcomes = [...this.#outcomes.values()];
    const orders = outcomes.reduce((sum, { orders }) => sum + orders, 0);
    return { orders, tried: this.tried, complete, outcomes };
  }

  #sharedOf({ memory }: Execution): Outcome<S>["shared"] {
    const arrays = this.#setting.things.filter(({ kind }) => kind === "array");
    return Object.fromEntries(
      arrays.map(({ name, at, size }) => [name, memory.slice(at, at + size)]),
    ) as Outcome<S>["shared"];
  }

  #stepOf({ thread, verb, cell, value }: Move): Step {
    const { name, kind, at } = this.#setting.things
      .findLast((thing) => thing.at <= cell)!;
    const step = { worker: thread + 1, does: verb };
    return kind === "array"
      ? { ...step, where: `${name}[${cell - at}]`, value }
      : { ...step, where: name };
  }
}

/** Whether an order ended badly. */
function howItEnded(
  { ending, errors }: Execution,
): Pick<Outcome, "error" | "deadlock"> {
  const text = errors.find((text) => text !== undefined);
  const tooLong = "Error: an order has more than 1000 steps";
  const [, name, message] =
    /^(\w+): ([^]*)$/.exec(text ?? (ending === "too long" ? tooLong : "")) ??
      [];
  if (message !== undefined) {
    return { error: Object.assign(new Error(message), { name: name! }) };
  }
  return ending === "deadlock" ? { deadlock: true } : {};
}
