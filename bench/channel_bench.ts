/**
 * Pipes, queues and locks beside a bare MessagePort and the mutex of a
 * well-known library.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-env --allow-read bench/channel_bench.ts
 * ```
 *
 * @module
 */

import { move, Mutex, shutdown, spawn } from "npm:multithreading@0.3.52";
import {
  type Connection,
  FunctionWorker,
  Lock,
  pipe,
  Pool,
  Queue,
} from "../mod.ts";
import { measure, report } from "./measure.ts";

const trips = 2000;

// A bare port and a connection, each echoed by a worker of its own.
const program = `onmessage = ({ data: port }) => {
  port.onmessage = ({ data }) => port.postMessage(data);
};`;
const url = URL.createObjectURL(
  new Blob([program], { type: "text/javascript" }),
);
const bareWorker = new Worker(url, { type: "module" });
const { port1: bare, port2: bareFar } = new MessageChannel();
bareWorker.postMessage(bareFar, [bareFar]);

const [here, there] = pipe<number>();
const echo = new FunctionWorker(async (end: Connection<number>) => {
  for await (const value of end) await end.send(value);
}, { args: [there] });
echo.start();

async function bareTrips() {
  for (let i = 0; i < trips; i++) {
    await new Promise((resolve) => {
      bare.onmessage = resolve;
      bare.postMessage(i);
    });
  }
}

async function pipeTrips() {
  for (let i = 0; i < trips; i++) {
    await here.send(i);
    await here.recv();
  }
}

report(
  `${trips} round trips of a number`,
  await measure([
    { name: "bare MessagePort", run: bareTrips },
    { name: "pipe()", run: pipeTrips },
  ], 15),
  "bare MessagePort",
);
bare.close();
bareWorker.terminate();
here.close();
await echo.join();

const items = 10_000;
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

async function throughQueue() {
  const queue = new Queue<number>({ capacity: 100 });
  const counted = pool.apply(async (queue: Queue<number>) => {
    let n = 0;
    for await (const _ of queue) n++;
    return n;
  }, [queue]);
  for (let i = 0; i < items; i++) await queue.put(i);
  queue.close();
  await counted;
}

report(
  `${items} numbers to a worker`,
  await measure([
    { name: "bare MessagePort", run: barePosts },
    { name: "pipe()", run: throughPipe },
    { name: "Queue", run: throughQueue },
  ], 7),
  "bare MessagePort",
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
