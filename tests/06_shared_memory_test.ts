import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as lesson from "../lessons/06_shared_memory.ts";
import { everyOrder, Lock } from "../mod.ts";
import { adding, assertRight, endsOf, moving } from "./06_inputs.ts";
import { transcript } from "./helper.ts";

const { add, addWithLock, losses } = lesson;
const { addTooLate, countWithAtomics, countWithLock, endings } = lesson;
const { loseAnUpdate, transfer } = lesson;

for (const name of ["addWithAtomics", "addWithLock"] as const) {
  Deno.test(`${name}: no order of 3 workers loses an update`, async () => {
    const { call, trial, right } = adding(lesson, name, 3);
    await assertRight(call, trial, right);
  });
}

for (const [ada, bob] of [[1, 0], [0, 1], [0, 0], [2, 3]] as const) {
  Deno.test(`transfer: in every order, no money is lost or made from ${ada} and ${bob}`, async () => {
    const { call, trial, right } = moving(lesson, ada, bob);
    await assertRight(call, trial, right);
  });
}

Deno.test("addWithAtomics: real workers count as far as they should", async () => {
  const { call, trial, right } = adding(lesson, "addWithAtomics", 2);
  await assertRight(call, trial, right);
  assertEquals(await countWithAtomics(2, 1000), 2000);
  assertEquals(await countWithAtomics(1, 0), 0);
});

Deno.test("addWithLock: real workers count as far as they should", async () => {
  const { call, trial, right } = adding(lesson, "addWithLock", 2);
  await assertRight(call, trial, right);
  assertEquals(await countWithLock(2, 1000), 2000);
  assertEquals(await countWithLock(1, 0), 0);
});

Deno.test("given: a lock that is released too early leaves orders that lose an update", async () => {
  const shared = { counter: 1, lock: new Lock() };
  assertEquals((await everyOrder(addTooLate, { shared })).orders, 10);
  assertEquals(await loseAnUpdate(), 1);
  assertEquals(await loseAnUpdate(addWithLock), 2);
});

Deno.test("given: two locks keep the money", async () => {
  assertEquals(await endings(transfer), {
    "ada 1, bob 0": 1,
    "ada 0, bob 1": 1,
  });
  // One that takes money without locks is seen losing and making some.
  const unprotected: typeof transfer = ({ ada, bob }, worker) => {
    const [from, to] = worker === 1 ? [ada, bob] : [bob, ada];
    from[0]--;
    to[0]++;
  };
  const ends = Object.keys(await endings(unprotected));
  assertEquals(ends.includes("ada 2, bob 0"), true, ends.join("; "));
});

Deno.test("given: an error of what is tried is no lost update, but an error", async () => {
  const todo = () => {
    throw new Error("TODO add: write it");
  };
  await assertRejects(() => losses(todo), Error, "TODO add: write it");
  await assertRejects(() => endings(todo), Error, "TODO add: write it");
});

Deno.test("given: what goes wrong is told with the order that shows it", async () => {
  const told = async (task: unknown, right = ["2"]) => {
    const { trial } = adding({ addWithLock: task }, "addWithLock", 2);
    return await endsOf({ ...trial, guards: {} }, right);
  };
  assertEquals(
    await told(add),
    "worker 1 reads 0 · worker 2 reads 0 · worker 1 writes 1 · worker 2 writes 1 → 1",
  );
  type Shared = Parameters<typeof add>[0];
  const atomic = ({ counter }: Shared) => void Atomics.add(counter, 0, 1);
  const { trial, right } = adding({ addWithLock: atomic }, "addWithLock", 2);
  assertEquals(await endsOf(trial, right), "worker 1 adds 1 without lock");
  assertEquals(
    await told(({ lock }: Shared) => void lock.acquire()),
    "worker 1 acquires lock → who is left waits for ever",
  );
  const money = moving(
    {
      transfer: ({ ada, bob }: Record<string, Int32Array>) => {
        ada![0]!--;
        bob![0]!++;
      },
    },
    0,
    1,
  );
  const error = await assertRejects(() =>
    assertRight(money.call, money.trial, money.right)
  ) as Error;
  assertEquals([error.name, error.message.split("\n")], ["WrongAnswer", [
    "transfer in 2 workers, in every order; ada has 0, bob 1",
    "worker 1 reads ada 0 · worker 1 writes ada -1 · worker 1 reads bob 1 · " +
    "worker 1 writes bob 2 · worker 2 reads ada -1 · worker 2 writes ada -2 · " +
    "worker 2 reads bob 2 · worker 2 writes bob 3 → ada -2, bob 3",
    "ada 0, bob 1 or ada 1, bob 0",
  ]]);
});

let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("06_shared_memory");

Deno.test("given: the lesson shows every order, and why some are wrong", async () => {
  const text = await said();
  for (
    const part of [
      "function add({ counter }) { counter[0]++; }",
      "You expect 2.",
      "There are 6 orders of these four steps. `losses` halts workers before each step, so it can try all 6, and counts those that do not end with 2.",
      "losses(add) → 4",
      "step 1 step 2 step 3 step 4 counter",
      "1 reads 0 1 writes 1 2 reads 1 2 writes 2 2 " +
      "1 reads 0 2 reads 0 1 writes 1 2 writes 1 1 " +
      "1 reads 0 2 reads 0 2 writes 1 1 writes 1 1 " +
      "2 reads 0 1 reads 0 1 writes 1 2 writes 1 1 " +
      "2 reads 0 1 reads 0 2 writes 1 1 writes 1 1 " +
      "2 reads 0 2 writes 1 1 reads 1 1 writes 2 2",
      "When both read before one of them writes, both write 1: an update is lost.",
      "This is a race condition: whether the result is right depends on the order of the steps.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what shared memory is, and how it differs from messages", async () => {
  const text = await said();
  for (
    const part of [
      "Workers can send each other copies (lesson 5), and so can processes: inter-process communication. Or they share memory: all use the same bytes, and nothing is sent.",
      "it shares only what is in a SharedArrayBuffer",
      "new Int32Array(new SharedArrayBuffer(4)) → Int32Array(1) [ 0 ]",
      "Python does this differently: the threads of a process share all its memory, and so its global variables. Processes share none by default.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what synchronisation is, and shows that no order is wrong with it", async () => {
  const text = await said();
  for (
    const part of [
      "Threads that change the same data need synchronisation: rules for who may use it when.",
      "reads, adds and writes in one step, which nobody can interrupt",
      "losses(addWithAtomics) → 0",
      "a lock, which only one thread at a time can hold",
      "losses(addWithLock) → 0",
      "This one releases the lock before it writes. With the steps of the lock there are 10 orders.",
      "losses(addTooLate) → 6",
      "loseAnUpdate(addTooLate) → 1",
      'endings(transfer) → { "ada 1, bob 0": 1, "ada 0, bob 1": 1 } No money is lost, whoever comes first.',
      "Both take Ada's lock, then Bob's. If worker 2 began with Bob's, both could wait for ever: a deadlock.",
      "It should be 20 million; a run that loses nothing is lucky. These lose none:",
      "countWithAtomics(4, 20_000) → 80000",
      "countWithLock(4, 20_000) → 80000",
      "Begin with messages",
    ]
  ) assertStringIncludes(text, part);
  const [, count] = /countUnprotected\(4, 5_000_000\) → (\d+)/.exec(text) ?? [];
  const isPossible = Number(count) > 0 && Number(count) <= 20_000_000;
  assertEquals(isPossible, true, `4 workers counted to ${count}`);
});
