import { assertEquals, assertMatch } from "@std/assert";
import {
  canonical,
  canonicalError,
} from "../../classroom/sandbox/canonical.ts";
import { outcomesOf } from "../../classroom/sandbox/inputs.ts";
import * as reducing from "../12_inputs.ts";
import * as iterating from "../09_inputs.ts";

Deno.test("canonical: equal values have the same text, others do not", () => {
  const pairs: [unknown, string][] = [
    [1, "1"],
    ["1", '"1"'],
    [1n, "1n"],
    [-0, "0"],
    [NaN, "NaN"],
    [undefined, "undefined"],
    [null, "null"],
    [[1, [2]], "[1, [2]]"],
    [{ b: 1, a: "x" }, '{a: "x", b: 1}'],
    [new Map([["a", 1]]), 'Map {"a" => 1}'],
    [new Set([1, 2]), "Set {1, 2}"],
    [new Uint8Array([1, 2]), "Uint8Array [1, 2]"],
    [new Date(5), "Date 5"],
    [new RangeError("no"), "RangeError: no"],
    [() => 1, "[Function]"],
    [Symbol("s"), "Symbol(s)"],
  ];
  for (const [value, text] of pairs) assertEquals(canonical(value), text);
  assertEquals(new Set(pairs.map(([, text]) => text)).size, pairs.length);
});

Deno.test("canonical: a cycle, a depth, a length have an end", () => {
  const ring: { next?: unknown } = {};
  ring.next = ring;
  assertEquals(canonical(ring), "{next: [Circular 0]}");
  let deep: unknown = 1;
  for (let i = 0; i < 1_000; i++) deep = [deep];
  assertMatch(canonical(deep), /^\[+…\]+$/);
  assertEquals(canonical("x".repeat(1e6)).length, 1_001);
  const long = canonical(Array(300).fill(7));
  assertMatch(long, /^\[(7, )+… 300 in all\]$/);
});

Deno.test("canonical: what only pretends to be something is not taken for it", () => {
  const fake = Object.create(Map.prototype, {
    size: { value: 1, enumerable: true },
    forEach: { value: () => {}, enumerable: true },
  });
  assertMatch(canonical(fake), /^Map \{forEach: \[Function\], size: 1\}$/);
  const map = new Map([["a", 1]]);
  Object.assign(map, { forEach: () => {}, entries: () => [] });
  assertEquals(canonical(map), 'Map {"a" => 1}');
});

Deno.test("canonical: a Proxy or a getter that fails is no failure", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assertEquals(canonical([proxy]), "[[unreadable]]");
  const getter = {
    get a() {
      throw new Error("no");
    },
  };
  assertEquals(canonical(getter), "[unreadable]");
  assertEquals(canonicalError(new TypeError("no")), "throws TypeError");
  assertEquals(
    canonicalError(new TypeError("no"), true),
    "throws TypeError: no",
  );
  assertEquals(canonicalError("no"), 'throws "no"');
});

Deno.test("fresh inputs: the same seed gives the same calls, another one others", async () => {
  const lesson = await import("../../lessons/12_map_filter_reduce.ts");
  const callsOf = async (seed: number) =>
    (await outcomesOf(reducing.inputs, "sumAll", lesson, seed))
      .map(({ call }) => call);
  assertEquals(await callsOf(1), await callsOf(1));
  assertEquals(
    (await callsOf(1)).length,
    reducing.inputs["sumAll"]!.length,
  );
  const [one, other] = [await callsOf(1), await callsOf(2)];
  assertEquals(one.join() === other.join(), false);
});

Deno.test("fresh inputs: every call of every lesson names its function's arguments", async () => {
  const lesson = await import("../../lessons/09_iterators.ts");
  const { inputs } = iterating;
  for (const name of Object.keys(inputs)) {
    for (const { call, result } of await outcomesOf(inputs, name, lesson, 1)) {
      assertMatch(call, new RegExp(name));
      assertEquals(result.length > 0, true);
    }
  }
});
