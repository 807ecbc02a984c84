/**
 * What the pools are given to do. Each task takes one argument and uses nothing
 * around it, so that it can travel as text, and it runs under Deno and Node.
 * What gives a promise is an async function: one of the pools goes by that.
 *
 * @module
 */

export function square(x) {
  return x * x;
}

/** The sum of the squares below n, exactly, as in lesson 3. */
export function sumOfSquares(n) {
  let total = 0n;
  for (let i = 0; i < n; i += 4) {
    let four = 0;
    for (let k = i; k < Math.min(i + 4, n); k++) four += k * k;
    total += BigInt(four);
  }
  return total;
}

/** The number of bytes it was given. */
export function size(bytes) {
  return bytes.byteLength;
}

/** Keeps its worker for some time, in ms; gives when it began and ended. */
export function occupy(ms) {
  const from = Date.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return [from, Date.now()];
}

/** Keeps its worker for some time, in ms; gives the id of its process. */
export function pid(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return globalThis.Deno?.pid ?? globalThis.process.pid;
}

/** Leaves its worker idle, but is not done before some time is over, in ms. */
export async function idle(ms) {
  return await new Promise((resolve) => setTimeout(resolve, ms, "done"));
}

export function throwsSubclass() {
  class InsufficientFunds extends Error {
    name = "InsufficientFunds";
    missing = 5;
  }
  throw new InsufficientFunds("not enough", { cause: new RangeError("why") });
}

export function throwsAggregate() {
  const errors = [new TypeError("first"), new RangeError("second")];
  throw new AggregateError(errors, "both failed");
}

export function throwsDOMException() {
  throw new DOMException("it is not there", "NotFoundError");
}

export function throwsNull() {
  throw null;
}

export function throwsUndefined() {
  throw undefined;
}

export function throwsString() {
  throw "a string";
}

export function returnsFunction() {
  return { items: [1, 2, 3, { f() {} }] };
}

export function throwsFunction() {
  throw { items: [1, 2, 3, { f() {} }] };
}

export function exits() {
  (globalThis.Deno ?? globalThis.process).exit(3);
}

/** Ends its worker the way a worker ends itself, and never gives anything. */
export async function closesItself() {
  if (typeof globalThis.close === "function") {
    globalThis.close();
  } else {
    const { parentPort } = await import("node:worker_threads");
    if (parentPort) parentPort.close();
    else globalThis.process.disconnect();
  }
  await new Promise(() => {});
}

/** Throws from a timer while it waits for something else. */
export async function throwsLater() {
  setTimeout(() => {
    throw new Error("thrown later");
  }, 50);
  return await new Promise((resolve) => setTimeout(resolve, 500, "done"));
}

/** Leaves a rejected promise alone while it waits for something else. */
export async function rejectsUnhandled() {
  Promise.reject(new Error("nobody handles this"));
  return await new Promise((resolve) => setTimeout(resolve, 500, "done"));
}

export function usesUpMemory() {
  const all = [];
  for (;;) all.push(new Array(10_000).fill(all.length));
}

export function recurses() {
  const deeper = (n) => deeper(n + 1) + 1;
  return deeper(0);
}

export function loops() {
  for (;;);
}

/** Has a pool of its own do something, and gives what that gave. */
export async function opensPool({ adapter, kind }) {
  const { open } = await import(adapter);
  const pool = await open(kind, { workers: 2 });
  try {
    return await pool.run("square", 7);
  } finally {
    await pool.end();
  }
}
