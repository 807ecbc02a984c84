import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  declarativeTotals,
  DiscountRegister,
  functionalTotals,
  ledger,
  paradigms,
  parallelTotals,
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
]);
const rule: Rule = { amount: (it) => it.pieces * it.price, above: 100 };
const expected = [
  { customer: "Ada", total: 900 },
  { customer: "Bob", total: 600 },
  { customer: "Eve", total: 600 },
];

const all = Object.values(ways);

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

Deno.test("given declarativeTotals: finds the totals above", () => {
  assertEquals(declarativeTotals(sales, rule), expected);
});

Deno.test("given: all four agree on random data, and on none", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const sales = randomSales(seed * 4, seed);
    const [first, ...others] = all.map((way) => way(sales, rule));
    assertNotEquals(first, []);
    for (const other of others) assertEquals(other, first);
  }
  assertEquals(all.map((way) => way([], rule)), [[], [], [], []]);
});

Deno.test("given: a total that is just at the limit is not above it", () => {
  for (const way of all) {
    assertEquals(way(sales, { ...rule, above: 600 }), expected.slice(0, 1));
  }
});

Deno.test("given: a new rule changes all four, and none of their code", () => {
  const doubled = { above: 0, amount: (it: Sale) => 2 * rule.amount(it) };
  for (const way of all) {
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

Deno.test("given: the ways are the four that the lesson speaks of", () => {
  assertEquals(Object.keys(ways), [
    "procedural",
    "functional",
    "objects",
    "declarative",
  ]);
  assertEquals([ways["procedural"], ways["functional"], ways["declarative"]], [
    proceduralTotals,
    functionalTotals,
    declarativeTotals,
  ]);
});

Deno.test("given: the lesson says what a paradigm is, and what imperative and declarative mean", async () => {
  const said = await transcript("15_paradigms");
  for (
    const sentence of [
      "A program is a set of written instructions that tell a computer what to do.",
      "A paradigm is a way of thinking about a problem.",
      "a programming paradigm is a style of writing programs",
      "Imperative code says how: exact instructions, step by step. Procedural and object-oriented programs are imperative.",
      "Declarative code says what the result is, without the exact steps. Functional programs are declarative",
      "That is encapsulation.",
      "it inherits all that it does not define itself. That is inheritance.",
      "record calls amountOf, and each object does that in the way of its own class. That is polymorphism.",
      "Modular code consists of parts that can be used again, each with one responsibility, and no logic is written twice.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows that the four results are the same, also under a new rule", async () => {
  const said = await transcript("15_paradigms");
  for (
    const rows of [
      "customer procedural functional objects declarative",
      "Ada 1 500 1 500 1 500 1 500 Eve 1 400 1 400 1 400 1 400 Modular",
      "Ada 1 700 1 700 1 700 1 700 Eve 1 600 1 600 1 600 1 600 Bob 1 100 1 100 1 100 1 100",
      '{ customer: "Ada", total: 1500 }, { customer: "Ada", total: 1350 }',
      'ledger.set("Ada", NaN); addSale("Ada", 500); ledger.get("Ada") → NaN',
      "→ TypeError: Cannot assign to read only property 'pieces'",
      "new Register(rule).record(wrong) → RangeError: -500 is below 0",
    ]
  ) assertStringIncludes(said, rows);
});

/** The notes' traits, advantages and limits, in the lesson's words. */
const expectedParadigms = [
  {
    paradigm: "Procedural",
    "what it is":
      "The program is a sequence of steps, organised in procedures. Data that all of them can reach is common.",
    advantages:
      "It is simple and easy to understand, for beginners too. Procedures make the code of a program modular. It is effective for practical tasks with clear steps.",
    limits:
      "Open data is not protected. Code is seldom used again in other projects. It suits badly where data must stay correct while the program grows.",
  },
  {
    paradigm: "Functional",
    "what it is":
      "Functions are values. Data is immutable and no state changes. A computation is a transformation of data.",
    advantages:
      "It is easy to reason about and to test. It suits parallel and lazy execution. It suits pipelines for large amounts of data.",
    limits:
      "Beginners find it less intuitive. A long chain of transformations is harder to debug. It is not ideal where complex state has to be managed.",
  },
  {
    paradigm: "Object-oriented",
    "what it is":
      "Classes and objects structure the code, by encapsulation, inheritance and polymorphism. Data and behaviour belong together.",
    advantages:
      "Classes can be used again and extended. Encapsulation protects data. It suits large systems that live long.",
    limits:
      "The design is more complex and needs more code. For a simple task it adds needless abstraction. Work on much data in parallel is less natural.",
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
      "Introducing Python, 2nd edition, chapters 15 to 18 Bill Lubanovic, O'Reilly Media, November 2019",
      "https://docs.python.org/3/library/multiprocessing.html",
      "https://docs.python.org/3/library/threading.html#module-threading",
      "https://www.datacamp.com/tutorial/python-multiprocessing-tutorial",
      "https://docs.python.org/3/library/subprocess.html",
      "https://www.geeksforgeeks.org/python/dunder-magic-methods-python/",
      "https://www.datacamp.com/tutorial/python-iterators-generators-tutorial",
    ]
  ) assertStringIncludes(said, entry);
});
