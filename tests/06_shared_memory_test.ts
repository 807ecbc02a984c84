import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Barrier, Pool } from "../mod.ts";
import {
  countUnprotected,
  countWithAtomics,
  countWithLock,
  describeLoss,
  describeTimes,
  loseAnUpdate,
  measureAll,
  type Run,
  type Shared,
  type Step,
  writeHereReadThere,
} from "../lessons/06_shared_memory.ts";
import { transcript } from "./helper.ts";

/**
 * How the workers of a test take turns:
 *
 * - "together": who has read the counter goes on when all others have read it
 *   too, wait for the lock, or have returned. So what is not protected is lost.
 * - "apart": the second worker reads the counter when the first one waits at
 *   the barrier or has returned. So nothing is lost that the barrier does not
 *   cause to be lost.
 */
type Turns = "together" | "apart";

/** Runs workers that take turns; who uses the counter may need the lock. */
function inTurns(turns: Turns, needsLock = false) {
  const seen = { changes: 0, meetings: 0 };
  const run: Run = async (workers, task, shared) => {
    const cells = new Int32Array(new SharedArrayBuffer(4 * (5 + workers)));
    const settings = { text: String(task), turns, needsLock, workers };
    const { counter, clock, each } = shared;
    const lists: Parameters<typeof takeTurns>[] = [];
    for (let index = 0; index < workers; index++) {
      const memory = { counter, clock, each, cells };
      lists.push([memory, index, settings]);
    }
    using pool = new Pool({ workers });
    const results = await pool.starmap(takeTurns, lists);
    seen.meetings = Atomics.load(cells, 3);
    seen.changes = Atomics.load(cells, 4);
    return results as never;
  };
  return { run, seen };
}

/** What a worker does: calls the task, and observes what it does. */
async function takeTurns(
  { counter, clock, each, cells }:
    & Pick<Shared, "counter" | "clock" | "each">
    & {
      cells: Int32Array;
    },
  index: number,
  { text, turns, needsLock, workers }: {
    text: string;
    turns: Turns;
    needsLock: boolean;
    workers: number;
  },
): Promise<unknown> {
  // Cells: the next ticket of the lock, the ticket that has the lock, how many
  // are at the barrier, how often all have met there, how many changes; then
  // for each worker whether it has stopped.
  const [next, serving, arrived, round, changes, stopped] = [0, 1, 2, 3, 4, 5];
  const until = (cell: number, isOver: (value: number) => boolean) => {
    const end = performance.now() + 10_000;
    for (let now; !isOver(now = Atomics.load(cells, cell));) {
      Atomics.wait(cells, cell, now, 1000);
      if (performance.now() > end) throw new Error("a worker waits for ever");
    }
  };
  const set = (cell: number, value: number) => {
    Atomics.store(cells, cell, value);
    Atomics.notify(cells, cell);
  };
  const waitFor = (worker: number) => until(stopped + worker, (is) => is === 1);

  let holds = false;
  const release = () => {
    if (!holds) throw new Error("the lock is released, and nobody holds it");
    holds = false;
    set(serving, Atomics.load(cells, serving) + 1);
  };
  const acquire = () => {
    if (holds) throw new Error("the lock is taken twice");
    const ticket = Atomics.add(cells, next, 1);
    set(stopped + index, 1);
    until(serving, (now) => now === ticket);
    set(stopped + index, 0);
    holds = true;
    return { release, [Symbol.dispose]: () => holds && release() };
  };
  const wait = () => {
    set(stopped + index, 1);
    const now = Atomics.load(cells, round);
    if (Atomics.add(cells, arrived, 1) === workers - 1) {
      Atomics.store(cells, arrived, 0);
      for (let i = 0; i < workers; i++) Atomics.store(cells, stopped + i, 0);
      set(round, now + 1);
    } else until(round, (value) => value !== now);
  };

  const before = () => {
    if (needsLock && !holds) {
      throw new Error("the counter is used without the lock");
    }
    if (turns === "apart" && index > 0) waitFor(0);
  };
  const afterReading = () => {
    if (turns === "apart") return;
    set(stopped + index, 1);
    for (let i = 0; i < workers; i++) if (i !== index) waitFor(i);
    set(stopped + index, 0);
  };
  const observed: Int32Array = new Proxy(counter, {
    get(counter, key) {
      before();
      const value = Reflect.get(counter, key);
      if (typeof value !== "function") {
        afterReading();
        return value;
      }
      return (...args: unknown[]) => {
        const result = Reflect.apply(value, counter, args);
        if (key === "set" || key === "fill") Atomics.add(cells, changes, 1);
        else afterReading();
        return result;
      };
    },
    set(counter, key, value) {
      before();
      Atomics.add(cells, changes, 1);
      return Reflect.set(counter, key, value);
    },
  });
  type Operation = (...args: unknown[]) => unknown;
  const atomics = new Proxy({}, {
    get: (_, name) => (array: unknown, ...args: unknown[]) => {
      const operation = Reflect.get(Atomics, name) as Operation;
      if (array !== observed) return operation(array, ...args);
      before();
      const result = operation(counter, ...args);
      if (name === "load") afterReading();
      else Atomics.add(cells, changes, 1);
      return result;
    },
  });

  const task = new Function("Atomics", `return (${text});`)(atomics);
  const lock = { acquire, release, acquireAsync: () => acquire() };
  const barrier = { parties: workers, wait, waitAsync: () => wait() };
  try {
    const shared = { counter: observed, clock, each, lock, barrier };
    const result = await task(shared, index + 1);
    if (holds) throw new Error("the lock is never released");
    return result;
  } finally {
    if (holds) release();
    set(stopped + index, 1);
  }
}

Deno.test("given writeHereReadThere: threads see the same memory", async () => {
  assertEquals(await writeHereReadThere(42), 42);
  assertEquals(await writeHereReadThere(-7), -7);
});

Deno.test("loseAnUpdate: both read before either writes, and 1 + 1 is 1", async () => {
  const steps: Step[] = [];
  assertEquals(await loseAnUpdate(steps), 1);
  assertEquals(steps.map(({ step }) => step), [1, 2, 3, 4]);
  assertEquals(
    steps.map(({ does }) => does),
    ["reads 0", "reads 0", "writes 1", "writes 1"],
  );
  for (const half of [steps.slice(0, 2), steps.slice(2)]) {
    assertEquals(half.map(({ worker }) => worker).sort(), [1, 2]);
  }
  assertEquals(await loseAnUpdate(), 1);
});

Deno.test("loseAnUpdate: loses it even if one worker is slower than the other", async () => {
  // Whoever does not wait between reading and writing counts to 2 here.
  const { run, seen } = inTurns("apart");
  assertEquals(await loseAnUpdate([], run), 1);
  assertEquals(seen, { changes: 2, meetings: 1 });
});

Deno.test("given: the lost update is lost in 1000 of 1000 runs", async () => {
  using pool = new Pool({ workers: 2 });
  const counters = new Int32Array(new SharedArrayBuffer(4 * 1000));
  const increment = (counters: Int32Array, barrier: Barrier) => {
    for (let run = 0; run < 1000; run++) {
      const seen = counters[run]!;
      barrier.wait();
      counters[run] = seen + 1;
    }
  };
  const barrier = new Barrier(2);
  const args: Parameters<typeof increment> = [counters, barrier];
  await pool.starmap(increment, [args, args]);
  assertEquals([...counters], Array(1000).fill(1));
});

Deno.test("given countUnprotected: loses updates when workers read at the same time", async () => {
  const { run, seen } = inTurns("together");
  assertEquals(await countUnprotected(2, 1, run), 1);
  assertEquals(seen, { changes: 2, meetings: 1 });
  assert(await countUnprotected(3, 4, run) < 12);
});

Deno.test("given countUnprotected: one worker alone loses nothing", async () => {
  assertEquals(await countUnprotected(1, 1000), 1000);
});

Deno.test("countWithAtomics: loses nothing when workers read at the same time", async () => {
  const { run, seen } = inTurns("together");
  assertEquals(await countWithAtomics(2, 1, run), 2);
  assertEquals(await countWithAtomics(3, 4, run), 12);
  assert(seen.changes >= 12, `${seen.changes} changes, and not 12 by 1 each`);
  assertEquals(seen.meetings, 1);
});

Deno.test("countWithAtomics: counts 4 × 25 000, 1 × 3 and 2 × 0", async () => {
  assertEquals(await countWithAtomics(4, 25_000), 100_000);
  assertEquals(await countWithAtomics(1, 3), 3);
  assertEquals(await countWithAtomics(2, 0), 0);
});

Deno.test("countWithLock: uses the counter only while it holds the lock", async () => {
  const { run, seen } = inTurns("together", true);
  assertEquals(await countWithLock(2, 1, run), 2);
  assertEquals(await countWithLock(3, 4, run), 12);
  assert(seen.changes >= 12, `${seen.changes} changes, and not 12 by 1 each`);
  assertEquals(seen.meetings, 1);
});

Deno.test("countWithLock: counts 4 × 2 500, 1 × 3 and 2 × 0", async () => {
  assertEquals(await countWithLock(4, 2_500), 10_000);
  assertEquals(await countWithLock(1, 3), 3);
  assertEquals(await countWithLock(2, 0), 0);
});

/** What workers may do to a counter, and what comes of it when they meet. */
const wrong: Record<string, [task: Parameters<Run>[1], counted: number]> = {
  "++": [({ counter }) => counter[0]!++, 1],
  "+=, all at once": [({ counter, each }) => counter[0]! += each, 1],
  "load and store": [({ counter }) => {
    Atomics.store(counter, 0, Atomics.load(counter, 0) + 1);
  }, 1],
  "at and set": [({ counter }) => counter.set([counter.at(0)! + 1]), 1],
  "at and fill": [({ counter }) => counter.fill(counter.at(0)! + 1), 1],
  "a lock for each step": [({ counter, lock }) => {
    lock.acquire();
    const before = counter[0]!;
    lock.release();
    using _again = lock.acquire();
    counter[0] = before + 1;
  }, 1],
};

for (const [way, [task, counted]] of Object.entries(wrong)) {
  Deno.test(`given: a wrong way to count loses updates every time: ${way}`, async () => {
    const shared = newShared();
    const { run, seen } = inTurns("together");
    await run(2, task, shared);
    assertEquals([shared.counter[0], seen.changes], [counted, 2]);
  });
}

/** What a task is given; the lock and the barrier are those of the turns. */
function newShared(): Shared {
  const memory = () => new Int32Array(new SharedArrayBuffer(4));
  return { counter: memory(), clock: memory(), each: 1 } as Shared;
}

Deno.test("given: a barrier in any other place loses no update", async () => {
  const tasks: Parameters<Run>[1][] = [
    ({ counter }) => counter[0]!++,
    ({ counter, barrier }) => {
      barrier.wait();
      counter[0]!++;
    },
    ({ counter, barrier }) => {
      counter[0]!++;
      barrier.wait();
    },
  ];
  for (const task of tasks) {
    const shared = newShared();
    await inTurns("apart").run(2, task, shared);
    assertEquals(shared.counter[0], 2, String(task));
  }
});

Deno.test("given: a way to count without the lock fails every time, and says why", async () => {
  const tasks: Parameters<Run>[1][] = [
    ({ counter }) => Atomics.add(counter, 0, 1),
    ({ counter }) => counter[0]!++,
    ({ counter, lock }) => {
      lock.acquire().release();
      counter[0]!++;
    },
  ];
  for (const task of tasks) {
    const { run } = inTurns("together", true);
    await assertRejects(
      () => run(2, task, newShared()),
      Error,
      "the counter is used without the lock",
    );
  }
  const keep: Parameters<Run>[1] = ({ lock }) => void lock.acquire();
  await assertRejects(
    () => inTurns("together", true).run(2, keep, newShared()),
    Error,
    "the lock is never released",
  );
});

Deno.test("given: an atomic way to count may also compare and exchange", async () => {
  const shared = newShared();
  await inTurns("together").run(2, ({ counter }) => {
    for (;;) {
      const seen = Atomics.load(counter, 0);
      if (Atomics.compareExchange(counter, 0, seen, seen + 1) === seen) return;
    }
  }, shared);
  assertEquals(shared.counter[0], 2);
});

const ways = (...lost: number[]) =>
  lost.map((lost, i) => ({
    way: ["open", "Atomics", "lock"][i]!,
    expected: 4000,
    lost,
  }));

Deno.test("given: what is said of lost updates follows what was measured", () => {
  assertEquals(
    describeLoss(ways(1200, 0, 0)),
    "Without synchronisation, 1 200 of 4 000 updates were lost. How many " +
      "differs from run to run. With Atomics and with the lock, no update was lost.",
  );
  assertEquals(
    describeLoss(ways(0, 0, 0)),
    "Without synchronisation, no update was lost this time. That was luck: no " +
      "worker wrote between another one's reading and writing. It happens " +
      "with one processor, on a busy machine, or when each worker counts only " +
      "a little. The program is still wrong. With Atomics and with the lock, " +
      "no update was lost.",
  );
  assertStringIncludes(describeLoss(ways(1, 0, 1)), "1 of 4 000 updates were");
  assertStringIncludes(
    describeLoss(ways(1, 0, 1)),
    "But lock lost updates too",
  );
  assertEquals(
    describeLoss(ways(10, 1, 5)),
    "Without synchronisation, 10 of 4 000 updates were lost. How many " +
      "differs from run to run. But Atomics and lock lost updates too.",
  );
});

Deno.test("given: all ways of counting are measured, in milliseconds", async () => {
  const start = performance.now();
  const measured = await measureAll(2, 100);
  const around = performance.now() - start;
  const sum = measured.reduce((sum, { elapsed }) => sum + elapsed, 0);
  assert(sum > 0 && sum <= around, `${sum} of ${around} ms`);
  for (const { expected, counted, lost } of measured) {
    assertEquals([expected, counted + lost], [200, 200]);
  }
  assertEquals(measured.map(({ way }) => way), [
    "countUnprotected",
    "countWithAtomics",
    "countWithLock",
  ]);
});

Deno.test("given: what is said of the times follows what was measured", () => {
  const times = (...all: number[]) => all.map((elapsed) => ({ elapsed }));
  assertEquals(
    describeTimes(times(1, 10, 125)),
    "The lock took 12.5 times as long as Atomics.",
  );
  assertEquals(
    describeTimes(times(1, 10, 10)),
    "The lock was not slower than Atomics this time: the workers counted too " +
      "little to compare times, or other programs kept the machine busy.",
  );
});

/** Small values of the lesson's options, so that it is told quickly. */
const quick = { workers: 3, each: 1000 };
let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("06_shared_memory", quick);

Deno.test("given: the lesson says what shared memory is, and how it differs from messages", async () => {
  const text = await said();
  for (
    const part of [
      "They can send each other copies of it, as messages: inter-process communication (lesson 5). Or they can share memory: both read and change the same bytes, and nothing is sent.",
      "In Python, the threads of a process share its whole memory, so they can use the same variables. Processes share no memory by default: they send messages.",
      "It shares only what is stored in a SharedArrayBuffer: a block of memory that main and workers can use at the same time.",
      "sharedCounter() → Int32Array(1) [ 0 ]",
      "No message goes from the first worker to the second one",
      "Without it, the second worker could read before the first one has written, and would find 0.",
      "memory[0] = value; barrier.wait();",
      "barrier.wait(); return memory[0];",
      "writeHereReadThere(42) → 42",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson shows why 1 is wrong: what each worker read and wrote", async () => {
  const text = await said();
  for (
    const part of [
      "You expect 2.",
      "it reads the number, adds 1 to what it has read, and writes the sum.",
      "loseAnUpdate(steps) → 1 The counter is 1, and 2 was expected.",
      "Both read 0 before one of them wrote, so both wrote 0 + 1. The second 1 replaced the first 1",
      "`clock` counts the steps of both workers",
      "Without it, chance decides",
      "This is a race condition: the result depends on the order in which threads take their steps.",
    ]
  ) assertStringIncludes(text, part);
  assertMatch(
    text,
    /step worker does -+ -+ -+ 1 [12] reads 0 2 [12] reads 0 3 [12] writes 1 4 [12] writes 1 Both/,
  );
});

Deno.test("given: the lesson says what synchronisation is, and compares its ways", async () => {
  const text = await said();
  for (
    const part of [
      "Synchronisation means that threads follow rules for who may use shared data at which time. Threads that change the same data need it",
      "for (let i = 0; i < each; i++) counter[0]++;",
      "It reads, adds and writes in one step that no other thread can interrupt.",
      "async function countWithAtomics(workers, each, run = runInWorkers) {",
      "The second kind is a lock. Only one thread can hold it at a time.",
      "async function countWithLock(workers, each, run = runInWorkers) {",
      "3 workers add 1 to one counter, 1 000 times each. So the counter should be 3 × 1 000 = 3 000 at the end. Lost is what is missing then.",
      "way expected counted lost took",
      "countUnprotected 3 000 ",
      "countWithAtomics 3 000 3 000 0 ",
      "countWithLock 3 000 3 000 0 ",
      "Without synchronisation, ",
      "With Atomics and with the lock, no update was lost.",
      "A lock is the slowest way, because each turn takes it and releases it",
      "measureAll calls the three functions, one after another",
      "Begin with messages. Each piece of data is then in one memory only, so no other thread can change it between reading and writing.",
      "For one number, use Atomics. For everything else, use a lock",
    ]
  ) assertStringIncludes(text, part);
});
