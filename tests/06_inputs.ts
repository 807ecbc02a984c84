/**
 * How lesson 6 is judged: what a worker does is tried in every order.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Lesson,
} from "../classroom/sandbox/inputs.ts";
import { everyOrder, Lock, type Outcome, type Sharing } from "../mod.ts";

/** A task, and how it is tried. */
export interface Trial<S extends Sharing> {
  readonly task: (shared: never, worker: number) => unknown;
  readonly workers?: number;
  readonly shared: S;
  /** The lock that has to be held to use what has a name. */
  readonly guards?: Readonly<Record<string, string>>;
}

/**
 * How the orders of a task end, in words, each once; one that ends badly is told
 * with its steps, and alone.
 *
 * @param trial The task, and how it is tried.
 * @param right What may stand in memory at the end.
 * @throws What the task throws.
 */
export async function endsOf<S extends Sharing>(
  { task, workers = 2, shared, guards = {} }: Trial<S>,
  right: readonly string[],
): Promise<string> {
  const names = Object.keys(shared)
    .filter((name) => shared[name] instanceof Int32Array);
  const told = (outcome: Outcome, steps = outcome.steps) =>
    steps.map((step) => wordsOf(step, names.length > 1)).join(" · ");
  const ends = new Set<string>();
  let bad: string | undefined;
  let unguarded: string | undefined;
  const found = await everyOrder(task as never, {
    workers,
    shared: shared as Sharing,
    onOrder: (outcome) => {
      if (outcome.error) throw outcome.error;
      const end = endOf(outcome, names);
      const open = withoutLock(outcome, guards);
      if (open) unguarded ??= `${told(outcome, open.steps)} ${open.lock}`;
      if (!right.includes(end)) bad ??= `${told(outcome)} → ${end}`;
      ends.add(end);
    },
  });
  if (!found.complete) bad ??= "more orders than anybody can try";
  return bad ?? unguarded ?? [...ends].sort().join(" or ");
}

function wordsOf(
  { worker, does, where, value }: Outcome["steps"][number],
  isNamed: boolean,
): string {
  const what = `worker ${worker} ${does}`;
  if (value === undefined) return `${what} ${where}`;
  return isNamed
    ? `${what} ${where.split("[")[0]} ${value}`
    : `${what} ${value}`;
}

function endOf(
  { shared, deadlock }: Outcome,
  names: readonly string[],
): string {
  if (deadlock) return "who is left waits for ever";
  const cells = shared as Record<string, number[]>;
  if (names.length === 1) return `${cells[names[0]!]}`;
  return names.map((name) => `${name} ${cells[name]}`).join(", ");
}

/** The steps up to the first one that uses something without its lock. */
function withoutLock(
  { steps }: Outcome,
  guards: Readonly<Record<string, string>>,
) {
  const holders = new Map<string, number>();
  for (const [i, { worker, does, where }] of steps.entries()) {
    if (does === "acquires") holders.set(where, worker);
    if (does === "releases") holders.delete(where);
    const lock = guards[where.split("[")[0]!];
    if (lock === undefined || holders.get(lock) === worker) continue;
    return { steps: steps.slice(0, i + 1), lock: `without ${lock}` };
  }
  return undefined;
}

/** Fails with the order that goes wrong, if there is one. */
export async function assertRight<S extends Sharing>(
  call: string,
  trial: Trial<S>,
  right: readonly string[],
): Promise<void> {
  const expected = [...right].sort().join(" or ");
  const gives = await endsOf(trial, right);
  if (gives === expected) return;
  const error = new Error([call, gives, expected].join("\n"));
  throw Object.assign(error, { name: "WrongAnswer" });
}

/** How workers that add 1 to a number are tried. */
export function adding(
  lesson: Lesson,
  name: "addWithAtomics" | "addWithLock",
  workers: number,
  start = 0,
) {
  const guards = name === "addWithLock" ? { counter: "lock" } : {};
  const shared = { counter: new Int32Array([start]), lock: new Lock() };
  return {
    call: `${name} in ${workers} workers, in every order, from ${start} on`,
    trial: { task: lesson[name], workers, shared, guards },
    right: [`${start + workers}`],
  };
}

/** How moving money is tried between accounts that hold so much. */
export function moving(lesson: Lesson, ada: number, bob: number) {
  const shared = {
    ...{ ada: new Int32Array([ada]), bob: new Int32Array([bob]) },
    ...{ adaLock: new Lock(), bobLock: new Lock() },
  };
  const toBob = (ada: number, bob: number): [number, number] =>
    ada > 0 ? [ada - 1, bob + 1] : [ada, bob];
  const toAda = (ada: number, bob: number) =>
    toBob(bob, ada).reverse() as [number, number];
  const ends = [toAda(...toBob(ada, bob)), toBob(...toAda(ada, bob))]
    .map(([ada, bob]) => `ada ${ada}, bob ${bob}`);
  return {
    call: `transfer in 2 workers, in every order; ada has ${ada}, bob ${bob}`,
    trial: {
      ...{ task: lesson.transfer, shared },
      guards: { ada: "adaLock", bob: "bobLock" },
    },
    right: [...new Set(ends)],
  };
}

/** Tries every order; if all are right, workers of a pool do it too. */
const added = (
  name: "addWithAtomics" | "addWithLock",
  count: string,
): Draw =>
(lesson, random) => {
  const { call, trial, right } = adding(lesson, name, 2, random.whole(-99, 99));
  const args = [random.whole(1, 3), random.whole(50, 99)];
  const real = callOf(lesson, count, args);
  return {
    call: `${call}; ${real.call}`,
    run: async () => {
      const ends = await endsOf(trial, right);
      return ends === right[0] ? [ends, await real.run()] : ends;
    },
  };
};

const moved = (most: number): Draw => (lesson, random) => {
  const [ada, bob] = [random.whole(0, most), random.whole(0, most)];
  const { call, trial, right } = moving(lesson, ada, bob);
  return { call, run: () => endsOf(trial, right) };
};

export const inputs: Inputs = {
  addWithAtomics: [added("addWithAtomics", "countWithAtomics")],
  addWithLock: [added("addWithLock", "countWithLock")],
  transfer: [moved(1), moved(99)],
};
