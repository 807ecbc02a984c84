import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  DiscountRegister,
  functionalTotals,
  ledger,
  paradigms,
  proceduralTotals,
  Register,
  type Rule,
  type Sale,
  ways,
} from "../lessons/15_paradigms.ts";
import { transcript } from "./helper.ts";

const sale = (customer: string, pieces: number, price: number): Sale =>
  Object.freeze({ customer, pieces, price });
const sales: readonly Sale[] = Object.freeze([
  sale("Bob", 2, 300),
  sale("Ada", 1, 500),
  sale("Eve", 3, 200),
  sale("Ada", 4, 100),
  sale("Zoe", 1, 50),
  sale("Max", 1, 1_000),
]);
const rule: Rule = { amount: (it) => it.pieces * it.price, above: 100 };
const expected = [
  { customer: "Max", total: 1_000 },
  { customer: "Ada", total: 900 },
  { customer: "Bob", total: 600 },
  { customer: "Eve", total: 600 },
];

const all = ways;

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

Deno.test("proceduralTotals: finds the totals above, largest first, then by name", () => {
  assertEquals(proceduralTotals(sales, rule), expected);
});

Deno.test("functionalTotals: finds the totals above, largest first, then by name", () => {
  assertEquals(functionalTotals(sales, rule), expected);
});

Deno.test("record: a Register of all sales finds the totals above", () => {
  assertEquals(new Register(rule, sales).totals(), expected);
});

Deno.test("given: all three agree on random data, and on none", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const sales = randomSales(seed * 4, seed);
    const [first, ...others] = all.map((way) => way(sales, rule));
    assertNotEquals(first, []);
    for (const other of others) assertEquals(other, first);
  }
  assertEquals(all.map((way) => way([], rule)), [[], [], []]);
});

Deno.test("given: a total that is just at the limit is not above it", () => {
  for (const way of all) {
    assertEquals(way(sales, { ...rule, above: 600 }), expected.slice(0, 2));
  }
});

Deno.test("given: a new rule changes all three, and none of their code", () => {
  const doubled = { above: 0, amount: (it: Sale) => 2 * rule.amount(it) };
  for (const way of all) {
    assertEquals(way(sales, doubled)[0], { customer: "Max", total: 2_000 });
  }
});

Deno.test("functionalTotals: the data stays as it is", () => {
  // They are frozen, so a change would throw.
  const copy = structuredClone(sales);
  functionalTotals(sales, rule);
  assertEquals(sales, copy);
});

Deno.test("proceduralTotals: leaves its state where anyone can change it", () => {
  proceduralTotals(sales, rule);
  assertEquals(ledger.get("Zoe"), 50);
  ledger.set("Zoe", 1_000_000);
  // It begins by emptying the table: a second call is not spoilt.
  assertEquals(proceduralTotals(sales, rule), expected);
});

Deno.test("record: refuses what is below 0, and adds none of it", () => {
  const register = new Register(rule, sales);
  assertThrows(() => register.record(sale("Ada", -1, 500)), RangeError);
  assertThrows(() => register.record(sale("Ada", NaN, 500)), RangeError);
  assertEquals(register.totals(), expected);
  register.record(sale("Ada", 0, 500));
  assertEquals(register.totals(), expected);
});

Deno.test("record: keeps its state to each Register", () => {
  const one = new Register(rule, sales);
  assertEquals(new Register(rule).totals(), []);
  assert(!JSON.stringify(one).includes("900"), "no total can be seen");
});

Deno.test("given: a DiscountRegister inherits from Register, and computes amounts in its own way", () => {
  const registers = [new Register(rule), new DiscountRegister(rule)];
  for (const register of registers) {
    assert(register instanceof Register);
    register.record(sale("Ada", 4, 100));
    assertThrows(() => register.record(sale("Ada", -1, 500)), RangeError);
  }
  assertEquals(registers.map((it) => it.totals()), [
    [{ customer: "Ada", total: 400 }],
    [{ customer: "Ada", total: 360 }],
  ]);
});

Deno.test("given: the lesson says what a paradigm is, and what imperative and declarative mean", async () => {
  const said = await transcript("15_paradigms");
  for (
    const sentence of [
      "A paradigm is a way of thinking about a problem. A programming paradigm is a style of writing programs: a standard approach to common problems, which saves time and effort.",
      "Imperative code says how: exact instructions, step by step. Procedural and object-oriented programs are imperative.",
      "Declarative code says what the result is, without the exact steps. Functional programs are declarative",
      "A procedure is a list of steps with a name.",
      "Functions take data and return new data.",
      "A class describes objects: data, and the code that works on it.",
      "`#totals` is private: only code of the class can reach it. That is encapsulation.",
      "A class can extend another, and inherits the methods that it does not define: that is inheritance.",
      "record calls the object's own amountOf: that is polymorphism.",
      "Modular code consists of parts that can be used again, each with one responsibility, and no logic is written twice.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows what can spoil the data, and that the results are the same", async () => {
  ledger.clear();
  const said = await transcript("15_paradigms");
  for (
    const rows of [
      'for (const amount of [NaN, 500]) addSale("Ada", amount); ledger.get("Ada") → NaN',
      'new Register(rule).record(sold("Ada", 3, NaN)) → RangeError: NaN is not 0 or more',
      "sales[0].price = NaN → TypeError: Cannot assign to read only property 'price'",
      "Ada 3 500 Bob 1 900 Eve 20 70",
      'proceduralTotals(sales, rule) → [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]',
      "function functionalTotals(sales, rule) {",
      'functionalTotals(sales, rule) → [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]',
      "new DiscountRegister(rule, sales).totals()[0]?.total → 1350",
      "ways.map((way) => way(sales, withPostage)[0]?.total) → [ 1700, 1700, 1700 ]",
    ]
  ) assertStringIncludes(said, rows);
});

/** The notes' traits, advantages and limits, in the lesson's words. */
const expectedParadigms = [
  {
    paradigm: "Procedural",
    traits:
      "A sequence of steps, organised in procedures. Data that all can reach is common.",
    advantages:
      "Simple and intuitive, also for beginners. Procedures make code modular. Effective for tasks with clear steps.",
    limits:
      "Open data is not protected. Code is harder to use again in other projects. Unsuitable where data must stay correct as programs grow.",
  },
  {
    paradigm: "Functional",
    traits:
      "Functions are values. Data is immutable, and functions keep no state. A computation transforms data.",
    advantages:
      "Easy to reason about and to test. Suits parallel and lazy execution, and pipelines for large amounts of data.",
    limits:
      "Less intuitive for beginners. Long chains are harder to debug. Not ideal for complex state.",
  },
  {
    paradigm: "Object-oriented",
    traits:
      "Classes and objects, with encapsulation, inheritance and polymorphism. Data and behaviour belong together.",
    advantages:
      "Code can be used again and extended. Encapsulation protects data. Suits large systems that live long.",
    limits:
      "More complex design, more code. Needless abstraction for a simple task. Less natural for transforming much data in parallel.",
  },
];

Deno.test("given: each paradigm has its characteristics, advantages and limits", async () => {
  assertEquals(paradigms, expectedParadigms);
  const said = await transcript("15_paradigms");
  for (const paradigm of expectedParadigms) {
    for (const [head, text] of Object.entries(paradigm)) {
      assertStringIncludes(said, `${head} ${text}`);
    }
  }
});

Deno.test("given: the lesson ends with the notes' reading list", async () => {
  const said = await transcript("15_paradigms");
  for (
    const entry of [
      "Introducing Python: concurrency, storage, networks, web Bill Lubanovic, 2nd edition, November 2019, chapters 15-18",
      "https://docs.python.org/3/library/multiprocessing.html",
      "https://docs.python.org/3/library/threading.html#module-threading",
      "https://www.datacamp.com/tutorial/python-multiprocessing-tutorial",
      "https://docs.python.org/3/library/subprocess.html",
      "https://www.geeksforgeeks.org/python/dunder-magic-methods-python/",
      "https://www.datacamp.com/tutorial/python-iterators-generators-tutorial",
    ]
  ) assertStringIncludes(said, entry);
});
