/**
 * Waits that are longer than a timer can be, which is 2 147 483 647 ms, 24.8
 * days: for a longer time, a timer takes 0.
 */

import { assertEquals } from "@std/assert";
import {
  Barrier,
  FunctionWorker,
  Lock,
  pipe,
  Pool,
  Queue,
  spawn,
} from "../../mod.ts";
import { testWith } from "../helper.ts";

const timeout = 30 * 24 * 60 * 60 * 1000;

/** Begins a wait of a month; what is returned ends it otherwise. */
const waits: Record<string, () => [Promise<unknown>, () => unknown]> = {
  "Connection.recv()": () => {
    const [here, there] = pipe<number>();
    return [here.recv({ timeout }), () => there.send(1)];
  },
  "Queue.get()": () => {
    const queue = new Queue<number>();
    return [queue.get({ timeout }), () => queue.put(1)];
  },
  "Queue.put()": () => {
    const queue = new Queue<number>({ capacity: 1 });
    void queue.put(1);
    return [queue.put(2, { timeout }), () => queue.get()];
  },
  "Lock.acquireAsync()": () => {
    const lock = new Lock();
    const held = lock.acquireAsync();
    const free = async () => (await held).release();
    return [lock.acquireAsync({ timeout }), free];
  },
  "Barrier.waitAsync()": () => {
    const barrier = new Barrier(2);
    return [barrier.waitAsync({ timeout }), () => barrier.waitAsync()];
  },
  "FunctionWorker.join()": () => {
    const [here, there] = pipe<string>();
    const worker = new FunctionWorker(async (end: typeof there) => {
      await end.recv();
    }, { args: [there] });
    worker.start();
    return [worker.join({ timeout }), () => here.send("go on")];
  },
  "Pool.apply()": () => {
    const [here, there] = pipe<string>();
    const pool = new Pool({ workers: 1 });
    const wait = async (end: typeof there) => void await end.recv();
    const called = pool.apply(wait, [there], { timeout });
    void called.finally(() => pool.terminate());
    return [called, () => here.send("go on")];
  },
};

async function outlastsTimers([wait, end]: ReturnType<typeof waits[string]>) {
  let isOver = false;
  void wait.then(() => isOver = true, () => isOver = true);
  // A timer of 0 has had its turn before this one.
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(isOver, false);
  await end();
  await wait;
}

for (const [name, begin] of Object.entries(waits)) {
  Deno.test(`${name} with a timeout of a month does not end at once`, () =>
    outlastsTimers(begin()));
}

testWith(
  ["run"],
  "A program's limit of a month does not end it at once",
  async () => {
    const endless = [Deno.execPath(), "eval", "setInterval(() => {}, 1000)"];
    await using child = spawn(endless, { timeout });
    await outlastsTimers([child.wait({ timeout }), () => child.kill()]);
  },
);
