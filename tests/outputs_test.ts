/**
 * Every lesson is run as its header says, and what each `show` prints is
 * compared with the comment behind it.
 */
import { assert, assertEquals } from "@std/assert";
import { deno, testWith } from "./helper.ts";

const folder = new URL("../lessons/", import.meta.url);

/** A value as the comment claims it, and where. */
interface Claim {
  line: number;
  value: string;
}

/** What stands behind each `show(…);` and `showError(…);`, in order. */
function claimsOf(source: string): Claim[] {
  const starts = source.matchAll(
    /^ *(?:const \w+ = )?(?:await )?show(?:Error)?\(/gm,
  );
  return [...starts].map(({ index, 0: start }) => {
    const end = closingOf(source, index + start.length);
    const line = source.slice(0, index).split("\n").length;
    const rest = source.slice(end).split("\n", 1)[0]!;
    const comment = /^\);? *\/\/ (.+)$/.exec(rest)?.[1];
    assert(comment, `line ${line}: no comment says what show prints`);
    return { line, value: comment };
  });
}

/** Where the parenthesis closes that was opened just before `from`. */
function closingOf(source: string, from: number): number {
  const tokens =
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\/\/.*|[()]/g;
  tokens.lastIndex = from;
  for (let depth = 1, token; (token = tokens.exec(source));) {
    if (token[0] === "(") depth += 1;
    if (token[0] === ")") depth -= 1;
    if (depth === 0) return token.index;
  }
  throw new Error("a parenthesis is never closed");
}

/** The values that `show` and `showError` printed, in order. */
function valuesIn(stdout: string): string[] {
  return [...stdout.matchAll(/^ {2}→ (.*(?:\n {4}.*)*)/gm)].map(([, value]) =>
    value!.replace(/\s+/g, " ")
  );
}

/** What sort of thing a printed value is, for a claim that begins with ≈. */
function kindOf(value: string): string {
  if (/^-?[\d.]+(e[-+]?\d+)?n$/.test(value)) return "bigint";
  if (/^(-?[\d.]+(e[-+]?\d+)?|-?Infinity|NaN)$/.test(value)) return "number";
  if (/^["'`]/.test(value)) return "string";
  if (/^[[{]/.test(value)) return value[0]!;
  return value.split(/[^\w$]/, 1)[0]!;
}

function assertClaim(claim: Claim, printed: string): void {
  const [, about, value] = /^(≈ )?(.*)$/.exec(claim.value)!;
  const [actual, expected] = about
    ? [kindOf(printed), kindOf(value!)]
    : [printed, value!];
  assertEquals(actual, expected, `line ${claim.line} prints ${printed}`);
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

testWith(["read"], "there are lessons whose outputs are compared", () => {
  assert(names.length >= 3, `${names}`);
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
      );
      assertEquals({ code, stderr }, { code: 0, stderr: "" });

      const claims = claimsOf(source);
      const values = valuesIn(stdout);
      for (const [i, claim] of claims.entries()) {
        assertClaim(claim, values[i] ?? "nothing");
      }
      assertEquals(values.length, claims.length, "as many values as comments");
    },
  );
}

Deno.test("a comment that lies is found", () => {
  const source = [
    "  show(() => f(')', 1)); // 4",
    "  await show(() =>",
    "    a([1, 2])",
    "  ); // [ 1, 2 ]",
    "  const x = showError(() => g()); // ≈ TypeError: no",
  ].join("\n");
  const claims = claimsOf(source);
  assertEquals(claims.map(({ line }) => line), [1, 2, 5]);
  const printed = valuesIn(
    "f\n  → 4\na\n  → [\n      1, 2\n    ]\ng\n  → TypeError: x\n",
  );
  assertEquals(printed, ["4", "[ 1, 2 ]", "TypeError: x"]);
  for (const [i, claim] of claims.entries()) assertClaim(claim, printed[i]!);
  for (const [i, lie] of ["5", "[ 1 ]", "RangeError: x"].entries()) {
    let found = false;
    try {
      assertClaim(claims[i]!, lie);
    } catch {
      found = true;
    }
    assert(found, `${lie} passed for ${claims[i]!.value}`);
  }
});
