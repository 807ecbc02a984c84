/**
 * Decides how far a student has come with a lesson: runs the tests that grade it,
 * and looks at what it imports.
 *
 * @module
 */

import { stripAnsiCode } from "@std/fmt/colors";
import { run, spawn } from "../../mod.ts";
import { typeErrorsIn } from "./explain.ts";
import { type Exercises, gradingAny, type Step, stepsOf } from "./graded.ts";
import { isFresh } from "../sandbox/inputs.ts";
import { mostOutput, printedTooMuch, Watch } from "../sandbox/watch.ts";
import { type DenoInfo, importsOf, openedFiles, refusedIn } from "./imports.ts";
import { readJunit, type TestOutcome } from "./junit.ts";

/** One lesson to look at. */
export interface Look {
  /** The folder of the project. */
  readonly root: URL;
  readonly number: string;
  readonly exercise: Exercises[string];
  /** How long one test may compute, or wait without computing, in seconds. */
  readonly timeout: number;
  /** Ends the look early. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the tests that grade a lesson. Where one does not end, or an error comes
 * from outside of all tests, nobody knows which function it belongs to: then each
 * function is tested alone.
 */
async function test(look: Look): Promise<TestOutcome[]> {
  const names = look.exercise.regions.map(({ name }) => name);
  const together = await testOnce(look, names);
  if (!together.isDisturbed) return together.tests;
  const alone = new Map<string, TestOutcome>();
  await Promise.all(names.map(async (name) => {
    for (const test of (await testOnce(look, [name])).tests) {
      // One that grades two functions fails for both.
      const isKnown = alone.get(test.name)?.status === "failed";
      if (!isKnown) alone.set(test.name, test);
    }
  }));
  return [...alone.values()];
}

/** What came of running tests. */
interface Tested {
  readonly tests: TestOutcome[];
  /** Whether one of them did not end, or something broke outside of them. */
  readonly isDisturbed: boolean;
}

/** Runs the tests that grade some functions, until one does not end. */
async function testOnce(
  look: Look,
  names: readonly string[],
): Promise<Tested> {
  const { root, number, timeout, signal } = look;
  // A file, because what the lesson prints would mix with a report on stdout.
  const report = `.exercise-${number}-${names.join("-")}.xml`;
  const command = [Deno.execPath(), "test", ...flagsFor(look, names, report)];
  const env = { NO_COLOR: "1" };
  await using child = spawn(command, {
    ...{ cwd: root, env },
    ...(signal ? { signal } : {}),
  });
  let stopped: string | undefined;
  const stop = (why: string) => (stopped ??= why, child.kill());
  const limits = { time: timeout * 1000, memory: Infinity };
  const watch = new Watch(child.pid, limits, stop);
  const errors = Array.fromAsync(child.lines("stderr")).catch(() => []);
  const printed: string[] = [];
  let size = 0;
  try {
    for await (const line of child.lines()) {
      size += line.length + 1;
      if (size > mostOutput) stop(printedTooMuch);
      printed.push(stripAnsiCode(line));
      // A test begins or ends; what it prints changes nothing.
      if (/ \.\.\.( |$)/.test(printed.at(-1)!)) watch.restart();
    }
    await child.wait();
    const said = stripAnsiCode((await errors).join("\n"));
    signal?.throwIfAborted();
    const tests = readJunit(
      await Deno.readTextFile(new URL(report, root)).catch(() => ""),
    );
    return testedFrom({ look, tests, printed, said, stopped });
  } finally {
    watch.stop();
    await Deno.remove(new URL(report, root)).catch(() => {});
  }
}

/** What `deno test` is given to run the tests that grade some functions. */
function flagsFor(
  { exercise: { run, test, fresh } }: Look,
  names: readonly string[],
  report: string,
): string[] {
  // As grading has it: what starts programs is not locked in.
  const preload = run.includes("--allow-run")
    ? []
    : ["--preload=classroom/exercise/preload.ts"];
  return [
    ...["--no-check", `--junit-path=${report}`, ...preload],
    ...["read", "write", "run", "env"].map((name) => `--allow-${name}`),
    ...[`--filter=${gradingAny(names)}`, test, fresh],
  ];
}

/** What a run of tests left behind. */
interface Left {
  readonly look: Look;
  readonly tests: readonly TestOutcome[];
  readonly printed: readonly string[];
  readonly said: string;
  /** Why it had to be stopped, if it had to be. */
  readonly stopped: string | undefined;
}

/** What came of a run of tests. */
function testedFrom({ look, tests, printed, said, stopped }: Left): Tested {
  const isBroken = printed.some((line) => line.includes("(uncaught error)"));
  if (isBroken && tests.every(({ name }) => isFresh(name))) {
    throw new Error(whyNot(look.exercise, printed.join("\n")));
  }
  if (tests.length > 0) {
    return { tests: withOutput(tests, printed), isDisturbed: isBroken };
  }
  if (!stopped) throw new Error(whyNot(look.exercise, said));
  const message = `${stopped}; is there a loop without an end?`;
  const name = runningIn(printed);
  return {
    tests: [{ name, status: "failed", message }],
    isDisturbed: true,
  };
}

/** The test during which a run was stopped: its name is printed first. */
function runningIn(printed: readonly string[]): string {
  const [, name] = printed.map((line) => /^(.+) \.\.\.$/.exec(line))
    .findLast((match) => match !== null) ?? [];
  if (name) return name;
  throw new Error("the lesson does not end; is there a loop without an end?");
}

/** Why a lesson's tests could not even begin. */
function whyNot({ path }: Exercises[string], said: string): string {
  const [, missing] = /does not provide an export named '([^']+)'/.exec(said) ??
    [];
  if (missing && !said.includes("mod.ts'")) {
    return `${path} does not export ${missing}, which the tests import.\n  ` +
      "Was it renamed, or taken away? Write it as it was: the starter has " +
      "it, and --restore brings the starter back.";
  }
  const [message = ""] = said.split("Stack backtrace:");
  const why = message.split("\n").filter(Boolean).slice(0, 6);
  if (/not extensible|read only property|not configurable/.test(message)) {
    why.push("The language's own objects, such as Array.prototype, are fixed.");
  }
  return ["the lesson does not run:", ...why].join("\n  ");
}

/**
 * What a failed test printed is told with it; tests that were cancelled by an
 * error outside of them are told that error.
 */
function withOutput(
  tests: readonly TestOutcome[],
  lines: readonly string[],
): TestOutcome[] {
  const printed = lines.join("\n");
  const [, cause] =
    /\(uncaught error\)\nerror: (?:\(in promise\) )?([^]*?)\nThis error was/
      .exec(printed) ?? [];
  const frame = /^(.+) \.\.\.\n-+ output -+\n([^]*?)\n-+ output end -+$/gm;
  const outputs = new Map(
    [...printed.matchAll(frame)].map(([, name, text]) => [name!, text!]),
  );
  return tests.map((test) => {
    const output = outputs.get(test.name);
    return {
      ...test,
      ...(test.message === "Cancelled" && cause ? { message: cause } : {}),
      ...(output === undefined ? {} : { output }),
    };
  });
}

/**
 * What of a lesson grading would not take: it imports what is not there.
 *
 * @param root The folder of the project.
 * @param path The lesson's file.
 */
async function refusedImport(
  root: URL,
  path: string,
): Promise<string | undefined> {
  const { code, stdout } = await run(
    [Deno.execPath(), "info", "--json", path],
    { cwd: root },
  );
  if (code !== 0) return undefined;
  const { modules } = JSON.parse(stdout) as DenoInfo;
  const at = (path: string) => new URL(path, root);
  const lessons = at("lessons/").href;
  const opened = await openedFiles((path) => Deno.readTextFile(at(path)));
  const allowed = [
    ...opened.map((path) => at(path).href),
    import.meta.resolve("@std/assert"),
  ];
  const imports = importsOf(modules, lessons)
    .filter(([name]) => name !== "@std/assert");
  return refusedIn(imports, allowed, lessons);
}

/** The first error in the types of a lesson, in words. */
export async function typeErrorOf(
  { root, exercise: { path } }: Look,
): Promise<string | undefined> {
  const command = [Deno.execPath(), "check", "--quiet", path];
  const { stderr } = await run(command, { cwd: root, env: { NO_COLOR: "1" } });
  return typeErrorsIn(stderr).get(new URL(path, root).href);
}

/**
 * Finds out how far a student has come with one lesson.
 *
 * @param look The lesson, and how to look at it.
 * @returns What there is to write; solved is what grading would call solved.
 * @throws {Error} If the lesson cannot be run, with what to do.
 */
export async function stepsIn(look: Look): Promise<Step[]> {
  const { root, exercise } = look;
  const isThere = await Deno.stat(new URL(exercise.path, root))
    .then(() => true, () => false);
  if (!isThere) {
    throw new Error(
      `${exercise.path} is not there; ` +
        `deno task exercise ${look.number} --restore brings the starter back`,
    );
  }
  const [tests, refused] = await Promise.all([
    test(look),
    refusedImport(root, exercise.path),
  ]);
  if (refused !== undefined) {
    throw new Error(
      `the lesson imports "${refused}", which is not available while grading: ` +
        "use ../mod.ts, @std/assert, and files of your own beside the lesson",
    );
  }
  return stepsOf(exercise.regions, tests);
}
