import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertGreater,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import {
  formatSimilar,
  leastStudents,
  similarPairs,
  surprise,
  type Written,
} from "../../classroom/grading/similar.ts";

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What students make of some tasks: what comes first comes more often. */
class Author {
  constructor(private readonly random: () => number) {}

  pick(...ways: string[]): string {
    return ways[Math.floor(this.random() ** 1.5 * ways.length)]!;
  }

  name(): string {
    const words = ["item", "value", "result", "total", "list", "x", "found"];
    return this.pick(...words) + Math.floor(this.random() * 100);
  }

  loop(array: string, body: (item: string) => string): string {
    const [item, i] = [this.name(), this.name()];
    return this.pick(
      `for (const ${item} of ${array}) { ${body(item)} }`,
      `for (const ${item} of ${array}) ${body(item)}`,
      `for (let ${i} = 0; ${i} < ${array}.length; ${i}++) { ${
        body(`${array}[${i}]`)
      } }`,
      `${array}.forEach((${item}) => { ${body(item)} });`,
      `let ${i} = 0; while (${i} < ${array}.length) { const ${item} = ${array}[${i}]; ${
        body(item)
      } ${i}++; }`,
    );
  }

  largest(): string {
    const most = this.name();
    return `let ${most} = ${this.pick("-Infinity", "values[0]", "NaN")};\n` +
      this.loop("values", (x) =>
        this.pick(
          `if (${x} > ${most}) ${most} = ${x};`,
          `if (${x} > ${most}) { ${most} = ${x}; }`,
          `${most} = Math.max(${most}, ${x});`,
          `${most} = ${x} > ${most} ? ${x} : ${most};`,
        )) +
      `\n${
        this.pick("", `if (${most} === undefined) throw new Error("none");\n`)
      }` +
      `return ${most};`;
  }

  totals(): string {
    const sums = this.name();
    const old = this.name();
    return `const ${sums} = new Map${this.pick("<string, number>", "")}();\n` +
      this.loop("sales", (x) =>
        this.pick(
          `${sums}.set(${x}.name, (${sums}.get(${x}.name) ?? 0) + ${x}.price);`,
          `const ${old} = ${sums}.get(${x}.name) || 0; ${sums}.set(${x}.name, ${old} + ${x}.price);`,
          `if (${sums}.has(${x}.name)) ${sums}.set(${x}.name, ${sums}.get(${x}.name)! + ${x}.price); else ${sums}.set(${x}.name, ${x}.price);`,
          `if (!${sums}.has(${x}.name)) { ${sums}.set(${x}.name, 0); } ${sums}.set(${x}.name, ${sums}.get(${x}.name)! + ${x}.price);`,
        )) +
      `\nreturn ${
        this.pick(sums, `[...${sums}]`, `Object.fromEntries(${sums})`)
      };`;
  }

  evens(): string {
    const [found, test] = [
      this.name(),
      (x: string) =>
        this.pick(`${x} % 2 === 0`, `${x} % 2 == 0`, `!(${x} % 2)`),
    ];
    return `const ${found}${this.pick(": number[]", "")} = [];\n` +
      this.loop("values", (x) =>
        this.pick(
          `if (${test(x)}) ${found}.push(${x});`,
          `if (${test(x)}) { ${found}.push(${x}); }`,
          `if (!(${test(x)})) continue; ${found}.push(${x});`,
        )) +
      `\nreturn ${found};`;
  }

  /** Several steps, which could be taken in any order. */
  report(): string {
    const steps = [this.totals(), this.largest(), this.evens(), this.totals()];
    return steps.join("\n\n");
  }

  countdown(): string {
    const left = this.name();
    return this.pick(
      `for (let ${left} = this.from; ${left} > 0; ${left}--) yield ${left};`,
      `let ${left} = this.from; while (${left} > 0) yield ${left}--;`,
      `let ${left} = this.from; while (${left} > 0) { yield ${left}; ${left} -= 1; }`,
    );
  }
}

/** The steps of a report, in the opposite order. */
function reorder(text: string): string {
  return disguise(text.split("\n\n").reverse().join("\n\n"));
}

/** A class of students who each wrote for themselves. */
function classOf(size: number, seed: number): Written[] {
  const author = new Author(randomFrom(seed));
  return Array.from({ length: size }, (_, i) => {
    const student = `s${String(i).padStart(3, "0")}`;
    const regions = (made: Record<string, string>) =>
      Object.entries(made).map(([name, text]) => ({ name, text }));
    return [
      {
        student,
        lesson: "07",
        regions: regions({ Countdown: author.countdown() }),
      },
      {
        student,
        lesson: "10",
        regions: regions({
          largest: author.largest(),
          keepEven: author.evens(),
        }),
      },
      {
        student,
        lesson: "13",
        regions: regions({
          proceduralTotals: author.totals(),
          report: author.report(),
        }),
      },
    ];
  }).flat();
}

/** The class, with what one student handed in replaced by another's, changed. */
function copied(
  written: readonly Written[],
  from: string,
  to: string,
  change: (text: string) => string,
): Written[] {
  return written.map((each) => {
    if (each.student !== to) return each;
    const source = written.find(({ student, lesson }) =>
      student === from && lesson === each.lesson
    )!;
    const regions = source.regions.map(({ name, text }) => ({
      name,
      text: change(text),
    }));
    return { ...each, regions };
  });
}

/** Other names, comments, spaces, quotes; fewer semicolons; `var` for `let`. */
function disguise(text: string): string {
  const names = new Map<string, string>();
  const renamed = text.replace(/\b[a-z]+\d+\b/g, (name) => {
    if (!names.has(name)) names.set(name, `other${names.size}`);
    return names.get(name)!;
  });
  return "// All my own work.\n" +
    renamed.replace(/;$/gm, "").replaceAll("; ", ";\n\n  /* and then */ ")
      .replaceAll('"', "'")
      .replaceAll("let ", "var ").replaceAll("\n", "\r\n");
}

const namesOf = (written: readonly Written[], known?: readonly Written[]) =>
  similarPairs(written, known ? { known } : {}).map(({ students }) =>
    students.join(" ")
  );

Deno.test("similarPairs() lists nobody of classes that wrote for themselves", () => {
  let listed = 0;
  for (let seed = 1; seed <= 20; seed++) {
    listed += namesOf(classOf(30, seed)).length;
  }
  // One in twenty classes is what it promises, on average.
  assertLess(listed, 4);
});

Deno.test("similarPairs() sees through other names, comments and spaces", () => {
  for (const seed of [1, 2, 3]) {
    const written = copied(classOf(30, seed), "s004", "s017", disguise);
    const [pair, ...more] = similarPairs(written);
    assertEquals([pair?.students, more], [["s004", "s017"], []]);
    assertGreater(pair!.bits, pair!.limit);
    for (const region of pair!.regions) {
      assertGreater(region.shared[0], 0);
      assertEquals(region.shared[0], region.shared[1]);
      assertEquals(region.written[0], region.written[1]);
      assert(region.holders >= 2 && region.submissions === 30);
    }
  }
});

Deno.test("similarPairs() sees through another order of statements", () => {
  const written = copied(classOf(30, 1), "s004", "s017", reorder);
  assertEquals(namesOf(written), ["s004 s017"]);
});

Deno.test("similarPairs() lists all pairs of a group that copied", () => {
  let written = classOf(60, 5);
  for (const to of ["s017", "s030"]) {
    written = copied(written, "s004", to, disguise);
  }
  assertEquals(namesOf(written).toSorted(), [
    "s004 s017",
    "s004 s030",
    "s017 s030",
  ]);
});

Deno.test("similarPairs() takes no evidence from bodies too short to differ", () => {
  const bodies = [
    "return a + b;",
    "return b + a;",
    "const c = a + b; return c;",
  ];
  const written = Array.from({ length: 40 }, (_, i) => ({
    student: `s${i}`,
    lesson: "09",
    // Two wrote what nobody else did, but it is one line.
    regions: [{
      name: "add",
      text: i < 2 ? "return [a, b].reduce((x, y) => x + y);" : bodies[i % 3]!,
    }],
  }));
  assertEquals(namesOf(written), []);
});

Deno.test("similarPairs() takes no evidence from the lesson itself", () => {
  const written = classOf(30, 1);
  const solution = written.filter(({ student }) => student === "s004");
  const both = copied(written, "s004", "s017", disguise);
  assertEquals(namesOf(both), ["s004 s017"]);
  assertEquals(namesOf(both, solution), []);
  // Also if each adds something.
  const more = both.map((each) => ({
    ...each,
    regions: each.regions.map(({ name, text }) => ({
      name,
      text: each.student === "s004"
        ? `console.log("begin", 1, 2);\n${text}`
        : each.student === "s017"
        ? `${text}\nif (1 + 2 === 4) debugger;`
        : text,
    })),
  }));
  assertEquals(namesOf(more), ["s004 s017"]);
  assertEquals(namesOf(more, solution), []);
});

Deno.test("similarPairs() compares nobody who left the starter as it was", () => {
  const starter = (each: Written): Written => ({
    ...each,
    regions: each.regions.map(({ name }) => ({
      name,
      text: `// TODO: write it\nthrow new Error("TODO: ${name} of lesson");`,
    })),
  });
  const written = classOf(30, 1).map((each, i) =>
    i % 9 < 3 ? starter(each) : each
  );
  const known = classOf(1, 1).map(starter);
  assertEquals(namesOf(written, known), []);
  assertEquals(namesOf(written.map(starter), known), []);
  const [pair] = similarPairs(copied(written, "s004", "s017", disguise), {
    known,
  });
  assertEquals(pair!.regions.map(({ submissions }) => submissions), [
    20,
    20,
    20,
    20,
    20,
  ]);
});

Deno.test("similarPairs() says nothing of a class too small to tell", () => {
  const text = classOf(1, 1);
  const few = Array.from(
    { length: leastStudents - 1 },
    (_, i) => text.map((each) => ({ ...each, student: `s${i}` })),
  ).flat();
  for (const written of [[], text, few]) {
    assertEquals(similarPairs(written), []);
  }
  assertStringIncludes(formatSimilar([]), "No two submissions");
  assertStringIncludes(
    formatSimilar([]),
    `fewer than ${leastStudents} students`,
  );
});

Deno.test("similarPairs() does not depend on the order of the submissions", () => {
  const written = copied(classOf(30, 3), "s004", "s017", disguise);
  assertEquals(similarPairs(written.toReversed()), similarPairs(written));
});

Deno.test("similarPairs() gets through 300 students, and finds the two", () => {
  const written = copied(classOf(300, 1), "s004", "s017", disguise);
  assertEquals(namesOf(written)[0], "s004 s017");
});

Deno.test("similarPairs() cuts code that is broken", () => {
  const broken = (text: string) => `${text.slice(0, -9)} \` \${ "( /[ { \ud800`;
  const written = copied(classOf(30, 3), "s004", "s017", broken);
  assertEquals(namesOf(written), ["s004 s017"]);
});

Deno.test("surprise() is a weight's rank, and more only far beyond all others", () => {
  const weights = Array.from({ length: 1024 }, (_, i) => i / 16);
  const bitsOf = surprise(weights);
  assertAlmostEquals(bitsOf(0), 0, 0.01);
  assertAlmostEquals(bitsOf(weights[512]!), 1, 0.01);
  assertAlmostEquals(bitsOf(weights[1023]!), 11, 0.01);
  assertGreater(bitsOf(1000), 12);
  // Half of those that are alike count as above.
  assertEquals(surprise([0, 0, 0, 0, 1, 1, 1, 1])(1), 2);
  // A small class has no tail that could be continued.
  assertEquals(surprise(weights.slice(0, 16))(1000), 5);
});

Deno.test("formatSimilar() says where, how much, how rare, and that it is no verdict", () => {
  const clear = "\x1b[2J\u202e<b>";
  const written = copied(classOf(30, 1), "s004", "s017", disguise)
    .map((each) =>
      each.student === "s017" ? { ...each, student: clear } : each
    );
  const text = formatSimilar(similarPairs(written));
  assertStringIncludes(text, "no verdict");
  assertStringIncludes(text, "1 pair");
  assert(
    /^ {2}13 report: \d+ of \d+ and \d+ of \d+ tokens in common; \d+ of 30 submissions/m
      .test(text),
    text,
  );
  assertFalse(text.includes("\x1b") || text.includes("\u202e"));
  // However long the line is that someone wrote.
  assert(text.split("\n").every((line) => line.length < 140));
});
