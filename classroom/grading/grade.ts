/**
 * The command that grades a class.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { parseReport, type Report } from "../reports/report.ts";
import {
  checkOutputs,
  outputHelp,
  outputOptions,
  type Outputs,
  outputsOf,
  printTable,
  writeOutputs,
} from "../reports/outputs.ts";
import { parseShard, type Shard } from "./shard.ts";
import { UsageError } from "./usage.ts";
import { grade, type GradeOptions } from "./grade_class.ts";

const help = `\
Grades a class: SUBMISSIONS has a folder or an archive (.zip, .tar.gz, .tgz) for
each student, or is what Moodle or Canvas gives for download.

deno task grade SUBMISSIONS [options]

  --lessons L  the lessons to grade, such as 03,07 (default: all that somebody
               submitted)
  --jobs N     how many run at once (default: one for each processor)
  --timeout S  how long one test may compute, or wait without computing, in
               seconds (default: 10)
  --seed S     the number that decides the fresh inputs (default: what was
               submitted decides)
  --only NAME  grade only these students: NAME,NAME, or --only for each
  --since F    grade only what is not as it was for the report F (of --json);
               the rest is taken over from it, and so is the seed
  --shard I/N  grade only part I of N of the class
  --trust L    let these lessons start programs. This gives up the sandbox: use
               it in a container only
${outputHelp}
  --help       this text

Ends with 0 when grading worked, whatever the students did; 1 when grading
itself failed; 2 for a wrong command line.`;

interface CommandLine {
  readonly folder: string;
  readonly options: GradeOptions;
  readonly outputs: Outputs;
  /** The file of an earlier report. */
  readonly since?: string | undefined;
}

function parse(args: readonly string[]): CommandLine | "help" {
  const names = [
    "lessons",
    "jobs",
    "timeout",
    "seed",
    "shard",
    "trust",
    "since",
  ];
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["_", "only", ...names, ...outputOptions],
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
  const text = (name: string) => {
    const value = parsed[name];
    if (value === undefined) return undefined;
    if (typeof value === "string" && value !== "") return value;
    throw new UsageError(`--${name} needs one value`);
  };
  const number = (name: string, least: number, most: number) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) {
      return number;
    }
    throw new UsageError(
      `--${name} is a whole number from ${least} to ${most}, not ${value}`,
    );
  };
  const lessons = (name: string) =>
    text(name)?.split(",").map((number) => number.trim().padStart(2, "0"));
  const timeout = number("timeout", 1, 86_400);
  const shard = text("shard");
  const only = parsed["only"] as string[];
  const options = {
    lessons: lessons("lessons"),
    jobs: number("jobs", 1, 1_024),
    timeout: timeout && timeout * 1_000,
    seed: number("seed", 0, 2 ** 32 - 1),
    shard: shard === undefined ? undefined : shardOfText(shard),
    trust: lessons("trust"),
    only: only.length > 0 ? only : undefined,
  };
  return {
    folder,
    // What was not given is left out.
    options: Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as GradeOptions,
    outputs: outputsOf(parsed),
    since: text("since"),
  };
}

async function readReport(file: string): Promise<Report> {
  try {
    return parseReport(await Deno.readTextFile(file));
  } catch (error) {
    throw new UsageError(`--since ${file}: ${(error as Error).message}`);
  }
}

function shardOfText(text: string): Shard {
  try {
    return parseShard(text);
  } catch (error) {
    throw new UsageError(`--shard: ${(error as Error).message}`);
  }
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
  override readonly message = "interrupted; nothing was written";
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
    await checkOutputs(parsed.outputs);
    const { folder, since } = parsed;
    using ending = interruption();
    const { report, takenOver } = await grade(folder, {
      ...parsed.options,
      ...(since ? { since: await readReport(since) } : {}),
      signal: ending.signal,
      onNote: (text) => tell(`${clear}${text}\n`),
      onProgress: isTerminal
        ? (done, total) => tell(`${clear}graded ${done} of ${total}`)
        : nowAndThen((text) => tell(`${text}\n`)),
    });
    tell(clear);
    printTable(report);
    if (since) {
      const count = report.students.flatMap(({ lessons }) => lessons).length;
      console.log(
        `\nLessons of submissions: ${count - takenOver} graded, ` +
          `${takenOver} taken over from ${since}.`,
      );
    }
    for (const file of await writeOutputs(report, parsed.outputs)) {
      console.log(`wrote ${file}`);
    }
    return 0;
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
