/**
 * One fault in one pool: the program that `faults.ts` runs for each cell of its
 * table, under Deno or Node. It prints what it sees line by line, so that what
 * was seen before a crash is known.
 *
 * Its arguments are an adapter's file, the kind of worker, and a fault.
 *
 * @module
 */

import process from "node:process";
import * as tasks from "./tasks.mjs";

/** How long something may take before it counts as hanging, in ms. */
const patience = 3000;

/** Tells `faults.ts` something. */
function tell(fact) {
  process.stdout.write(`\n@@${JSON.stringify(fact)}\n`);
}

/** How a promise settles, or that it does not. */
async function outcomeOf(promise, limit = patience) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limit, { how: "hangs" });
  });
  const settled = Promise.resolve(promise).then(
    (value) => ({ how: "gave", value }),
    (error) => ({ how: "threw", error }),
  );
  const outcome = await Promise.race([settled, late]);
  clearTimeout(timer);
  return outcome;
}

/** What was thrown, in a few words. */
function nameOf(thrown) {
  if (!(thrown instanceof Error)) {
    const isObject = typeof thrown === "object" && thrown !== null;
    return isObject ? "a plain object" : `throws ${JSON.stringify(thrown)}`;
  }
  const start = String(thrown.message).match(/\w+( \w+){0,2}/)?.[0];
  const hasCode = thrown.exitCode === 3 || /\bcode:? 3\b/.test(thrown.message);
  if (hasCode) return `${thrown.name}, with the code`;
  if (thrown.name !== "Error") return thrown.name;
  return start ? `Error: ${start}` : "an empty Error";
}

/** What a caller saw of a task that cannot have given anything. */
function ofFailure(outcome) {
  if (outcome.how === "hangs") return "hangs";
  if (outcome.how === "gave") return "wrong success";
  return nameOf(outcome.error);
}

/** What can be told apart of a thrown thing. */
function partsOf(thrown) {
  if (!(thrown instanceof Error)) {
    return {
      value: Object.is(thrown, undefined)
        ? "undefined"
        : JSON.stringify(thrown),
    };
  }
  const own = Object.fromEntries(
    Object.entries(thrown).filter(([key]) =>
      !["name", "message", "stack", "cause", "errors"].includes(key)
    ),
  );
  return {
    class: thrown.constructor.name,
    name: thrown.name,
    message: thrown.message,
    ...("cause" in thrown && { cause: partsOf(thrown.cause) }),
    ...(thrown.errors && { errors: [...thrown.errors].map(partsOf) }),
    ...(Object.keys(own).length > 0 && { fields: own }),
  };
}

/** Compares what a task throws here with what its caller saw. */
async function throwsSame({ pool }, name) {
  const outcome = await outcomeOf(pool.run(name));
  if (outcome.how !== "threw") return ofFailure(outcome);
  let original;
  try {
    tasks[name]();
  } catch (error) {
    original = partsOf(error);
  }
  if (!(outcome.error instanceof Error) && !("value" in original)) {
    return nameOf(outcome.error);
  }
  const received = partsOf(outcome.error);
  const lost = Object.keys(original).filter((part) =>
    JSON.stringify(original[part]) !== JSON.stringify(received[part])
  );
  if (lost.length === 0) {
    return "value" in original ? "the same value" : "the same error";
  }
  if ("value" in original) return nameOf(outcome.error);
  if (lost.includes("message")) return nameOf(outcome.error);
  const kept = Object.keys(original).length - lost.length;
  return kept === 1 ? "message only" : `loses ${lost.join(", ")}`;
}

/** Whether the part that cannot be cloned is named. */
async function namesPart({ pool }, name) {
  const outcome = await outcomeOf(pool.run(name));
  if (outcome.how !== "threw") return ofFailure(outcome);
  const text = String(outcome.error?.message ?? outcome.error);
  if (/items\[3\]\.f/.test(text)) return "says what and where";
  if (/clone|function|f\(\)/i.test(text)) return "says what";
  return nameOf(outcome.error);
}

/** A task that fails beside one that does not, in the other worker. */
async function failsAlone({ pool }, name, arg) {
  const other = outcomeOf(pool.run("occupy", 1000), patience + 1000);
  const outcome = await outcomeOf(pool.run(name, arg));
  const beside = (await other).how === "gave" ? "" : ", others fail too";
  const saw = outcome.how === "gave" && outcome.value === "done"
    ? "unnoticed"
    : ofFailure(outcome);
  return saw + beside;
}

async function isKilled({ pool, kind }) {
  if (kind === "thread") return "no processes";
  const [victim] = await Promise.all([
    pool.run("pid", 300),
    pool.run("pid", 300),
  ]);
  const both = [1, 2].map(() => outcomeOf(pool.run("pid", 1000)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(victim, "SIGKILL");
  const outcomes = await Promise.all(both);
  const failed = outcomes.filter(({ how }) => how !== "gave");
  if (failed.length === 0) return "done anyway";
  return ofFailure(failed[0]) + (failed.length > 1 ? ", others fail too" : "");
}

async function loopTimesOut({ pool, hasTimeout }) {
  if (!hasTimeout) return "no timeout";
  return ofFailure(
    await outcomeOf(pool.run("loops", undefined, { timeout: 500 })),
  );
}

async function inputThrows({ pool }) {
  if (!pool.map) return "no such call";
  let closed = 0;
  const input = {
    *[Symbol.iterator]() {
      try {
        yield 1;
        yield 2;
        throw new RangeError("the input broke");
      } finally {
        closed += 1;
      }
    },
  };
  const outcome = await outcomeOf(call(() => pool.map("square", input)));
  if (outcome.how !== "threw") return ofFailure(outcome);
  const same = outcome.error instanceof RangeError && closed === 1;
  return same ? "the same error" : nameOf(outcome.error);
}

async function endlessInput({ pool }) {
  if (!pool.imap) return "no such call";
  let taken = 0;
  function* numbers() {
    for (;;) yield taken++;
  }
  const take = async () => {
    let sum = 0;
    for await (const result of pool.imap("square", numbers())) {
      sum += result;
      if (result === 81) return sum;
    }
  };
  const outcome = await outcomeOf(take());
  if (outcome.how !== "gave") return ofFailure(outcome);
  if (outcome.value !== 285) return "wrong success";
  return taken < 100 ? "taken lazily" : "reads far ahead";
}

async function terminates({ pool }) {
  const calls = 10_000;
  let rejected = 0;
  let gave = 0;
  const all = Promise.all(
    Array.from(
      { length: calls },
      () => pool.run("idle", 600_000).then(() => gave++, () => rejected++),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const tooSoon = rejected;
  const began = Date.now();
  const end = await outcomeOf(call(() => pool.end()));
  await outcomeOf(all);
  const took = Date.now() - began;
  const hanging = calls - gave - rejected;
  const words = [];
  if (gave > 0) words.push(`${gave} wrong successes`);
  if (tooSoon > 0) words.push(`${tooSoon} reject before`);
  if (hanging > 0) {
    words.push(hanging === calls ? "all hang" : `${hanging} hang`);
  }
  if (words.length === 0) words.push("all reject");
  if (end.how === "hangs") words.push("end hangs");
  else if (took > 2000 && hanging === 0) words.push(`after ${took} ms`);
  return words.join(", ");
}

async function poolInside({ pool, adapter, kind }) {
  const outcome = await outcomeOf(pool.run("opensPool", { adapter, kind }));
  if (outcome.how !== "gave") return ofFailure(outcome);
  return outcome.value === 49 ? "works" : "wrong success";
}

/** Gives the ids of the workers' processes, for `faults.ts` to look at. */
async function programKilled({ pool, kind }, busy) {
  if (kind === "thread") return "no processes";
  const pids = await Promise.all([pool.run("pid", 300), pool.run("pid", 300)]);
  for (const _ of pids) void outcomeOf(pool.run(...busy));
  await new Promise((resolve) => setTimeout(resolve, 300));
  tell({ pids });
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

const faults = {
  throwsSubclass: (setup) => throwsSame(setup, "throwsSubclass"),
  throwsAggregate: (setup) => throwsSame(setup, "throwsAggregate"),
  throwsDOMException: (setup) => throwsSame(setup, "throwsDOMException"),
  throwsNull: (setup) => throwsSame(setup, "throwsNull"),
  throwsUndefined: (setup) => throwsSame(setup, "throwsUndefined"),
  throwsString: (setup) => throwsSame(setup, "throwsString"),
  returnsFunction: (setup) => namesPart(setup, "returnsFunction"),
  throwsFunction: (setup) => namesPart(setup, "throwsFunction"),
  exits: (setup) => failsAlone(setup, "exits"),
  closesItself: (setup) => failsAlone(setup, "closesItself"),
  isKilled,
  throwsLater: (setup) => failsAlone(setup, "throwsLater"),
  rejectsUnhandled: (setup) => failsAlone(setup, "rejectsUnhandled"),
  usesUpMemory: (setup) => failsAlone(setup, "usesUpMemory"),
  recurses: (setup) => failsAlone(setup, "recurses"),
  loops: loopTimesOut,
  inputThrows,
  endlessInput,
  terminates,
  poolInside,
  killedIdle: (setup) => programKilled(setup, ["idle", 60_000]),
  killedBusy: (setup) => programKilled(setup, ["loops"]),
};

/** Calls a function whose exception is a rejection too. */
async function call(fn) {
  return await fn();
}

/** Whether both workers do something again, at the same time. */
async function stateOf(pool) {
  const both = () =>
    Promise.all([pool.run("occupy", 600), pool.run("occupy", 600)]);
  // The first times, a new worker may only just be starting.
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = await outcomeOf(call(both));
    if (outcome.how === "hangs") return "pool hangs";
    if (outcome.how === "threw") return `then ${nameOf(outcome.error)}`;
    const [[from1, to1], [from2, to2]] = outcome.value;
    if (from1 < to2 && from2 < to1) return "goes on";
  }
  return "a worker short";
}

const [file, kind, fault] = process.argv.slice(2);
const adapter = new URL(file, import.meta.url).href;
const { open, hasTimeout = false } = await import(adapter);
const memory = fault === "usesUpMemory" ? 128 : undefined;
const pool = await open(kind, { workers: 2, memory });
tell({ opened: true });
tell({ saw: await faults[fault]({ pool, kind, adapter, hasTimeout }) });
if (fault !== "terminates") {
  tell({ then: await stateOf(pool) });
  tell({ end: (await outcomeOf(call(() => pool.end()))).how });
}
