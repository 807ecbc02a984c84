/**
 * Every lesson is run as its header says, and what each `show` prints is
 * compared with the comment behind it.
 */
import {
  assert,
  assertEquals,
  AssertionError,
  assertThrows,
} from "@std/assert";
import { agrees, type Claim, claimsOf } from "../lib/lesson/claims.ts";
import { lessons } from "../lib/lesson.ts";
import { deno, testWith } from "./helper.ts";

const folder = new URL("../lessons/", import.meta.url);

/** The paragraphs of comments that a story has, outside of its blocks. */
function paragraphsOf(source: string): string[] {
  const [story = ""] = /^lesson\([^]*?^\}/m.exec(source) ?? [];
  const comments = story.match(/(^ {2}\/\/.*\n)+/gm) ?? [];
  return comments
    .flatMap((comment) => comment.split(/^ *\/\/ *$/m))
    .map((text) => text.replace(/^ *\/\/ */gm, "").replace(/\s+/g, " ").trim());
}

/** The values that `show` and `showError` printed, in order. */
function valuesIn(stdout: string): string[] {
  return [...stdout.matchAll(/ → (.*(?:\n {6}.*)*)/g)].map(([, value]) =>
    value!.replace(/\s+/g, " ")
  );
}

function assertClaim(claim: Claim, printed: string): void {
  const { line, value } = claim;
  assert(
    agrees(value, printed),
    `line ${line} claims ${value} and prints ${printed}`,
  );
}

/** How many lines of code a lesson prints, without results and "Read on". */
function codeLinesIn(stdout: string): number {
  const [story = ""] = stdout.split("\nRead on\n");
  const blocks = story.split(/\n\n+/).map((block) => block.split("\n"));
  const isIndented = (line: string) => line.startsWith("  ");
  let isValue = false;
  return blocks.filter((lines) => lines.every(isIndented)).flat()
    .filter((line) => {
      isValue = / → /.test(line) || isValue && /^ {6}/.test(line);
      return !isValue;
    }).length;
}

/** The lessons' files; none without the permission to list them. */
async function lessonNames(): Promise<string[]> {
  const { state } = Deno.permissions.querySync({ name: "read", path: folder });
  if (state !== "granted") return [];
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (/^\d\d_\w+\.ts$/.test(name)) found.push(name);
  }
  return found.sort();
}

const names = await lessonNames();

/** Options that make a lesson quick where it measures. */
const quick: Readonly<Record<string, string[]>> = {
  "03_pool.ts": ["--runs", "1", "--large", "20000"],
  "08_waiting_or_computing.ts": ["--ms", "20", "--n", "20000"],
};

testWith(["read"], "every lesson is in the list of lessons, in order", () => {
  assertEquals(names, lessons.map(([name]) => `${name}.ts`));
});

for (const name of names) {
  testWith(
    ["run", "read"],
    `${name} prints what its comments say`,
    async () => {
      const source = await Deno.readTextFile(new URL(name, folder));
      const command = /^ \* @run deno (run .*)$/m.exec(source)?.[1];
      assert(
        command !== undefined && command.endsWith(`lessons/${name}`),
        `its @run is ${command}`,
      );
      const [run, ...words] = command.split(" ");
      const { code, stdout, stderr } = await deno(
        run!,
        "--no-prompt",
        ...words,
        ...quick[name] ?? [],
      );
      assertEquals({ code, stderr }, { code: 0, stderr: "" });

      const claims = claimsOf(source);
      const values = valuesIn(stdout);
      for (const [i, claim] of claims.entries()) {
        assertClaim(claim, values[i] ?? "nothing");
      }
      assertEquals(values.length, claims.length, "as many values as comments");

      const said = stdout.replace(/\s+/g, " ");
      const paragraphs = paragraphsOf(source);
      assert(paragraphs.length > 0, "it tells no story");
      for (const paragraph of paragraphs) {
        assert(said.includes(paragraph), `it does not say: ${paragraph}`);
      }
      const [, number, title] = /^ \* Lesson (\d+): (.+)$/m.exec(source) ?? [];
      const known = lessons[Number(number) - 1];
      assertEquals([`${known?.[0]}.ts`, known?.[1]], [name, title]);
      assert(stdout.startsWith(`${title}\n===`), stdout);
      const next = lessons[Number(number)];
      if (next) {
        const file = new URL(`${next[0]}.ts`, folder);
        const [, run] = /^ \* @run (deno run .*)$/m
          .exec(await Deno.readTextFile(file)) ?? [];
        const where = `Lesson ${Number(number) + 1}: ${next[1]}\n  ${run}\n`;
        assert(stdout.endsWith(where), `it does not end with ${where}`);
      }
      // A lesson is for one sitting.
      const wordCount = stdout.match(/\S+/g)!.length;
      assert(wordCount <= 800, `${wordCount} words are more than 800`);
      const codeLines = codeLinesIn(stdout);
      assert(codeLines <= 40, `${codeLines} lines of code are more than 40`);
      const fileLines = source.match(/\n/g)!.length;
      assert(fileLines <= 200, `${fileLines} lines are more than 200`);
      for (const line of stdout.split("\n")) {
        const long = line.length > 80 && !line.includes("https://");
        assert(!long, `longer than 80 columns: ${line}`);
      }
    },
  );
}

Deno.test("a comment that lies is found", () => {
  const source = [
    "  show(() => f(')', 1)); // 4",
    "  await show(() =>",
    "    a([1, 2])",
    "  ); // [ 1, 2 ]",
    "  const x = showError(() => g()); // TypeError: no …",
    '  show(() => me); // ≈ { pid: 5542, text: "I am 7", found: [ true ] }',
  ].join("\n");
  const claims = claimsOf(source);
  assertEquals(claims.map(({ line }) => line), [1, 2, 5, 6]);
  const about = '{ pid: 1, text: "I am 12", found: [ true ] }';
  const printed = valuesIn(
    "  f(')', 1) → 4\n  a([1, 2])\n    → [\n        1, 2\n      ]\n" +
      `  g() → TypeError: no x\n\nprose\n\n  me\n    → ${about}\n`,
  );
  assertEquals(printed, ["4", "[ 1, 2 ]", "TypeError: no x", about]);
  for (const [i, claim] of claims.entries()) assertClaim(claim, printed[i]!);
  const lies: [claim: number, printed: string][] = [
    [0, "5"],
    [0, "44"],
    [1, "[ 1 ]"],
    [2, "RangeError: no x"],
    [3, about.replace("pid: 1", 'pid: "1"')],
    [3, about.replace("I am", "I was")],
    [3, about.replace("true", "false")],
    [3, about.replace("[ true ]", "[ true, true ]")],
    [3, about.replace("found", "lost")],
  ];
  for (const [claim, printed] of lies) {
    assertThrows(() => assertClaim(claims[claim]!, printed), AssertionError);
  }
});
