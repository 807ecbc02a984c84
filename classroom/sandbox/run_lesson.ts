/**
 * Runs one copy of a lesson in a sandbox, and tells what its tests did.
 *
 * What the process prints is believed in one case only: a line that begins with
 * the secret of this run, which submitted code never gets. A test has passed if
 * such a line says so, once; how the process ended says nothing.
 *
 * @module
 */

import { OutputLimitExceeded } from "../../lib/subprocess/result.ts";
import { run } from "../../lib/subprocess/run.ts";
import { spawn } from "../../lib/subprocess/spawn.ts";
import { type Copy, noteRun, url } from "./kit.ts";
import type { Outcome } from "./inputs.ts";
import { type Job, type SandboxReport, secretLength } from "./protocol.ts";

/** What a run may take up. */
export interface Limits {
  /** How long the whole lesson may run, in milliseconds. */
  readonly timeout: number;
  /** How long one test may run, in milliseconds. */
  readonly testTimeout: number;
  /** The memory it may use, in megabytes. */
  readonly memory: number;
  /** What may be printed, in bytes. */
  readonly output: number;
}

/** What became of one test. */
export type TestRun =
  | {
    readonly status: "passed";
    /** What came of fresh inputs, for a comparison. */
    readonly outcomes?: readonly Outcome[];
  }
  | { readonly status: "failed"; readonly reason: string };

/** What became of a lesson. */
export interface LessonRun {
  /** The tests that were begun, by name. */
  readonly tests: ReadonlyMap<string, TestRun>;
  /** What concerns the whole file. */
  readonly problems: readonly string[];
  /** How long it ran, in milliseconds. */
  readonly elapsed: number;
}

/** How to run a lesson. */
export interface RunLessonOptions {
  readonly lesson: string;
  /** The functions that are graded. */
  readonly regions: readonly string[];
  readonly seed: number;
  readonly limits: Limits;
  /** The kit's folder: Deno's cache is there, and a list of what runs. */
  readonly folder: string;
  /** Whether it may start programs, which gives up the sandbox. */
  readonly trusted: boolean;
}

/** Tests of which all have to pass for any of them to count. */
export type TestGroup = readonly string[];

/**
 * Runs one copy of a lesson. A test that ends the process, or has to be ended,
 * fails; those after it are run in a new process, as long as there is time. Its
 * group is not: nothing could be gained, and a loop would cost as many deadlines
 * as its function has tests.
 *
 * @param copy The copy.
 * @param options How to run it.
 * @param groups The tests that count together.
 * @returns What its tests did.
 */
export async function runLesson(
  copy: Copy,
  options: RunLessonOptions,
  groups: readonly TestGroup[] = [],
): Promise<LessonRun> {
  const started = performance.now();
  const deadline = started + options.limits.timeout;
  const tests = new Map<string, TestRun>();
  const problems = new Set<string>();
  for (;;) {
    const part = await runPart(copy, options, [...tests.keys()], deadline);
    for (const text of part.problems) problems.add(text);
    for (const [name, run] of part.tests) tests.set(name, run);
    if (part.running === undefined) {
      if (part.how !== undefined) problems.add(part.how);
      break;
    }
    const { running, how = "ended the program" } = part;
    tests.set(running, { status: "failed", reason: how });
    const reason = `not run, because "${running}" ${how}`;
    for (const name of groups.filter((one) => one.includes(running)).flat()) {
      if (!tests.has(name)) tests.set(name, { status: "failed", reason });
    }
    if (performance.now() >= deadline) break;
  }
  const elapsed = performance.now() - started;
  const tidy = (text: string) => withoutFolders(text, copy, options.folder);
  for (const [name, run] of tests) {
    if (run.status !== "failed") continue;
    tests.set(name, { status: "failed", reason: tidy(run.reason) });
  }
  return { tests, problems: [...problems].map(tidy), elapsed };
}

/** Shortens the paths that only grading knows. */
function withoutFolders(text: string, copy: Copy, folder: string): string {
  return [`${folder}/kit/refused`, copy.folder, `${folder}/kit`]
    .flatMap((path) => [url(`${path}/`), `${path}/`])
    .reduce((text, path) => text.replaceAll(path, ""), text);
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
  skip: readonly string[],
  deadline: number,
): Promise<Part> {
  const { limits } = options;
  const { testTimeout } = limits;
  const { lesson, regions, seed, trusted } = options;
  const job: Job = { lesson, regions, seed, skip, testTimeout, trusted };
  const secret = newSecret();
  const records = new Records();
  await using child = spawn(command(copy, options), {
    cwd: copy.folder,
    clearEnv: !options.trusted,
    env: environment(`${options.folder}/cache`),
    maxOutput: limits.output,
    killAfter: 0,
  });
  await using _noted = await noteRun(options.folder, child.pid);
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    child.kill();
  };
  // Within the process a test has its own deadline, which a busy loop ignores.
  const grace = 1_000;
  const watch = new Watch(() => {
    const seconds =
      (performance.now() >= deadline ? limits.timeout : testTimeout) / 1_000;
    stop(`had not ended after ${seconds} seconds`);
  });
  const restart = () =>
    watch.restart(
      Math.min(testTimeout + grace, deadline - performance.now()),
    );
  restart();
  const scales = new Scales(child.pid, limits.memory, () => {
    stop(`used more than ${limits.memory} MB of memory`);
  });
  let printed = 0;
  try {
    await child.stdin.write(secret + JSON.stringify(job)).catch(() => {});
    await child.stdin.close().catch(() => {});
    for await (const line of child.lines()) {
      printed += line.length + 1;
      if (printed > limits.output) stop(tooMuch(limits));
      if (!line.startsWith(secret)) continue;
      const report = readReport(line.slice(secret.length));
      if (!records.add(report)) stop("wrote between the lines of the grader");
      if (report?.kind !== "problem") restart();
    }
    await child.wait();
  } catch (error) {
    if (!(error instanceof OutputLimitExceeded)) throw error;
    stop(tooMuch(limits));
  } finally {
    watch.stop();
    scales.stop();
  }
  const how = records.ended
    ? undefined
    : stopped ?? howItEnded(await child.wait(), limits);
  return { ...records.result(), how };
}

/** The program and its arguments. */
function command(copy: Copy, options: RunLessonOptions): string[] {
  const { memory, timeout } = options.limits;
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
  // What the scales below are too slow for, the system stops. Each worker takes
  // half a gigabyte of address space from the start, nearly all of it unused.
  const kilobytes = (memory + 10 * 550) * 1024;
  // Should the grader itself be killed, a loop still ends.
  const seconds = Math.ceil(timeout / 1_000) * navigator.hardwareConcurrency;
  const limit = `ulimit -c 0; ulimit -t ${seconds}; ` +
    `ulimit -d ${kilobytes} 2>/dev/null; exec "$@"`;
  return ["/bin/sh", "-c", limit, "sh", ...deno];
}

/** A clean environment, but for what Windows needs to start anything. */
function environment(cache: string): Record<string, string> {
  const env: Record<string, string> = {
    DENO_DIR: cache,
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

function tooMuch({ output }: Limits): string {
  return `printed more than ${output / 1_000} kB`;
}

/** Why a process ended that had not said that it would. */
function howItEnded(code: number, { memory }: Limits): string {
  // V8 traps or aborts when the heap is full.
  if ([133, 134, 139].includes(code)) {
    return `ended the program, probably by using more than ${memory} MB of memory`;
  }
  return `ended the program, with exit code ${code}`;
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

  result() {
    return {
      tests: this.#tests,
      problems: this.#problems,
      running: this.#running,
    };
  }
}

/**
 * Weighs a process now and then. V8's own limit is on the heap, and buffers are
 * outside of it.
 */
class Scales {
  readonly #timer: ReturnType<typeof setInterval>;
  #busy = false;

  constructor(pid: number, memory: number, onTooMuch: () => void) {
    this.#timer = setInterval(async () => {
      if (this.#busy) return;
      this.#busy = true;
      const found = await residentMemory(pid).catch(() => undefined);
      this.#busy = false;
      if (found === undefined) this.stop();
      else if (found > memory * 2 ** 20) onTooMuch();
    }, 250);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * The memory that a process has in use, in bytes.
 *
 * @param pid The process id.
 * @returns The bytes; undefined if there is no such process, or nothing here
 * tells.
 */
export async function residentMemory(pid: number): Promise<number | undefined> {
  const isWindows = Deno.build.os === "windows";
  const command = isWindows
    ? ["tasklist", "/nh", "/fo", "csv", "/fi", `pid eq ${pid}`]
    : ["/bin/sh", "-c", resident, "sh", String(pid)];
  const { stdout } = await run(command);
  const kilobytes = isWindows
    ? stdout.trim().split('","')[4]?.replace(/\D/g, "")
    : stdout.trim();
  return kilobytes ? Number(kilobytes) * 1024 : undefined;
}

/** Small systems have no `ps` that tells; where there is Linux, there is /proc. */
const resident = `
if [ -r "/proc/$1/status" ]; then
  while read -r name size _; do
    [ "$name" != VmRSS: ] || echo "$size"
  done < "/proc/$1/status"
else
  ps -o rss= -p "$1"
fi`;

/** A deadline that is put off by each sign of progress. */
class Watch {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly onExpiry: () => void) {}

  restart(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.onExpiry, Math.max(0, ms));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
