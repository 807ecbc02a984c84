/**
 * Many calls under random faults: each settles exactly once, each success is
 * right, and nothing is left over. The same seed gives the same calls:
 * `deno test tests/lib/soak_test.ts -- --seed=5`.
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Pool, WorkerDiedError } from "../../mod.ts";
import { testWith } from "../helper.ts";

const seed = Number(
  Deno.args.find((arg) => arg.startsWith("--seed="))?.slice(7) ?? 1,
);

/** Numbers from 0 to 1 that look random: mulberry32, by Tommy Ettinger. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const faults = [
  "none",
  "none",
  "none",
  "wait",
  "throw",
  "throw nothing",
  "uncloneable",
  "exit",
  "close",
  "throw later",
  "reject",
  "recurse",
  "hang",
] as const;
type Fault = typeof faults[number];
type Item = { value: number; fault: Fault };

/** What goes wrong, if something is to go wrong; the square of the value. */
async function square({ value, fault }: Item): Promise<unknown> {
  const never = () => new Promise(() => {});
  const deeper = (n: number): number => deeper(n + 1) + 1;
  if (fault === "wait") await new Promise((resolve) => setTimeout(resolve, 1));
  if (fault === "throw") throw new RangeError(`value ${value}`);
  if (fault === "throw nothing") throw undefined;
  if (fault === "uncloneable") return () => value;
  if (fault === "exit") Deno.exit(value % 100);
  if (fault === "close") self.close();
  if (fault === "throw later") {
    setTimeout(() => {
      throw new Error("later");
    });
  }
  if (fault === "reject") void Promise.reject(new Error("alone"));
  if (fault === "recurse") deeper(0);
  if (!["none", "wait"].includes(fault)) await never();
  return value * value;
}

/** Checks what a call rejected with against what was to go wrong in it. */
function checkReason(reason: unknown, items: readonly Item[]): void {
  const faults = items.map((item) => item.fault);
  const has = (...some: Fault[]) => some.some((each) => faults.includes(each));
  if (reason === undefined) return assert(has("throw nothing"));
  assertInstanceOf(reason, Error);
  if (reason instanceof WorkerDiedError) {
    return assert(has("exit", "close", "throw later", "reject"), `${reason}`);
  }
  if (reason.name === "TimeoutError") return assert(has("hang"), `${reason}`);
  if (reason.name === "TypeError") return assert(has("uncloneable"));
  assertEquals(reason.name, "RangeError");
  assert(has("throw", "recurse"), `${reason}`);
}

for (const isolation of ["worker", "process"] as const) {
  testWith(
    ["run"],
    `A pool survives random faults (${isolation}, seed ${seed})`,
    async () => {
      const random = randomFrom(seed);
      const pick = <T>(list: readonly T[]) =>
        list[Math.floor(random() * list.length)]!;
      const pool = new Pool({ workers: 3, isolation });
      let settled = 0;

      const call = async () => {
        const length = pick([1, 1, 2, 5, 9]);
        // Most items do well, or hardly any call would.
        const items = Array.from({ length }, (_, i): Item => {
          const value = Math.floor(random() * 1_000) + i;
          return { value, fault: random() < 0.7 ? "none" : pick(faults) };
        });
        // A task that hangs has to be given up; it is given more than enough.
        const timeout = items.some((item) => item.fault === "hang")
          ? 300
          : 60_000;
        const method = pick(["map", "imap", "imapUnordered", "apply"] as const);
        const given = method === "apply" ? items.slice(0, 1) : items;
        const squares = given.map(({ value }) => value * value);
        let results: unknown[] = [];
        try {
          if (method === "map") {
            results = await pool.map(square, given, { timeout });
          } else if (method === "apply") {
            results = [await pool.apply(square, [given[0]!], { timeout })];
          } else {
            const options = { timeout, chunkSize: pick([1, 3]) };
            for await (const x of pool[method](square, given, options)) {
              results.push(x);
            }
          }
          assert(
            given.every(({ fault }) => ["none", "wait"].includes(fault)),
            `a wrong success: ${JSON.stringify(given)}`,
          );
        } catch (reason) {
          if (reason instanceof Error && reason.name === "AssertionError") {
            throw reason;
          }
          checkReason(reason, given);
          // What was delivered before the failure is right all the same.
          for (const x of results) assert(squares.includes(x as number));
          return;
        } finally {
          settled++;
        }
        if (method === "imapUnordered") {
          results.sort((a, b) => Number(a) - Number(b));
          squares.sort((a, b) => a - b);
        }
        assertEquals(results, squares);
      };

      const calls = 100;
      await Promise.all(Array.from({ length: calls }, call));
      assertEquals(settled, calls);
      assertEquals(await pool.map((x: number) => x + 1, [1, 2]), [2, 3]);
      await pool.close();
    },
  );
}
