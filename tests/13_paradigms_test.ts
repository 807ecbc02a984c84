import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  declarativeTotals,
  facts,
  functionalTotals,
  ledger,
  parallelTotals,
  proceduralTotals,
  Register,
  type Rule,
  type Sale,
  ways,
} from "../lessons/13_paradigms.ts";
import { testWith } from "./helper.ts";

const sale = (customer: string, pieces: number, price: number): Sale =>
  Object.freeze({ customer, pieces, price });
const sales: readonly Sale[] = Object.freeze([
  sale("Bob", 2, 300),
  sale("Ada", 1, 500),
  sale("Eve", 3, 200),
  sale("Ada", 4, 100),
  sale("Zoe", 1, 50),
]);
const rule: Rule = { amount: (it) => it.pieces * it.price, above: 100 };
const expected = [
  { customer: "Ada", total: 900 },
  { customer: "Bob", total: 600 },
  { customer: "Eve", total: 600 },
];

/** Sales that are the same at every run, and look like chance. */
function randomSales(count: number, seed: number): Sale[] {
  let state = seed;
  const below = (limit: number) => {
    // The constants of Numerical Recipes' quick generator.
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(state / 2 ** 32 * limit);
  };
  return Array.from(
    { length: count },
    () => sale(`customer ${below(9)}`, below(20), below(1_000)),
  );
}

Deno.test("proceduralTotals() finds the totals above, largest first, then by name", () => {
  assertEquals(proceduralTotals(sales, rule), expected);
});

Deno.test("functionalTotals() finds the totals above, largest first, then by name", () => {
  assertEquals(functionalTotals(sales, rule), expected);
});

Deno.test("a Register with every record() finds the totals above", () => {
  assertEquals(new Register(rule, sales).totals(), expected);
});

Deno.test("declarativeTotals() finds the totals above", () => {
  assertEquals(declarativeTotals(sales, rule), expected);
});

Deno.test("all four agree on random data, and on none", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const sales = randomSales(seed * 4, seed);
    const [first, ...others] = ways.map((way) => way(sales, rule));
    assertNotEquals(first, []);
    for (const other of others) assertEquals(other, first);
  }
  assertEquals(ways.map((way) => way([], rule)), [[], [], [], []]);
});

Deno.test("a total that is just at the limit is not above it", () => {
  for (const way of ways) {
    assertEquals(way(sales, { ...rule, above: 600 }), expected.slice(0, 1));
  }
});

Deno.test("a new rule changes all four, and none of their code", () => {
  const doubled = { above: 0, amount: (it: Sale) => 2 * rule.amount(it) };
  for (const way of ways) {
    assertEquals(way(sales, doubled)[0], { customer: "Ada", total: 1800 });
  }
});

Deno.test("functionalTotals: the pool gives the same, in parallel", async () => {
  const random = randomSales(200, 7);
  assertEquals(
    await parallelTotals(random, rule),
    functionalTotals(random, rule),
  );
});

Deno.test("functionalTotals: the data stays as it is", () => {
  // They are frozen, so a change would throw.
  const copy = structuredClone(sales);
  functionalTotals(sales, rule);
  assertEquals(sales, copy);
});

Deno.test("proceduralTotals() leaves its state where anyone can change it", () => {
  proceduralTotals(sales, rule);
  assertEquals(ledger.get("Zoe"), 50);
  ledger.set("Zoe", 1_000_000);
  // It begins by emptying the table: a second call is not spoilt.
  assertEquals(proceduralTotals(sales, rule), expected);
});

Deno.test("Register.record() refuses what is below 0, and adds none of it", () => {
  const register = new Register(rule, sales);
  assertThrows(() => register.record(sale("Ada", -1, 500)), RangeError, "-500");
  assertThrows(() => register.record(sale("Ada", NaN, 500)), RangeError);
  assertEquals(register.totals(), expected);
  register.record(sale("Ada", 0, 500));
  assertEquals(register.totals(), expected);
});

Deno.test("Register.record() keeps its state to each Register", () => {
  const one = new Register(rule, sales);
  assertEquals(new Register(rule).totals(), []);
  assert(!JSON.stringify(one).includes("900"), "no total can be seen");
});

Deno.test("each paradigm has three characteristics, advantages and limitations", () => {
  const of = (paradigm: string) =>
    facts.filter((fact) => fact.paradigm === paradigm);
  for (const name of ["procedural", "functional", "object-oriented"]) {
    assertEquals(of(name).length, 3, name);
  }
  for (const { is, advantage, limitation } of facts) {
    assert(is && advantage && limitation);
  }
});

testWith(["read"], "every fact is tied to code that is there", async () => {
  const file = new URL("../lessons/13_paradigms.ts", import.meta.url);
  const [code] = (await Deno.readTextFile(file)).split("export const facts");
  for (const { see } of facts) assertStringIncludes(code!, see!);
});
