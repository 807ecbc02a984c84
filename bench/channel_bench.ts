/**
 * Pipes, queues and locks beside a bare MessagePort, a bare pipe, Python's, and
 * the mutex of a well-known library.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-run --allow-env --allow-read bench/channel_bench.ts
 * ```
 *
 * @module
 */

import { move, Mutex, shutdown, spawn } from "npm:multithreading@0.3.52";
import { type Connection, Lock, pipe, Pool, Queue, run } from "../mod.ts";
import { measure, onOneProcessor, report } from "./measure.ts";
import { startPython } from "./pools/python_channels.ts";

const items = 10_000;

using python = await startPython(items, 0);

// Those who take turns have no use for a second processor.
const { stdout } = await run(
  [
    ...await onOneProcessor(),
    ...[
      Deno.execPath(),
      "run",
      "--no-lock",
      "--allow-run",
      "--allow-read",
      "--allow-env",
    ],
    import.meta.resolve("./pools/pipe_trips.ts"),
  ],
  { check: true },
);
console.log(stdout.trimEnd());

using pool = new Pool({ workers: 2 });

/** One worker counts what main posts. */
async function barePosts() {
  const program = `let n = 0; onmessage = ({ data: port }) => {
    port.onmessage = () => { if (++n === ${items}) postMessage(n); };
  };`;
  const blob = new Blob([program], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  for (let i = 0; i < items; i++) port1.postMessage(i);
  await new Promise((resolve) => worker.onmessage = resolve);
  port1.close();
  worker.terminate();
}

async function throughPipe() {
  const [a, b] = pipe<number>();
  const counted = pool.apply(async (end: Connection<number>) => {
    let n = 0;
    for await (const _ of end) n++;
    return n;
  }, [b]);
  for (let i = 0; i < items; i++) void a.send(i);
  a.close();
  await counted;
}

const produce = async (queue: Queue<number>, items: number) => {
  for (let i = 0; i < items; i++) await queue.put(i);
  queue.close();
};
const consume = async (queue: Queue<number>) => {
  let n = 0;
  for await (const _ of queue) n++;
  return n;
};

async function throughQueue(capacity: number | undefined) {
  const queue = new Queue<number>(capacity ? { capacity } : {});
  const counted = pool.apply(consume, [queue]);
  await produce(queue, items);
  await counted;
}

async function toMain(capacity: number | undefined) {
  const queue = new Queue<number>(capacity ? { capacity } : {});
  const produced = pool.apply(produce, [queue, items]);
  await consume(queue);
  await produced;
}

report(
  `${items} numbers to a worker`,
  await measure([
    { name: "bare MessagePort", run: barePosts },
    { name: "pipe()", run: throughPipe },
    { name: "Queue, each put awaited", run: () => throughQueue(undefined) },
    { name: "the same, from a worker to main", run: () => toMain(undefined) },
    ...python.way("Python's Queue", "queue 0"),
  ], 7),
  "Queue, each put awaited",
);
report(
  `${items} numbers through a queue of 100`,
  await measure([
    { name: "Queue, each put awaited", run: () => throughQueue(100) },
    { name: "the same, from a worker to main", run: () => toMain(100) },
    ...python.way("Python's Queue", "queue 100"),
  ], 7),
  "Queue, each put awaited",
);
const increments = 20_000;

async function withLock() {
  const lock = new Lock();
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const count = (lock: Lock, counter: Int32Array, increments: number) => {
    for (let i = 0; i < increments; i++) {
      using _ = lock.acquire();
      counter[0]!++;
    }
  };
  const args: Parameters<typeof count> = [lock, counter, increments];
  await pool.starmap(count, [args, args]);
}

async function withMutex() {
  const mutex = new Mutex(new Int32Array(new SharedArrayBuffer(4)));
  const count = (mutex: Mutex<Int32Array>, increments: number) => {
    for (let i = 0; i < increments; i++) {
      const guard = mutex.blockingLock();
      guard.value[0]!++;
      guard.dispose();
    }
  };
  const handles = [1, 2].map(() =>
    // deno-lint-ignore no-explicit-any
    spawn(move(mutex, increments) as any, count as any)
  );
  for (const handle of handles) {
    const result = await handle.join();
    if (!result.ok) throw result.error;
  }
}

report(
  `${increments} increments under a lock, by each of two workers`,
  await measure([
    { name: "Lock", run: withLock },
    { name: "multithreading's Mutex", run: withMutex },
  ], 7),
  "Lock",
);
shutdown();
