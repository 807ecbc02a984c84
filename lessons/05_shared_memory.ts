/**
 * Lesson 5: Shared memory
 *
 * Threads of one process can see the same memory. Then nothing has to be sent,
 * but two of them can get into each other's way: an update is lost. What makes
 * an update safe, what it costs, and when messages are the better choice.
 *
 * @run deno run lessons/05_shared_memory.ts
 * @test deno test tests/05_shared_memory_test.ts
 *
 * @hint loseAnUpdate Both have to read before either of them writes.
 * @hint loseAnUpdate A barrier between reading and writing lets each wait for the other.
 * @hint loseAnUpdate const seen = …; wait at the barrier; counter[0] = … + 1;
 * @hint countWithAtomics Reading, adding and writing must be one step that nobody interrupts.
 * @hint countWithAtomics Atomics has a method for just that.
 * @hint countWithAtomics for (…) Atomics.add(counter, …, …);
 * @hint countWithLock Only who holds the lock may touch the counter.
 * @hint countWithLock `using` releases the lock at the end of its block.
 * @hint countWithLock for (…) { using _guard = lock.…; count as if nobody else did }
 */
import { Barrier, Lock, Pool } from "../mod.ts";
import { duration, flags, section, show, table, title } from "../lib/lesson.ts";

/** A counter that starts with 0, in memory that threads can share. */
function sharedCounter(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** One worker writes into shared memory, then another one reads it. */
export async function writeHereReadThere(value: number): Promise<number> {
  using pool = new Pool({ workers: 2 });
  const memory = sharedCounter();
  const barrier = new Barrier(2);
  const write = (memory: Int32Array, barrier: Barrier, value: number) => {
    memory[0] = value;
    barrier.wait();
  };
  const read = (memory: Int32Array, barrier: Barrier) => {
    barrier.wait();
    return memory[0]!;
  };
  const written = pool.apply(write, [memory, barrier, value]);
  const seen = await pool.apply(read, [memory, barrier]);
  await written;
  return seen;
}

/** Two workers add 1 to a counter, in the worst order; gives what is in it. */
export async function loseAnUpdate(): Promise<number> {
  using pool = new Pool({ workers: 2 });
  const counter = sharedCounter();
  const barrier = new Barrier(2);
  const increment = (counter: Int32Array, barrier: Barrier) => {
    // #region solution: read the counter, let the other one read it too, write
    const seen = counter[0]!;
    barrier.wait();
    counter[0] = seen + 1;
    // #endregion solution
  };
  const args: Parameters<typeof increment> = [counter, barrier];
  await pool.starmap(increment, [args, args]);
  return counter[0]!;
}

/** Has workers increment a counter many times, without any protection. */
export async function countUnprotected(
  workers: number,
  each: number,
): Promise<number> {
  using pool = new Pool({ workers });
  const counter = sharedCounter();
  const count = (counter: Int32Array, each: number) => {
    for (let i = 0; i < each; i++) counter[0]!++;
  };
  await pool.starmap(count, Array(workers).fill([counter, each]));
  return counter[0]!;
}

/** The same, each increment being one step that nobody can interrupt. */
export async function countWithAtomics(
  workers: number,
  each: number,
): Promise<number> {
  using pool = new Pool({ workers });
  const counter = sharedCounter();
  const count = (counter: Int32Array, each: number) => {
    // #region solution: increment the counter `each` times, with Atomics
    for (let i = 0; i < each; i++) Atomics.add(counter, 0, 1);
    // #endregion solution
  };
  await pool.starmap(count, Array(workers).fill([counter, each]));
  return counter[0]!;
}

/** The same, with a lock that one worker at a time can hold. */
export async function countWithLock(
  workers: number,
  each: number,
): Promise<number> {
  using pool = new Pool({ workers });
  const counter = sharedCounter();
  const lock = new Lock();
  const count = (counter: Int32Array, lock: Lock, each: number) => {
    // #region solution: increment the counter `each` times, holding the lock
    for (let i = 0; i < each; i++) {
      using _guard = lock.acquire();
      counter[0]!++;
    }
    // #endregion solution
  };
  await pool.starmap(count, Array(workers).fill([counter, lock, each]));
  return counter[0]!;
}

if (import.meta.main) {
  const { workers, each } = flags(import.meta, {
    workers: { default: 4, help: "how many workers count", min: 1, max: 64 },
    each: { default: 100_000, help: "how far each of them counts" },
  });
  title("Shared memory");

  // A SharedArrayBuffer is not copied when it is sent: both sides get the same
  // memory. One worker writes, the other one sees it, and no message was sent.
  await show(() => writeHereReadThere(42)); // 42

  section("The lost update");

  // `counter++` is three steps: read, add, write. When two threads both read 0
  // before either writes, both write 1. Here a barrier makes that happen every
  // time; elsewhere it happens once in a while, and nobody knows when.
  await show(() => loseAnUpdate()); // 1

  section("Many updates, three ways");

  // Without protection, how many are lost differs from run to run. Atomics does
  // the three steps as one. A lock makes any number of steps one, and costs more:
  // a thread that finds it taken has to wait.
  const rows = [];
  for (const count of [countUnprotected, countWithAtomics, countWithLock]) {
    const start = performance.now();
    const counted = await count(workers, each);
    const lost = workers * each - counted;
    const took = duration(performance.now() - start);
    rows.push({ way: count.name, counted, lost, took });
  }
  table(rows);

  // So there are two ways to work together. Share memory, and protect whatever
  // more than one thread changes: fast, and wrong as soon as one place is
  // forgotten. Or send copies, as in lesson 4: each piece of data has one owner,
  // and nothing can be forgotten. Begin with messages; share what measuring
  // shows to be too slow to send.
}
