/**
 * The library's own lock and barrier, in every order in which two threads can
 * take the steps of their code: each use of their memory is a step.
 */

import { assertEquals } from "@std/assert";
import { everyOrder, type Sharing } from "../../mod.ts";
import { realm } from "../../lib/messages/life.ts";
import { Line, syncParts } from "../../lib/sync.ts";
import { definitionsOf } from "../../lib/workers/program.ts";
import { testWith } from "../helper.ts";

/** What the code of sync.ts uses, and that code. */
const code = `
  class Turns {}
  const Life = { slots: 1 };
  const realm = () => ({ thread: worker, life: { isAlive } });
  const isEnded = () => !isAlive(worker);
  const endedError = () => new Error("this thread was ended");
  const [register, checkCount, checkBlocking] = Array(3).fill(() => {});
  const block = (_, { timeout }, cells, look, giveUp) => {
    for (let seen; (seen = look());) {
      if (timeout === 0 && giveUp()) throw new Error("it gave up");
      if (worker === 3) throw new Error("it would wait for ever");
      sleep(cells, ...seen);
    }
  };
  ${definitionsOf(syncParts).replace('"use strict";', "")}`;

type Task = (shared: Record<string, Int32Array>, worker: number) => void;

/** Tries a task in every order, none of which may hang or fail. */
async function everyEnd<const S extends Sharing>(task: Task, shared: S) {
  const { outcomes, complete } = await everyOrder(task as never, { shared });
  assertEquals(complete, true);
  return outcomes.map(({ shared, error, deadlock, steps }) => {
    const words = steps.map((step) => Object.values(step).join(" ")).join();
    assertEquals([error, deadlock], [undefined, undefined], words);
    return { shared, words };
  });
}

// ---- The lock

/** A task for threads that share the memory of a lock. */
const lockTask = (text: string) =>
  Function(
    "{ cells, ended, counter, told, freed }",
    "worker",
    `const sharedCells = () => cells;
    const mayEnd = ${text.includes("ended")};
    const isAlive = (id) =>
      id > 0 && (!mayEnd || Atomics.load(ended, id) === 0);
    // Time passes where a thread may have ended. Otherwise nothing but a
    // notification wakes up who sleeps.
    const patience = mayEnd ? 20 : Infinity;
    const sleep = (...seen) => Atomics.wait(...seen, patience);
    ${code}
    const lock = new Lock();
    const take = (options = {}) => {
      try {
        using _ = lock.acquire(options);
        counter[0]++;
      } catch (error) {
        if (error instanceof LockAbandonedError) told[0]++;
        else if (!isEnded() && !/gave up/.test(error)) throw error;
      }
    };
    const free = () => {
      lock.release();
      freed[0] = 1;
    };
    ${text}`,
  ) as Task;

/** The memory of a lock that threads have asked for; the first one has it. */
function askedForBy(...threads: number[]): Line {
  const line = new Line();
  const here = realm();
  const { thread } = here;
  for (here.thread of threads) {
    const ticket = line.join()!;
    if (ticket === 0) line.enter(ticket);
  }
  here.thread = thread;
  return line;
}

/** What a thread does with the lock, which thread 2 has at first. */
const doings: Record<string, string> = {
  takes: "take();",
  "gives up": "take({ timeout: 0 });",
  frees: "counter[0]++; free();",
  "is over": "Atomics.store(ended, 2, 1);",
  "ends the other and takes": "Atomics.store(ended, 2, 1); take();",
  "frees if it can": "try { free(); } catch {}",
  "ends the other and frees": "Atomics.store(ended, 1, 1); free();",
};

/** What both do; how often they counted, were told of a death, and freed it. */
const meetings: [first: string, second: string, ends: string[]][] = [
  ["takes", "frees", ["2,0,1"]],
  ["gives up", "frees", ["1,0,1", "2,0,1"]],
  ["takes", "is over", ["0,1,0"]],
  ["gives up", "is over", ["0,0,0", "0,1,0"]],
  ["ends the other and takes", "frees if it can", ["0,1,0", "1,0,1"]],
  ["takes", "ends the other and frees", ["0,0,1"]],
];

for (const [first, second, expected] of meetings) {
  // The others have hundreds of orders.
  const isShort = second === "is over";
  const name = `Lock: one ${first}, the holder ${second}, in every order`;
  testWith(isShort ? [] : ["run"], name, async () => {
    const task = lockTask(`
      if (worker === 1) { ${doings[first]} }
      if (worker === 2) { ${doings[second]} }
      if (worker === 3) { take(); take(); }`);
    const { cells } = askedForBy(2);
    const shared = { cells, ended: 4, counter: 1, told: 1, freed: 1 };
    const ends = new Set<string>();
    for (const { shared: left, words } of await everyEnd(task, shared)) {
      ends.add([left.counter, left.told, left.freed].join());
      // Whoever comes next has the lock, and may be told of a death first.
      const memory = Object.entries(left)
        .map(([name, cells]) => [name, new Int32Array(cells)] as const);
      const { counter, told, ...others } = Object.fromEntries(memory);
      const before = counter![0]! + told![0]!;
      task({ ...others, counter: counter!, told: told! }, 3);
      assertEquals(counter![0]! + told![0]! - before, 2, words);
    }
    assertEquals([...ends].sort(), expected);
  });
}

Deno.test("Line: two who come at the same time have tickets of their own", async () => {
  const task = lockTask(`
    counter[worker - 1] = new Line().join();
    if (worker === 2 && freed[0]) free();`);
  for (const holds of [0, 1]) {
    const { cells } = askedForBy(...Array(holds).fill(2));
    const shared = {
      cells,
      ended: 4,
      counter: 2,
      freed: new Int32Array([holds]),
    };
    const ends = await everyEnd(task, shared);
    const found = ends.map(({ shared: { counter, cells } }) => [
      counter.join(),
      // The next ticket, and whose places the tickets name.
      ...[cells[1], ...counter.map((ticket) => cells[2 + ticket]! & 3)],
    ]);
    const next = 2 + holds;
    assertEquals(found.sort(), [
      [`${holds},${holds + 1}`, next, 1, 2],
      [`${holds + 1},${holds}`, next, 1, 2],
    ]);
  }
});

Deno.test("Line: who gives up when it is called lets the next one have the lock", async () => {
  const line = askedForBy(3, 1, 2);
  const here = realm();
  const { thread } = here;
  here.thread = 3;
  line.free();
  here.thread = thread;
  const task = lockTask(`
    const line = new Line();
    if (worker === 1) line.leave(1);
    else for (let seen; (seen = line.seen(2)), !line.enter(2);) sleep(cells, ...seen);`);
  await everyEnd(task, { cells: line.cells, ended: 4 });
});

// ---- The barrier

/** A task for threads at a barrier, whose 64 bits are a cell here. */
const barrierTask = (text: string) =>
  Function(
    "{ cells, places }",
    "worker",
    `const memory = { buffer: cells, length: 2 };
    const sharedCells = () => memory;
    const isAlive = () => true;
    const BigInt64Array = function (buffer) {
      return buffer;
    };
    const { load, or, compareExchange, notify, wait } = globalThis.Atomics;
    const Atomics = {
      load: (_, i) => BigInt(load(cells, i)),
      or: (_, i, bits) => or(cells, i, Number(bits)),
      compareExchange: (_, i, from, to) =>
        BigInt(compareExchange(cells, i, Number(from), Number(to))),
      notify: (_, i) => notify(cells, i),
    };
    const sleep = (_, ...seen) => wait(cells, ...seen);
    ${code}
    ${text}`,
  ) as Task;

/** What two threads do at a barrier; their places, or -1 and -2 for errors. */
const rounds: [what: string, parties: number, text: string, ends: string[]][] =
  [
    ["meet", 2, "meet();", ["0,1", "1,0"]],
    [
      "meet; one comes back and gives up",
      2,
      "meet(); if (worker === 1) try { barrier.wait({ timeout: 0 }); } catch {}",
      ["0,1", "1,0"],
    ],
    [
      "meet or are told that one gives up",
      2,
      "meet(worker === 1 ? { timeout: 0 } : {});",
      ["-1,-2", "0,1", "1,0"],
    ],
    [
      "are told that one gives up",
      3,
      "meet(worker === 1 ? { timeout: 0 } : {});",
      ["-1,-2"],
    ],
    [
      "are told that a task fails",
      2,
      "if (worker === 1) barrier.leave(true); else meet();",
      ["0,-2"],
    ],
  ];

for (const [what, parties, text, expected] of rounds) {
  Deno.test(`Barrier: two of ${parties} ${what}, in every order`, async () => {
    const task = barrierTask(`
      const barrier = new Barrier(${parties});
      const meet = (options = {}) => {
        try {
          places[worker] = barrier.wait(options);
        } catch (error) {
          places[worker] = /gave up/.test(error) ? -1 : -2;
        }
      };
      ${text}`);
    const ends = await everyEnd(task, { cells: 3, places: 3 });
    const found = ends.map(({ shared }) => shared.places.slice(1).join());
    assertEquals([...new Set(found)].sort(), expected);
  });
}
