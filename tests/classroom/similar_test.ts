import {
  assert,
  assertEquals,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import {
  similarPairs,
  type Submitted,
} from "../../classroom/grading/similar.ts";
import { formatHtml } from "../../classroom/reports/html.ts";
import { formatTable } from "../../classroom/reports/table.ts";
import { describeSimilar } from "../../classroom/reports/tally.ts";
import { Random } from "../../classroom/sandbox/inputs.ts";
import { classOf as gradedClass, hostile } from "./sample.ts";

/** What students write, a statement at a time, with names of their own. */
const statements: ((a: string, b: string) => string)[] = [
  (a, b) => `const ${a} = [...${b}].reverse();`,
  (a, b) => `let ${a} = ${b}.length - 1;`,
  (a, b) => `if (${a} > ${b}) return ${a};`,
  (a, b) => `while (${a} < ${b}) ${a} += 2;`,
  (a, b) => `for (const ${a} of ${b}) console.log(${a});`,
  (a, b) => `${a}.push(${b}[0] ?? "none");`,
  (a, b) => `throw new RangeError(\`\${${a}} is not \${${b}}\`);`,
  (a, b) => `${a} = ${b} === undefined ? null : ${b} ** 2;`,
  (a, b) => `const { ${a}, ...${b} } = this.parts;`,
  (a, b) => `return ${a}.map((${b}) => ${b} * 3);`,
  (a, b) => `try { ${a}(); } finally { ${b}.close(); }`,
  (a, b) => `switch (${a}) { case 1: ${b}--; break; default: ${b}++; }`,
  (a, b) => `yield* ${a}.filter((x) => x % 2 !== ${b});`,
  (a, b) => `delete ${a}["${b}"];`,
  (a, b) => `await Promise.all([${a}, ${b}()]);`,
  (a, b) => `export const ${a} = new Map<string, ${b}>();`,
];

const starter = `
import { lesson, show } from "../lib/lesson.ts";

lesson(import.meta, () => {
  for (const value of ["1", 2, null]) show(() => typeof value, { width: 7 });
});
`;

/** Functions that somebody wrote without looking at another's. */
function functionsOf(random: Random): string[] {
  return Array.from({ length: 4 }, (_, i) => {
    const body = random.list(
      7,
      9,
      () => random.of(statements)(random.word(), random.word()),
    );
    return `function f${i}(values) {\n  ${body.join("\n  ")}\n}\n`;
  });
}

function submission(student: string, functions: readonly string[]): Submitted {
  const text = starter + functions.join("\n");
  return { student, files: new Map([["09_iterators.ts", text]]) };
}

/** A class in which each wrote for themselves. */
function classOf(size: number, seed = 1): Submitted[] {
  const random = new Random(seed);
  return Array.from({ length: size }, (_, i) => {
    const student = `s${String(i).padStart(3, "0")}`;
    return submission(student, functionsOf(random));
  });
}

/** What one of them wrote. */
const textOf = ({ files }: Submitted) => files.get("09_iterators.ts")!;
const functionsIn = (one: Submitted) =>
  textOf(one).slice(starter.length).split(/^(?=function)/m);

/** The words that are the language's, or the starter's. */
const common = new Set(
  `${statements} ${starter} function values`.match(/\b[a-z]{3,8}\b/g),
);

/** Other names, values, comments and spaces; fewer semicolons; `var` alone. */
function disguise(text: string): string {
  return "/* All my own work. */\n" +
    text.replace(/\b[a-z]{3,8}\b/g, (it) => common.has(it) ? it : `my_${it}`)
      .replace(/;$/gm, " // and then").replace(/\b(let|const) /g, "var ")
      .replaceAll("2", "40").replaceAll("\n", "\r\n\r\n");
}

/** The class, with what some handed in replaced. */
function replaced(
  written: readonly Submitted[],
  changes: Readonly<Record<string, (from: Submitted) => Submitted>>,
): Submitted[] {
  const from = written[4]!;
  return written.map((each) => changes[each.student]?.(from) ?? each);
}

const namesOf = (submissions: readonly Submitted[]) =>
  similarPairs(submissions, [starter])
    .map(({ students }) => students.join(" "));

Deno.test("similarPairs() sees through other names, values, comments and spaces", () => {
  const copy = (from: Submitted) =>
    submission("s017", functionsIn(from).map(disguise));
  const written = replaced(classOf(30), { s017: copy });
  const [pair, next] = similarPairs(written, [starter]);
  assertEquals(pair!.students, ["s004", "s017"]);
  assertLess(2 * next!.tokens, pair!.tokens);
  const { tokens, others, sides: [one, other] } = pair!.stretches[0]!;
  // It is one stretch, from the first function to the last.
  assert(tokens > 200, `${tokens}`);
  assertEquals(others, 0);
  assertEquals([one.file, other.file], ["09_iterators.ts", "09_iterators.ts"]);
  for (const [{ line, text }, i] of [[one, 4], [other, 17]] as const) {
    const lines = text.split("\n");
    assertEquals(
      textOf(written[i]!).split("\n").slice(line - 1, line - 1 + lines.length),
      lines,
    );
  }
});

Deno.test("similarPairs() sees code that was moved into a helper", () => {
  const moved = (from: Submitted): Submitted => {
    const own = 'export { f0, f1, f2, f3 } from "./helpers.ts";\n';
    const helpers = functionsIn(from).map(disguise).join("export ");
    return {
      student: "s017",
      files: new Map([
        ["09_iterators.ts", starter + own],
        ["helpers.ts", helpers],
      ]),
    };
  };
  const written = replaced(classOf(30), { s017: moved });
  const [pair] = similarPairs(written, [starter]);
  assertEquals(pair!.students, ["s004", "s017"]);
  const files = pair!.stretches[0]!.sides.map(({ file }) => file);
  assertEquals(files, ["09_iterators.ts", "helpers.ts"]);
});

Deno.test("similarPairs() sees functions in another order", () => {
  const reordered = (from: Submitted) =>
    submission("s017", functionsIn(from).reverse().map(disguise));
  const written = replaced(classOf(30), { s017: reordered });
  const [pair] = similarPairs(written, [starter]);
  assertEquals(pair!.students, ["s004", "s017"]);
  assert(pair!.stretches.length >= 4);
});

Deno.test("similarPairs() lists all pairs of a group that copied, and says how many have it", () => {
  const copy = (student: string) => (from: Submitted) =>
    submission(student, functionsIn(from).map(disguise));
  const written = replaced(classOf(30), {
    s011: copy("s011"),
    s017: copy("s017"),
    s023: copy("s023"),
  });
  const pairs = similarPairs(written, [starter]);
  assertEquals(pairs.slice(0, 6).map(({ students: [a, b] }) => `${a} ${b}`), [
    "s004 s011",
    "s004 s017",
    "s004 s023",
    "s011 s017",
    "s011 s023",
    "s017 s023",
  ]);
  for (const { stretches } of pairs.slice(0, 6)) {
    assertEquals(stretches[0]!.others, 2);
  }
});

Deno.test("similarPairs() of a class where nobody copied has short stretches, and the report says so", () => {
  const short = "All of it is short";
  for (const seed of [1, 2, 3]) {
    const written = classOf(30, seed);
    const similar = similarPairs(written, [starter]);
    assert(similar.length <= 10);
    for (const { stretches } of similar) {
      for (const { tokens } of stretches) assertLess(tokens, 40);
    }
    assertStringIncludes(describeSimilar(similar), short);
    const copy = (from: Submitted) => submission("s017", functionsIn(from));
    const copied = similarPairs(replaced(written, { s017: copy }), [starter]);
    assert(!describeSimilar(copied).includes(short));
  }
});

Deno.test("similarPairs() counts nothing that was given, and nothing that most have", () => {
  const [one] = classOf(1) as [Submitted];
  const same = Array.from(
    { length: 6 },
    (_, i) => ({ ...one, student: `s${i}` }),
  );
  assertEquals(namesOf(same), []);
  assertEquals(
    namesOf(classOf(30).map((it) => submission(it.student, []))),
    [],
  );
  // Whoever wrote what the lesson's own solution has copied nobody.
  const others = classOf(9, 2);
  const two = [one, { ...one, student: "copy" }, ...others];
  assertEquals(namesOf(two)[0], "s000 copy");
  const pairs = similarPairs(two, [starter, textOf(one)]);
  assert(pairs.every(({ students }) => !students.includes("copy")));
  // Of two, both are most; but if they share something, that is of interest.
  assertEquals(namesOf(two.slice(0, 2)), ["s000 copy"]);
});

Deno.test("similarPairs() has nothing to say of nobody, or of one", () => {
  for (const size of [0, 1]) assertEquals(namesOf(classOf(size)), []);
  assertStringIncludes(describeSimilar([]), "No two submissions share code");
});

Deno.test("similarPairs() gets through 300 students, and finds the two", () => {
  const copy = (from: Submitted) => submission("s017", functionsIn(from));
  assertEquals(
    namesOf(replaced(classOf(300), { s017: copy }))[0],
    "s004 s017",
  );
});

Deno.test("similarPairs() cuts code that is broken, or endless", () => {
  const broken = (from: Submitted) => {
    const text = textOf(from).slice(0, -9) + '` ${ "( /[ { \ud800 \\u # @';
    return { student: "s017", files: new Map([["09_iterators.ts", text]]) };
  };
  assertEquals(
    namesOf(replaced(classOf(30), { s017: broken }))[0],
    "s004 s017",
  );
  for (
    const text of ["/[", "`${", "((", "'", "/*", "<a ", "\\u", "\0", "#x "]
  ) {
    const files = new Map([["09_iterators.ts", text.repeat(1 << 19)]]);
    const two = ["a", "b"].map((student) => ({ student, files }));
    assert(namesOf(two).length <= 1);
  }
});

Deno.test("the table and the page show pairs as text that does nothing", () => {
  const copy = (from: Submitted) =>
    submission(hostile, [...functionsIn(from), `// ${hostile}`]);
  const similar = similarPairs(replaced(classOf(30), { s017: copy }), [
    starter,
  ]);
  const report = { ...gradedClass(2), similar };
  const table = formatTable(report);
  assertStringIncludes(table, "It is no verdict");
  assertStringIncludes(table, `${similar[0]!.tokens} tokens`);
  const html = formatHtml(report);
  assertStringIncludes(html, "nobody else has it");
  assertEquals(
    html.match(/class="sides"/g)!.length,
    similar
      .reduce((sum, { stretches }) => sum + stretches.length, 0),
  );
  for (const text of [table, html]) {
    assert(!text.includes("\x1b") && !text.includes("\u202e"));
  }
  assert(!/<script|<img/.test(html));
});
