/**
 * Runs one copy of a lesson in sandboxes, one for each function that is graded,
 * and tells what its tests did. So whatever a function leaves behind (workers, a
 * promise that rejects late, memory) ends with its own tests.
 *
 * What a process prints is believed in one case only: a line that begins with
 * the secret of this run, which submitted code never gets. A test has passed if
 * such a line says so, once; how the process ended says nothing.
 *
 * @module
 */

import { OutputLimitExceeded } from "../../lib/subprocess/result.ts";
import { spawn } from "../../lib/subprocess/spawn.ts";
import type { Copy } from "./kit.ts";
import type { Outcome } from "./inputs.ts";
import { type Job, type SandboxReport, secretLength } from "./protocol.ts";
import { type Limits, mostOutput, printedTooMuch, Watch } from "./watch.ts";

/** What became of one test. */
export type TestRun =
  | {
    readonly status: "passed";
    /** What came of fresh inputs, for a comparison. */
    readonly outcomes?: readonly Outcome[];
  }
  | { readonly status: "failed"; readonly reason: string };

/** What became of a function. */
export interface RegionRun {
  /** The tests that were begun, by name. */
  readonly tests: ReadonlyMap<string, TestRun>;
  /** Why the others were not begun, in words, if there is a reason. */
  readonly ended?: string;
}

/** What became of a lesson. */
export interface LessonRun {
  /** Each function that was run. */
  readonly regions: ReadonlyMap<string, RegionRun>;
  /** What concerns the whole file. */
  readonly problems: readonly string[];
  /** How long it ran, in milliseconds. */
  readonly elapsed: number;
}

/** How to run a lesson. */
export interface RunLessonOptions {
  readonly lesson: string;
  /** The functions that are graded, each with those that stand beside it. */
  readonly regions: ReadonlyMap<string, readonly string[]>;
  readonly seed: number;
  readonly limits: Limits;
  /** The kit's folder: Deno's cache is there. */
  readonly folder: string;
  /** Whether it may start programs, which gives up the sandbox. */
  readonly trusted: boolean;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one copy of a lesson. A test that ends its process, or has to be ended,
 * fails, and with it the rest of its function's tests, which are not begun.
 *
 * @param copy The copy.
 * @param options How to run it.
 * @returns What its tests did.
 * @throws What `options.signal` gives as its reason.
 */
export async function runLesson(
  copy: Copy,
  options: RunLessonOptions,
): Promise<LessonRun> {
  const started = performance.now();
  const regions = new Map<string, RegionRun>();
  const problems = new Set<string>();
  for (const region of options.regions.keys()) {
    const { tests, problems: own, running, how } = await runPart(
      copy,
      options,
      region,
    );
    for (const text of own) problems.add(text);
    if (how !== undefined && running === undefined) problems.add(how);
    const ended = running === undefined ? undefined : `"${running}" ${how}`;
    regions.set(region, { tests, ...(ended === undefined ? {} : { ended }) });
    // A file that cannot be imported cannot be for the others either.
    if (tests.size === 0 && problems.size > 0) break;
  }
  const elapsed = performance.now() - started;
  return { regions, problems: [...problems], elapsed };
}

/** What came of one process. */
interface Part {
  readonly tests: ReadonlyMap<string, TestRun>;
  readonly problems: readonly string[];
  /** The test during which the process ended, if one did. */
  readonly running: string | undefined;
  /** How it ended, if not by itself after the last test. */
  readonly how: string | undefined;
}

async function runPart(
  copy: Copy,
  options: RunLessonOptions,
  region: string,
): Promise<Part> {
  const { limits, seed, trusted, signal } = options;
  const beside = options.regions.get(region)!;
  const job: Job = { region, beside, seed, trusted };
  const secret = newSecret();
  const records = new Records();
  await using child = spawn(command(copy, options), {
    cwd: copy.folder,
    clearEnv: !trusted,
    env: environment(`${options.folder}/cache`),
    maxOutput: mostOutput,
    killAfter: 0,
    ...(signal ? { signal } : {}),
  });
  let stopped: string | undefined;
  const stop = (why: string) => (stopped ??= why, child.kill());
  const watch = new Watch(child.pid, limits, stop);
  const errors = lastOf(child.lines("stderr"));
  try {
    await child.stdin.write(secret + JSON.stringify(job)).catch(() => {});
    await child.stdin.close().catch(() => {});
    await readReports(child.lines(), { secret, records, watch, stop });
    await child.wait();
  } catch (error) {
    if (!(error instanceof OutputLimitExceeded)) throw error;
    stop(printedTooMuch);
  } finally {
    watch.stop();
  }
  const how = records.ended
    ? undefined
    : stopped ?? howItEnded(await child.wait(), await errors);
  return { ...records.result(how), how };
}

/** Whom to tell of what a process reports. */
interface Reading {
  readonly secret: string;
  readonly records: Records;
  readonly watch: Watch;
  readonly stop: (why: string) => void;
}

/** Reads the lines that begin with the secret; all others only count. */
async function readReports(
  lines: AsyncIterable<string>,
  { secret, records, watch, stop }: Reading,
): Promise<void> {
  let printed = 0;
  for await (const line of lines) {
    printed += line.length + 1;
    if (printed > mostOutput) stop(printedTooMuch);
    if (!line.startsWith(secret)) continue;
    const report = readReport(line.slice(secret.length));
    if (!records.add(report)) stop("wrote between the lines of the grader");
    if (report?.kind !== "problem") watch.restart();
  }
}

/** The end of what a program prints, which says why it ended. */
async function lastOf(lines: AsyncIterable<string>): Promise<string> {
  let last = "";
  try {
    for await (const line of lines) last = `${last}\n${line}`.slice(-2_000);
  } catch {
    // It printed more than it may, which is noticed elsewhere.
  }
  return last;
}

/** The program and its arguments. */
function command(copy: Copy, options: RunLessonOptions): string[] {
  const { memory, time } = options.limits;
  // A module of WebAssembly can be imported without the global of that name.
  const flags = [
    `--max-old-space-size=${Math.round(memory / 2)}`,
    "--wasm-max-module-size=1",
  ];
  const deno = [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-remote"],
    ...["--no-npm", "--cached-only", "--no-lock", "--config"],
    ...[`${copy.folder}/deno.json`, `--v8-flags=${flags.join(",")}`],
    ...(options.trusted ? ["--allow-run", "--allow-read", "--allow-env"] : []),
    copy.main,
  ];
  if (Deno.build.os === "windows") return deno;
  // Should the grader itself be killed, a loop still ends.
  const seconds = Math.ceil(time / 100) * navigator.hardwareConcurrency;
  const limit = `ulimit -c 0; ulimit -t ${seconds}; exec "$@"`;
  return ["/bin/sh", "-c", limit, "sh", ...deno];
}

/** A clean environment, but for what Windows needs to start anything. */
function environment(cache: string): Record<string, string> {
  const env: Record<string, string> = {
    DENO_DIR: cache,
    // Deno would keep a link to itself there, which Windows cannot remove.
    DENO_DISABLE_NODE_SHIM: "1",
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
  if (Deno.build.os === "windows") {
    for (const name of ["SystemRoot", "TEMP", "TMP"]) {
      const value = Deno.env.get(name);
      if (value !== undefined) env[name] = value;
    }
  }
  return env;
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(secretLength / 2));
  return bytes.toHex();
}

/** Why a process ended that had not said that it would. */
function howItEnded(code: number, printed: string): string {
  // V8 says so when the heap is full, and traps or aborts.
  return /out of memory/i.test(printed)
    ? "ended the program: it is out of memory"
    : `ended the program, with exit code ${code}`;
}

function readReport(text: string): SandboxReport | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a process has reported. */
class Records {
  readonly #tests = new Map<string, TestRun>();
  readonly #problems: string[] = [];
  readonly #outcomes: Outcome[] = [];
  #running: string | undefined;
  #number = 0;
  ended = false;

  /** Takes a report; false if it is none, or one before it is missing. */
  add(report: SandboxReport | undefined): boolean {
    if (report?.number !== this.#number) return false;
    this.#number += 1;
    switch (report.kind) {
      case "problem":
        this.#problems.push(report.text);
        break;
      case "started":
        this.#running = report.name;
        break;
      case "outcome":
        this.#outcomes.push(report.outcome);
        break;
      case "passed":
        this.#set(report.name, {
          status: "passed",
          outcomes: this.#outcomes.splice(0),
        });
        break;
      case "failed":
        this.#set(report.name, { status: "failed", reason: report.reason });
        break;
      case "ended":
        this.ended = true;
    }
    return true;
  }

  #set(name: string, run: TestRun): void {
    this.#running = undefined;
    const again = this.#tests.has(name);
    this.#tests.set(
      name,
      again ? { status: "failed", reason: "was reported twice" } : run,
    );
  }

  /** What there is to tell of a process that ended in some way. */
  result(how: string | undefined): Omit<Part, "how"> {
    const running = this.#running;
    const tests = new Map(this.#tests);
    if (running !== undefined) {
      const reason = how ?? "ended the program";
      tests.set(running, { status: "failed", reason });
    }
    return { tests, problems: this.#problems, running };
  }
}
