/**
 * Lesson 6: Shared memory
 *
 * Threads can use the same memory, and then nothing has to be sent. You will see
 * how two of them lose an update, step by step, and how atomic operations and a
 * lock prevent that, and at which cost.
 *
 * @run deno run lessons/06_shared_memory.ts
 * @test deno test tests/06_shared_memory_test.ts
 */
import { Barrier, Lock, Pool } from "../mod.ts";
import { code, count, duration, lesson } from "../lib/lesson.ts";
import { say, section, show, table } from "../lib/lesson.ts";

lesson(import.meta, async ({ workers, each }) => {
  // There are two ways in which threads or processes can work on the same data.
  // They can send each other copies of it, as messages: inter-process
  // communication (lesson 5). Or they can share memory: both read and change
  // the same bytes, and nothing is sent.
  //
  // In Python, the threads of a process share its whole memory, so they can use
  // the same variables. Processes share no memory by default: they send
  // messages. A worker is a thread, but its variables are its own (lesson 2).
  // It shares only what is stored in a SharedArrayBuffer: a block of memory
  // that main and workers can use at the same time.
  //
  // This counter is a block of 4 bytes. The Int32Array uses them as a list of
  // one whole number, which is 0 at first.
  code(sharedCounter);
  show(() => sharedCounter()); // Int32Array(1) [ 0 ]

  section("One worker writes, another one reads");
  // Main gives the same memory to two workers. The first one, `write`, stores
  // 42 in it. The second one, `read`, looks what is in the memory, and returns
  // that to main: Promise.all waits for both, and [, seen] is the second
  // result. No message goes from the first worker to the second one: in lesson
  // 5, a message would have brought it a copy.
  //
  // A barrier is a meeting point: wait() waits until both workers have called
  // it. Without it, the second worker could read before the first one has
  // written, and would find 0.
  code(writeHereReadThere);
  await show(() => writeHereReadThere(42)); // 42

  section("The lost update");
  // Now two workers add 1 to a counter that is 0, once each. You expect 2.
  //
  // To add 1, a worker takes several steps: it reads the number, adds 1 to what
  // it has read, and writes the sum. The barrier makes both read before one of
  // them writes.
  //
  // share(2) makes what the 2 workers share: `counter`, the barrier, and
  // `clock`, a second shared number. `clock` counts the steps of both workers:
  // note(…) adds 1 to it and writes down the step with that number. `run` calls
  // the function in 2 workers, and gives both the same shared objects.
  code(loseAnUpdate);
  const steps: Step[] = [];
  await show(() => loseAnUpdate(steps)); // 1

  // The counter is 1, and 2 was expected. These are the steps that the workers
  // noted:
  table(steps);

  // Both read 0 before one of them wrote, so both wrote 0 + 1. The second 1
  // replaced the first 1, as if one worker had never counted: its update is
  // lost. Which of the two comes first can change from run to run.
  //
  // This is a race condition: the result depends on the order in which threads
  // take their steps. Here the barrier makes the bad order happen every time.
  // Without it, chance decides: the bad order is rare in a short program, and
  // happens often when there are many steps. So a program can pass many tests
  // and still be wrong.

  section("Synchronisation");
  // Synchronisation means that threads follow rules for who may use shared data
  // at which time. Threads that change the same data need it, or there are race
  // conditions. This function has no such rule: the barrier only makes all
  // workers begin at the same time. `++` adds 1, in the three steps from above.
  code(countUnprotected);

  // The first kind of synchronisation is an atomic operation. It reads, adds
  // and writes in one step that no other thread can interrupt. Atomics.add adds
  // 1 to the number in place 0 of the counter.
  code(countWithAtomics);

  // The second kind is a lock. Only one thread can hold it at a time.
  // acquire() takes the lock; if another thread holds it, acquire() first waits
  // until that thread has released it. `using` releases the lock at the end of
  // each turn of the loop, as `with lock:` does in Python. So the steps of one
  // worker can never come between those of another one.
  code(countWithLock);

  section("Three ways to count");
  say(
    `${workers} workers add 1 to one counter, ${count(each)} times each. So ` +
      `the counter should be ${workers} × ${count(each)} = ` +
      `${count(workers * each)} at the end. Lost is what is missing then.`,
  );

  // measureAll calls the three functions, one after another, and measures how
  // long each one takes. The workers have started before.
  const measured = await measureAll(workers, each);
  table(measured.map(rowOf));
  say(describeLoss(measured));
  say(describeTimes(measured));

  // A lock is the slowest way, because each turn takes it and releases it, and
  // a worker that finds it taken has to wait. An atomic operation is little
  // more than one instruction of the processor, but it can change one number
  // only. A lock can protect any number of steps, for example when two numbers
  // have to change together.

  section("Which one to use");
  // Begin with messages. Each piece of data is then in one memory only, so no
  // other thread can change it between reading and writing. (Messages can still
  // arrive in another order, or be waited for in vain.) Share memory when you
  // have measured that copies cost too much. For one number, use Atomics. For
  // everything else, use a lock, in every place that uses the data: one
  // forgotten place is enough to lose updates again.
}, {
  options: {
    workers: { default: 4, help: "how many workers count", min: 1, max: 64 },
    each: { default: 100_000, help: "how far each of them counts" },
  },
  readOn: {
    "Shared memory":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/SharedArrayBuffer",
    "Atomic operations":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Atomics",
    "Locks in Python":
      "https://docs.python.org/3/library/threading.html#lock-objects",
  },
});

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
  const [, seen] = await Promise.all([
    pool.apply(write, [memory, barrier, value]),
    pool.apply(read, [memory, barrier]),
  ]);
  return seen;
}

/** What workers share: memory, and what they synchronise with. */
export type Shared = ReturnType<typeof share>;
function share(workers: number, each = 1) {
  const [counter, clock] = [sharedCounter(), sharedCounter()];
  const [barrier, lock] = [new Barrier(workers), new Lock()];
  return { counter, clock, barrier, lock, each };
}

/** Calls a function in several workers at once; each gets its number, from 1. */
export type Run = <R>(
  workers: number,
  task: (shared: Shared, worker: number) => R | Promise<R>,
  shared: Shared,
) => Promise<R[]>;

const runOn = (pool: Pool): Run => (workers, task, shared) =>
  pool.starmap(
    task,
    Array.from({ length: workers }, (_, i) => [shared, i + 1]),
  );

const runInWorkers: Run = async (workers, task, shared) => {
  using pool = new Pool({ workers });
  return await runOn(pool)(workers, task, shared);
};

/** A step of a worker. Steps are numbered in the order in which they happen. */
export type Step = { step: number; worker: number; does: string };

/** Two workers add 1 to a counter in the worst order; gives the counter. */
export async function loseAnUpdate(
  steps: Step[] = [],
  run: Run = runInWorkers,
): Promise<number> {
  const shared = share(2);
  const notes = await run(2, ({ counter, barrier, clock }, worker) => {
    const noted: Step[] = [];
    const note = (does: string) => {
      const step = Atomics.add(clock, 0, 1) + 1;
      noted.push({ step, worker, does });
    };
    // The work of each worker:
    // #region solution: read the counter, and note(`reads ${what you read}`); wait at the barrier; write what you read plus 1, and note(`writes ${what you wrote}`)
    const seen = counter[0]!;
    note(`reads ${seen}`);
    barrier.wait();
    counter[0] = seen + 1;
    note(`writes ${seen + 1}`);
    // #endregion solution
    return noted;
  }, shared);
  steps.push(...inOrder(notes));
  return shared.counter[0]!;
}

/** The steps of all workers in the order in which they happened. */
function inOrder(notes: Step[][]): Step[] {
  return notes.flat().sort((a, b) => a.step - b.step);
}

/** Workers add 1 to a counter many times, without synchronisation. */
export async function countUnprotected(
  workers: number,
  each: number,
  run: Run = runInWorkers,
): Promise<number> {
  const shared = share(workers, each);
  await run(workers, ({ counter, barrier, each }) => {
    barrier.wait();
    for (let i = 0; i < each; i++) counter[0]!++;
  }, shared);
  return shared.counter[0]!;
}

/** The same, with additions that no other thread can interrupt. */
export async function countWithAtomics(
  workers: number,
  each: number,
  run: Run = runInWorkers,
): Promise<number> {
  const shared = share(workers, each);
  await run(workers, ({ counter, barrier, each }) => {
    barrier.wait();
    // #region solution: add 1 to the counter, `each` times, with Atomics
    for (let i = 0; i < each; i++) Atomics.add(counter, 0, 1);
    // #endregion solution
  }, shared);
  return shared.counter[0]!;
}

/** The same, with a lock that only one worker at a time can hold. */
export async function countWithLock(
  workers: number,
  each: number,
  run: Run = runInWorkers,
): Promise<number> {
  const shared = share(workers, each);
  await run(workers, ({ counter, barrier, lock, each }) => {
    barrier.wait();
    // #region solution: add 1 to the counter, `each` times; each time, hold the lock from reading to writing
    for (let i = 0; i < each; i++) {
      using _held = lock.acquire();
      counter[0]!++;
    }
    // #endregion solution
  }, shared);
  return shared.counter[0]!;
}

/** How a way of counting ended; `elapsed` is in milliseconds. */
export type Measured = {
  way: string;
  expected: number;
  counted: number;
  lost: number;
  elapsed: number;
};

/** Measures each way of counting, on workers that have started before. */
export async function measureAll(
  workers: number,
  each: number,
): Promise<Measured[]> {
  using pool = new Pool({ workers });
  const run = runOn(pool);
  await countUnprotected(workers, 0, run);
  const measured: Measured[] = [];
  const expected = workers * each;
  for (const count of [countUnprotected, countWithAtomics, countWithLock]) {
    const start = performance.now();
    const counted = await count(workers, each, run);
    const elapsed = performance.now() - start;
    const lost = expected - counted;
    measured.push({ way: count.name, expected, counted, lost, elapsed });
  }
  return measured;
}

function rowOf({ elapsed, ...row }: Measured) {
  return { ...row, took: duration(elapsed) };
}

/** What the lost updates mean. */
export function describeLoss(
  [open, ...others]: readonly Pick<Measured, "way" | "expected" | "lost">[],
): string {
  const found = open!.lost > 0
    ? `Without synchronisation, ${count(open!.lost)} of ` +
      `${count(open!.expected)} updates were lost. How many differs from run ` +
      "to run."
    : "Without synchronisation, no update was lost this time. That was luck: " +
      "no worker wrote between another one's reading and writing. It happens " +
      "with one processor, on a busy machine, or when each worker counts only " +
      "a little. The program is still wrong.";
  const wrong = others.filter(({ lost }) => lost > 0).map(({ way }) => way);
  return wrong.length === 0
    ? `${found} With Atomics and with the lock, no update was lost.`
    : `${found} But ${wrong.join(" and ")} lost updates too.`;
}

/** What the times mean. */
export function describeTimes(
  [, atomics, lock]: readonly Pick<Measured, "elapsed">[],
): string {
  const ratio = lock!.elapsed / atomics!.elapsed;
  return ratio > 1
    ? `The lock took ${ratio.toFixed(1)} times as long as Atomics.`
    : "The lock was not slower than Atomics this time: the workers counted " +
      "too little to compare times, or other programs kept the machine busy.";
}
