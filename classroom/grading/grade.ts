/**
 * The command that grades a class.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { chosenLessons, lessonsIn } from "../exercise/regions.ts";
import type { Report } from "../reports/report.ts";
import { formatTable } from "../reports/table.ts";
import { counted } from "../reports/tally.ts";
import { visible } from "../reports/text.ts";
import { writeReports } from "../reports/write.ts";
import { readPoints } from "./comments.ts";
import { UsageError } from "./usage.ts";
import { grade, type Graded, type GradeOptions } from "./grade_class.ts";

const help = `\
Grades a class: SUBMISSIONS has a folder or a .zip for each student, or is what
Moodle or Canvas gives for download.

deno task grade SUBMISSIONS [options]

  --out D      the folder for what is found (default: SUBMISSIONS-graded): a
               report, grades, a page for each student, and comments.md, in which
               you write. Run again, grading goes on there, and grades what is new
  --lessons L  the lessons to grade, such as 3,7 or 1-13 (default: all that
               somebody submitted)
  --only NAME  grade only these students, and grade them again: NAME,NAME, or
               --only for each
  --roster F   put the grades into this gradebook, as Moodle or Canvas exports it
  --jobs N     how many run at once (default: one for each processor)
  --timeout S  how long one test may compute, or wait without computing, in
               seconds (default: 10)
  --seed S     the number that decides the fresh inputs (default: that of the
               run before, or what was submitted decides)
  --trust L    let these lessons start programs. This gives up the sandbox: use
               it in a container only
  --help       this text

Ends with 0 when grading worked, whatever the students did; 1 when grading
itself failed; 2 for a wrong command line; 130 after Ctrl-C.`;

interface CommandLine {
  readonly folder: string;
  readonly out: string;
  readonly roster: string | undefined;
  readonly options: GradeOptions;
}

/** The options that have one value. */
const withValue = [
  "lessons",
  "jobs",
  "timeout",
  "seed",
  "trust",
  "out",
  "roster",
] as const;

function parse(args: readonly string[]): CommandLine | "help" {
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["_", "only", ...withValue],
    collect: ["only"],
    alias: { help: "h" },
    unknown: (option, key) => {
      if (key === undefined) return;
      throw new UsageError(`there is no option ${option}`);
    },
  });
  if (parsed["help"]) return "help";
  const [folder, ...others] = parsed._.map(String);
  if (folder === undefined) throw new UsageError("name the folder to grade");
  if (others.length > 0) throw new UsageError(`one folder, not ${others[0]}`);
  const text = (name: typeof withValue[number]) => textOf(name, parsed[name]);
  const number = (
    name: typeof withValue[number],
    least: number,
    most: number,
  ) => numberOf(name, text(name), least, most);
  const timeout = number("timeout", 1, 86_400);
  const only = parsed["only"] as string[];
  const out = text("out") ?? outFor(folder);
  const options = {
    out,
    lessons: lessonsOf(text("lessons")),
    jobs: number("jobs", 1, 1_024),
    timeout: timeout && timeout * 1_000,
    seed: number("seed", 0, 2 ** 32 - 1),
    trust: lessonsOf(text("trust")),
    only: only.length > 0 ? only : undefined,
  };
  // What was not given is left out.
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as GradeOptions;
  return { folder, out, roster: text("roster"), options: given };
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`--${name} needs one value`);
}

function numberOf(
  name: string,
  value: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) {
    return number;
  }
  throw new UsageError(
    `--${name} is a whole number from ${least} to ${most}, not ${value}`,
  );
}

/** Beside the submissions: in their folder, it would be a student's. */
function outFor(folder: string): string {
  return `${folder.replace(/[\\/]+$|\.zip$/i, "")}-graded`;
}

/** The numbers of lessons, as somebody typed them. */
function lessonsOf(typed: string | undefined): string[] | undefined {
  if (typed === undefined) return undefined;
  const all = lessonsIn(new URL("../../", import.meta.url));
  try {
    return chosenLessons(all, [typed]).map(({ number }) => number);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Prepares the folder, before anything is graded. */
async function prepare({ out, roster }: CommandLine): Promise<void> {
  try {
    await Deno.mkdir(`${out}/feedback`, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: out }));
    if (roster !== undefined) await Deno.stat(roster);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  await readPoints(`${out}/points.json`);
}

/** Ends grading when the user does, so that it can clean up. */
function interruption(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = () => controller.abort(new Interrupted());
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}

/** Why grading ended early. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
  override readonly message =
    "interrupted; what was graded is kept, and the same command goes on";
}

/**
 * Tells how far it has come where lines stay: at the start, at each tenth, after
 * ten seconds without a line, and at the end.
 */
function nowAndThen(
  tell: (text: string) => void,
): (done: number, total: number) => void {
  let told = { tenth: -1, time: 0 };
  return (done, total) => {
    const tenth = Math.floor(done / total * 10);
    const time = performance.now();
    if (total === 0) return;
    if (tenth === told.tenth && time - told.time < 10_000) return;
    told = { tenth, time };
    tell(`graded ${done} of ${total}`);
  };
}

/** Prints a report's table, as wide as the terminal. */
function printTable(report: Report): void {
  const isTerminal = Deno.stdout.isTerminal();
  const colours = isTerminal && !Deno.noColor;
  const width = isTerminal ? Deno.consoleSize().columns : 80;
  console.log(formatTable(report, { colours, width }).trimEnd());
}

/** Writes and prints what was found; what could not be written, in words. */
async function report(
  { report, mistakes, takenOver }: Graded,
  { out, roster }: CommandLine,
): Promise<readonly string[]> {
  const written = await writeReports(report, mistakes, out, roster);
  printTable(written.report);
  // What concerns the submissions has been said before.
  for (const note of written.report.notes?.slice(report.notes?.length) ?? []) {
    console.log(note);
  }
  if (takenOver > 0) {
    const known = counted(takenOver, "lesson");
    console.log(`\n${known} of submissions known from before.`);
  }
  console.log(`\nwritten to ${out}: ${written.files.join(", ")}`);
  return written.failures;
}

/**
 * Runs the command.
 *
 * @param args The command line, without the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  const isTerminal = Deno.stderr.isTerminal();
  const clear = isTerminal ? "\r\x1b[K" : "";
  const tell = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  try {
    const parsed = parse(args);
    if (parsed === "help") {
      console.log(help);
      return 0;
    }
    await prepare(parsed);
    using ending = interruption();
    const graded = await grade(parsed.folder, {
      ...parsed.options,
      signal: ending.signal,
      onNote: (text) => tell(`${clear}${visible(text)}\n`),
      onProgress: isTerminal
        ? (done, total) => tell(`${clear}graded ${done} of ${total}`)
        : nowAndThen((text) => tell(`${text}\n`)),
    });
    tell(clear);
    const failures = await report(graded, parsed);
    for (const failure of failures) tell(`grade: ${failure}\n`);
    return failures.length + graded.failures.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    tell(`${clear}grade: ${error.message}\n`);
    if (error instanceof Interrupted) return 130;
    if (!(error instanceof UsageError)) return 1;
    tell('"deno task grade --help" says how it is used\n');
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
