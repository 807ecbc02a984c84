/**
 * How far a student has come, and what went wrong in a test, in plain words.
 *
 * @module
 */

import { bold, dim, green, red, stripAnsiCode, yellow } from "@std/fmt/colors";
import type { Step } from "./graded.ts";
import type { TestOutcome } from "./junit.ts";

/** Reads a file of the project by its path: its lines, if it is there. */
export type Source = (path: string) => readonly string[] | undefined;

/**
 * The first error that Deno found in the types of each file.
 *
 * @param stderr What `deno check` printed.
 * @returns The errors by the addresses of the files, in words.
 */
export function typeErrorsIn(stderr: string): Map<string, string> {
  const errors = new Map<string, string>();
  const pattern =
    /^(TS\d+) \[ERROR\]: ([^\n]*)\n[\s\S]*?\bat (file:\S+):(\d+):\d+$/gm;
  for (const [, id, text, file, line] of stderr.matchAll(pattern)) {
    if (errors.has(file!)) continue;
    errors.set(
      file!,
      `does not type-check: line ${line}: ${shortened(text!)} (${id})`,
    );
  }
  return errors;
}

/** A text that is fit for a report: it may hold a name of any length. */
export function shortened(text: string, most = 500): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/**
 * Lays out how far a student has come.
 *
 * @param steps The exercises.
 * @param source Reads the file of the test that failed.
 * @returns The lines to print.
 */
export function formatSteps(
  steps: readonly Step[],
  source: Source,
): string[] {
  const solved = steps.filter((step) => step.solved).length;
  const next = steps.find((step) => !step.solved);
  const lines = steps.map((step) => {
    const { name, task } = step;
    if (step.solved) return `  ${green("done")}  ${name}`;
    const [failing] = step.failing;
    if (failing !== undefined && !isNotWritten(failing.message, name)) {
      return `  ${red("wrong")} ${name}: ${inShort(failing, name, source)}`;
    }
    const mark = step === next ? yellow("next") : dim("left");
    return `  ${mark}  ${name}: ${task}`;
  });
  const failing = next?.failing[0];
  return [
    bold(barOf(solved, steps.length)),
    ...lines,
    ...(next && failing ? ["", ...explain(failing, next.name, source)] : []),
  ];
}

/** How much is solved, as a bar and in words. */
export function barOf(solved: number, all: number): string {
  const size = 30;
  const filled = Math.round(size * solved / all);
  const bar = "█".repeat(filled) + "░".repeat(size - filled);
  return `${bar} ${solved} of ${all} solved`;
}

/** A value that takes more characters is shown only where it differs. */
const longest = 200;

/** A part of what there is to say of a test that failed. */
export interface Saying {
  /** What stands before it, such as `it asked`; a sentence has nothing. */
  readonly label?: string;
  readonly text: string;
  /** Whether it is what is wrong, or what would be right. */
  readonly kind?: "wrong" | "right";
}

/** A test that failed, and what it threw, as it was printed. */
export type Failed = Pick<TestOutcome, "name" | "message">;

/**
 * Says in plain words how a test failed.
 *
 * @param test The test.
 * @param name The function that it grades.
 * @param source Reads the file that the test is in.
 * @returns The lines to print: the test's name, what it asked, and what came.
 */
export function explain(
  test: Failed & Pick<TestOutcome, "output">,
  name: string,
  source: Source,
): string[] {
  const printed = test.output?.split("\n").slice(0, 10) ?? [];
  return [
    `The first test that fails: ${bold(test.name)}`,
    ...sayingsOf(test, name, source).map(({ label, text, kind }) => {
      const colour = kind === "wrong" ? red : kind === "right" ? green : same;
      return `  ${label === undefined ? "" : `${label}: `}${colour(text)}`;
    }),
    ...(printed.length > 0 ? ["  it printed:"] : []),
    ...printed.map((line) => `    ${line}`),
  ];
}

const same = (text: string) => text;

/** What came of a test, in a line. */
function inShort(test: Failed, name: string, source: Source): string {
  const said = sayingsOf(test, name, source)
    .filter(({ label, kind }) => label !== "it asked" && kind !== "right")
    .map(({ label, text }) => label === undefined ? text : `${label} ${text}`);
  return shortened(said.join("; "), 100);
}

/** Whether a test failed because a function is still to be written. */
export function isNotWritten(message: string, name: string): boolean {
  return new RegExp(`^Error: TODO ${name}:`, "m").test(stripAnsiCode(message));
}

/** How a message begins that grading has of a process that it ended. */
const ended =
  /^(had not ended|used|computed|waited|printed|wrote|ended|was) (?=\w)/;

/**
 * Says in plain words how a test failed.
 *
 * @param test The test.
 * @param name The function that it grades.
 * @param source Reads the file that the test is in.
 * @returns What it asked, and what came of it.
 */
export function sayingsOf(
  test: Failed,
  name: string,
  source: Source,
): Saying[] {
  const text = stripAnsiCode(test.message);
  if (text === "Cancelled") {
    return [{
      text: "it was not finished: an error that nobody caught ended all tests",
    }];
  }
  if (ended.test(text)) return [{ text: `it ${text}` }];
  const place = /(tests\/\w+\.ts)(?:\?[^:]*)?:(\d+)/.exec(text);
  const asked = place && statementAt(source(place[1]!), Number(place[2]));
  return [
    ...(asked ? [{ label: "it asked", text: asked.replace(/;$/, "") }] : []),
    ...answerOf(text, name),
  ];
}

/** What came of a test: the error, or both values. */
function answerOf(text: string, name: string): Saying[] {
  const [, missing, task] = /^Error: TODO (\w+): ([^\n]*)/m.exec(text) ?? [];
  if (missing === name) {
    return [{ label: "nothing is written yet", text: `${name}: ${task}` }];
  }
  if (missing) {
    return [{ text: `it needs ${missing}, which is not written yet` }];
  }

  const [, call, gives, expected] =
    /^WrongAnswer: (.*)\n(.*)\n(.*)/.exec(text) ?? [];
  if (call) {
    return [{ label: "it asked", text: call }, ...both(gives!, expected!)];
  }
  const [first = ""] = text.split("\n");
  const values = valuesIn(text);
  if (values) {
    const [, about] = /^AssertionError: [^:]*: (.*)$/.exec(first) ?? [];
    return [
      ...(about ? [{ label: "with", text: about }] : []),
      ...both(values.actual, values.expected),
    ];
  }
  const [, assertion] = /^AssertionError(?:: (.*))?$/.exec(first) ?? [];
  if (first.startsWith("AssertionError")) {
    const found = assertion || "that this is not so";
    return [{ label: "it found", text: found, kind: "wrong" }];
  }
  const [, at] = /(lessons\/\w+\.ts:\d+)/.exec(text) ?? [];
  const threw = `${first}${at ? ` (${at})` : ""}`;
  return [{ label: "your code threw", text: threw, kind: "wrong" }];
}

function both(all: string, wanted: string): Saying[] {
  const isLong = Math.max(all.length, wanted.length) > longest;
  const [actual, expected] = isLong
    ? [fromWhereTheyDiffer(all, wanted), fromWhereTheyDiffer(wanted, all)]
    : [all, wanted];
  return [
    { label: "your code gave", text: actual, kind: "wrong" },
    { label: "it should give", text: expected, kind: "right" },
  ];
}

/** A long value, shown where it differs from another one. */
function fromWhereTheyDiffer(value: string, other: string): string {
  let start = 0;
  while (start < value.length && value[start] === other[start]) start++;
  start = Math.max(0, start - 20);
  return (start > 0 ? "… " : "") + shortened(value.slice(start), longest);
}

/** Both values of an assertion that compares, from how it shows them. */
function valuesIn(
  text: string,
): { actual: string; expected: string } | undefined {
  const [, shown] = text.split("[Diff] Actual / Expected\n");
  if (shown === undefined) return undefined;
  // An empty line ends them; one of a text has four spaces before it.
  const lines = /^\n*([^]*?)(?:\n\n|$)/.exec(shown)![1]!.split("\n");
  const having = (signs: string) => {
    const kept = lines.filter((line) => signs.includes(line[0]!));
    return kept.map((line) => line.slice(4).trim()).join(" ").trim();
  };
  const tidy = (value: string) => value.replace(/, ([\]})])/g, " $1");
  const [actual, expected] = [tidy(having(" -")), tidy(having(" +"))];
  if (actual.length <= longest && expected.length <= longest) {
    return { actual, expected };
  }
  const cut = (value: string, none: string) =>
    value === ""
      ? none
      : `… ${value.slice(0, longest)}${value.length > longest ? " …" : ""}`;
  return {
    actual: cut(having("-"), "less than that"),
    expected: cut(having("+"), "less than that"),
  };
}

/** The statement that begins in a line, in one line. */
function statementAt(
  lines: readonly string[] | undefined,
  number: number,
): string | undefined {
  if (lines?.[number - 1] === undefined) return undefined;
  let statement = "";
  for (const line of lines.slice(number - 1, number + 9)) {
    statement += `${line.trim()} `;
    const count = (signs: RegExp) => statement.match(signs)?.length ?? 0;
    if (count(/[([{]/g) <= count(/[)\]}]/g)) break;
  }
  return statement.replace(/([([]) /g, "$1").replace(/,? ([)\]])/g, "$1")
    .trim();
}
