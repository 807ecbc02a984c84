/**
 * Lesson 6: Shared memory
 *
 * Threads can use the same memory. You will see every order in which two of them
 * can take their steps, and that some are wrong; with a lock, none is.
 *
 * @run deno run lessons/06_shared_memory.ts
 * @test deno test tests/06_shared_memory_test.ts
 */
import { Barrier, everyOrder, Lock, Pool } from "../mod.ts";
import type { SharedCells, Step } from "../mod.ts";
import { code, lesson, section, show, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // Two workers have a number in memory that both can use: the counter, which
  // is 0. Each of them calls this function once. ++ adds 1.
  code(add);

  // What is the counter then? You expect 2. But each worker takes two steps that
  // the other one can notice: it reads the number, and writes the number plus 1.
  // There are 6 orders of these four steps. `losses` halts workers before each
  // step, so it can try all 6, and counts those that do not end with 2.
  await show(() => losses(add)); // 4

  // These are all 6. "1 reads 0" means: worker 1 reads, and finds 0.
  table(await ordersOf(add));

  // When both read before one of them writes, both write 1: an update is lost.
  // This is a race condition: whether the result is right depends on the order
  // of the steps. Chance decides: a wrong program can pass a thousand tests.

  section("Two ways to work on the same data");
  // Workers can send each other copies (lesson 5), and so can processes:
  // inter-process communication. Or they share memory: all use the same bytes,
  // and nothing is sent. A worker has variables of its own; it shares only what
  // is in a SharedArrayBuffer. An Int32Array uses that as a list of numbers.
  show(() => new Int32Array(new SharedArrayBuffer(4))); // Int32Array(1) [ 0 ]

  // Python does this differently: the threads of a process share all its
  // memory, and so its global variables. Processes share none by default.

  section("Synchronisation");
  // Threads that change the same data need synchronisation: rules for who may
  // use it when. The first kind is an atomic operation. Atomics.add reads, adds
  // and writes in one step, which nobody can interrupt. (0 is the place in the
  // list; `each` is 1 unless a number is given.)
  code(addWithAtomics);
  await show(() => losses(addWithAtomics)); // 0

  // The second kind is a lock, which only one thread at a time can hold. If
  // another one holds it, acquire() waits. `using` releases it at the end of
  // the block, as `with lock:` does in Python.
  code(addWithLock);
  await show(() => losses(addWithLock)); // 0

  // This one releases the lock before it writes. With the steps of the lock
  // there are 10 orders. loseAnUpdate finds a wrong one, and gives its counter.
  code(addTooLate);
  await show(() => losses(addTooLate)); // 6
  await show(() => loseAnUpdate(addTooLate)); // 1

  section("Two locks");
  // Ada's account has 1, Bob's 0, and each has a lock. Worker 1 moves 1 to Bob.
  // Worker 2 moves 1 to Ada, if Bob has it. `endings` counts how the orders end.
  code(transfer);
  await show(() => endings(transfer)); // { "ada 1, bob 0": 1, "ada 0, bob 1": 1 }

  // No money is lost, whoever comes first. Both take Ada's lock, then Bob's. If
  // worker 2 began with Bob's, both could wait for ever: a deadlock.

  section("In a real run");
  // Now 4 workers add 1, 5 million times each, in whatever order comes:
  await show(() => countUnprotected(4, 5_000_000)); // ≈ 7648127

  // It should be 20 million; a run that loses nothing is lucky. These lose none:
  await show(() => countWithAtomics(4, 20_000)); // 80000
  await show(() => countWithLock(4, 20_000)); // 80000

  // What to use? Begin with messages: nobody else can change your copy. Share
  // memory where copies cost too much, with Atomics or a lock everywhere.
}, {
  readOn: {
    "Atomic operations":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Atomics",
  },
});

/** What workers share that count, and how often each of them adds 1. */
type Counting = { counter: SharedCells; lock: Lock; each?: number };
type Way = (shared: Counting) => void;
/** What workers share that move money: two accounts, each with a lock. */
type Bank = Record<Name, SharedCells> & Record<`${Name}Lock`, Lock>;
type Name = "ada" | "bob";

/** Adds 1, without synchronisation. */
export function add({ counter }: Counting): void {
  counter[0]++;
}

/** Adds 1, in one step. */
export function addWithAtomics({ counter, each = 1 }: Counting): void {
  for (let i = 0; i < each; i++) {
    // #region solution: add 1 to the counter with Atomics
    Atomics.add(counter, 0, 1);
    // #endregion solution
  }
}

/** Adds 1 while it holds the lock. */
export function addWithLock({ counter, lock, each = 1 }: Counting): void {
  for (let i = 0; i < each; i++) {
    // #region solution: add 1 to the counter; hold the lock from reading to writing
    using _held = lock.acquire();
    counter[0]++;
    // #endregion solution
  }
}

/** Adds 1, but releases the lock before it writes. */
export function addTooLate({ counter, lock }: Counting): void {
  const held = lock.acquire();
  const seen = counter[0];
  held.release();
  counter[0] = seen + 1;
}

/** Moves 1 from Ada to Bob; worker 2 moves it from Bob to Ada. */
export function transfer(bank: Bank, worker: number): void {
  const { ada, bob, adaLock, bobLock } = bank;
  const [from, to] = worker === 1 ? [ada, bob] : [bob, ada];
  // #region solution: hold both locks, which both workers take in the same order; if from[0] is at least 1, take 1 from it and add 1 to to[0]
  using _ada = adaLock.acquire();
  using _bob = bobLock.acquire();
  if (from[0] > 0) {
    from[0]--;
    to[0]++;
  }
  // #endregion solution
}

/** Every order of two workers: its steps, and the counter at its end. */
async function ordersOf(way: Way) {
  const rows: Record<string, string>[] = [];
  await everyOrder(way, {
    shared: { counter: 1, lock: new Lock() },
    all: true,
    onOrder: ({ steps, shared, error }) => {
      if (error) throw error;
      const cells = steps.map((step, i) => [`step ${i + 1}`, inWords(step)]);
      rows.push({ ...Object.fromEntries(cells), counter: `${shared.counter}` });
    },
  });
  return rows;
}
const inWords = ({ worker, does, value }: Step) => `${worker} ${does} ${value}`;

/** In how many orders of two workers the counter is not 2 at the end. */
export async function losses(way: Way): Promise<number> {
  return (await ordersOf(way)).filter(({ counter }) => counter !== "2").length;
}

/** Finds an order that loses an update: the counter at its end. */
export async function loseAnUpdate(way: Way = add): Promise<number> {
  const wrong = (await ordersOf(way)).find(({ counter }) => counter !== "2");
  return Number(wrong?.counter ?? 2);
}

/** How the orders of two workers end, if Ada has 1, and how many end so. */
export async function endings(way: (bank: Bank, worker: number) => void) {
  const locks = { adaLock: new Lock(), bobLock: new Lock() };
  const shared = { ada: new Int32Array([1]), bob: 1, ...locks };
  const ends: Record<string, number> = {};
  for (const found of (await everyOrder(way, { shared })).outcomes) {
    if (found.error) throw found.error;
    const end = `ada ${found.shared.ada}, bob ${found.shared.bob}`;
    ends[end] = (ends[end] ?? 0) + found.orders;
  }
  return ends;
}

/** Has workers count, who begin when all are there; gives the counter. */
async function countIn(workers: number, each: number, way: Way) {
  using pool = new Pool({ workers });
  const counter = new Int32Array(new SharedArrayBuffer(4)) as SharedCells;
  const shared = { counter, lock: new Lock(), each };
  const barriers = Array<Barrier>(workers).fill(new Barrier(workers));
  await pool.map((barrier) => barrier.wait(), barriers);
  await pool.map(way, Array<Counting>(workers).fill(shared));
  return counter[0];
}

/** Has workers count: without synchronisation, with Atomics, with a lock. */
const countUnprotected = (workers: number, each: number) =>
  countIn(workers, each, ({ counter, each = 1 }) => {
    for (let i = 0; i < each; i++) counter[0]++;
  });
export const countWithAtomics = (workers: number, each: number) =>
  countIn(workers, each, addWithAtomics);
export const countWithLock = (workers: number, each: number) =>
  countIn(workers, each, addWithLock);
