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

import {
  move,
  Mutex,
  shutdown,
  spawn as spawnThread,
} from "npm:multithreading@0.3.52";
import {
  type Connection,
  FunctionProcess,
  FunctionWorker,
  Lock,
  pipe,
  Pool,
  Queue,
  run,
  spawn,
} from "../mod.ts";
import { measure, report, type Way } from "./measure.ts";
import { barePipe } from "./pools/bare.ts";

const trips = 2000;
const items = 10_000;

/** Python's channels, where there is Python. */
const python = await run(["python3", "-c", ""]).then(() => {
  const { pathname } = new URL("pools/python_channels.py", import.meta.url);
  const child = spawn(["python3", pathname, `${items}`, `${trips}`]);
  const lines = child.lines();
  return {
    child,
    async ask(what: string) {
      await child.stdin.write(`${what}\n`);
      await lines.next();
    },
  };
}, () => undefined);

/** What Python does of the same, if it is there. */
const ofPython = (name: string, what: string): Way[] =>
  python ? [{ name, run: () => python.ask(what) }] : [];

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

const echo = async (end: Connection<number>) => {
  for await (const value of end) await end.send(value);
};
const [here, there] = pipe<number>();
const thread = new FunctionWorker(echo, { args: [there] });
thread.start();

async function bareTrips() {
  for (let i = 0; i < trips; i++) {
    await new Promise((resolve) => {
      bare.onmessage = resolve;
      bare.postMessage(i);
    });
  }
}

const tripsOf = (end: Connection<number>) => async () => {
  for (let i = 0; i < trips; i++) {
    await end.send(i);
    await end.recv();
  }
};

report(
  `${trips} round trips of a number`,
  await measure([
    { name: "bare MessagePort", run: bareTrips },
    { name: "pipe()", run: tripsOf(here) },
  ], 15),
  "bare MessagePort",
);
bare.close();
bareWorker.terminate();
here.close();
await thread.join();

const [near, far] = pipe<number>();
const process = new FunctionProcess(echo, { args: [far] });
process.start();
const bareEcho = barePipe();

async function barePipeTrips() {
  for (let i = 0; i < trips; i++) await bareEcho.trip(i);
}

report(
  `${trips} round trips of a number to a process`,
  await measure([
    { name: "bare framed pipe", run: barePipeTrips },
    { name: "pipe()", run: tripsOf(near) },
    ...ofPython("Python's Pipe", "pipe"),
  ], 7),
  "pipe()",
);
near.close();
await process.join();
await bareEcho.end();

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
    ...ofPython("Python's Queue", "queue 0"),
  ], 7),
  "Queue, each put awaited",
);
report(
  `${items} numbers through a queue of 100`,
  await measure([
    { name: "Queue, each put awaited", run: () => throughQueue(100) },
    { name: "the same, from a worker to main", run: () => toMain(100) },
    ...ofPython("Python's Queue", "queue 100"),
  ], 7),
  "Queue, each put awaited",
);
python?.child.terminate();

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
    spawnThread(move(mutex, increments) as any, count as any)
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
