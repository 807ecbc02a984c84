/**
 * Inside the sandbox: imports one submitted lesson and its tests, runs them, and
 * reports to the grader.
 *
 * Its process has no permission at all. It reads its job and a secret from the
 * standard input, before any submitted code is loaded; from then on the realm is
 * locked down. Each report begins with the secret, which only this module's
 * closures hold, so what else is printed is not taken for a report.
 *
 * @module
 */

import * as assertions from "@std/assert";
import * as library from "../../mod.ts";
import * as talk from "../../lib/lesson.ts";
import { grades } from "../exercise/graded.ts";
import { beside } from "./beside.ts";
import * as drawing from "./inputs.ts";
import { lockDown } from "./lockdown.ts";
import { type Job, type SandboxReport, secretLength } from "./protocol.ts";

/** How many characters of text a report holds at most. */
const textLimit = 1_500;
interface Test {
  readonly name: string;
  readonly ignore?: boolean;
  readonly fn: (context: unknown) => unknown;
}

/** How a copy imports what it is made of. */
export interface Imports {
  /** The submitted lesson. */
  readonly lesson: () => Promise<Record<string, unknown>>;
  /** The lesson's own file. */
  readonly solution: () => Promise<Record<string, unknown>>;
  /** The tests of the lesson, which import what was submitted. */
  readonly tests: () => Promise<unknown>;
  /** The lesson's fresh inputs. */
  readonly inputs: () => Promise<drawing.InputsModule>;
}

// Taken before any other code can run.
const { exit, stdin, stdout } = Deno;
const write = stdout.writeSync.bind(stdout);
const { setTimeout, setInterval } = globalThis;
const encoder = new TextEncoder();

/**
 * Runs the job that the standard input names, and ends the process.
 *
 * @param imports Import what the copy is made of.
 * @param opened What a lesson may import besides.
 */
export async function runSandbox(
  imports: Imports,
  opened: readonly object[],
): Promise<void> {
  const given = await imports.inputs();
  const { job, report } = receive();
  putBeside(job, await imports.solution(), given.apart);
  const problems = telling(report);
  const collector = collectTests(problems);
  const late = collectLateErrors();
  replaceExits(problems, job.trusted);
  // Nothing locks in what may start programs; and what starts them is made of
  // Node's parts when it is first asked for, which fails in a frozen realm.
  if (!job.trusted) lockIn(given, opened);
  // A promise that never settles must not end the process early.
  setInterval(() => {}, 60_000);

  let lesson: Record<string, unknown>;
  try {
    lesson = await imports.lesson();
    await late.thrown();
  } catch (error) {
    problems(`importing it fails: ${describe(error)}`);
    return end(report);
  }
  const tests = await collector.collect(imports.tests).catch((error) => {
    problems(describeImport(error));
    return [];
  });
  const attempt = attempting(report, late.thrown);
  for (const { name, fn } of tests) {
    if (grades(name, job.region)) await attempt(name, () => fn({ name }));
  }
  if (job.region in given.inputs && tests.length > 0) {
    await tryFresh(job, given.inputs, lesson, report, attempt);
  }
  end(report);
}

/** Reads the job and the secret, which nothing else can read then. */
function receive(): { job: Job; report: Report } {
  const input = readAll();
  const report = reporter(input.slice(0, secretLength));
  const job: Job = JSON.parse(
    new TextDecoder().decode(input.subarray(secretLength)),
  );
  input.fill(0);
  return { job, report };
}

/** Notes the solution's functions that stand beside what is graded. */
function putBeside(
  job: Job,
  solution: Record<string, unknown>,
  apart: readonly string[] = [],
): void {
  const isApart = (name: string) =>
    apart.includes(name) && apart.includes(job.region);
  for (const name of job.beside) {
    if (!isApart(name)) beside.set(name, solution[name]);
  }
}

/** Reports problems, each once. */
function telling(report: Report): (text: string) => void {
  const known = new Set<string>();
  return (text) => {
    if (!known.has(text)) report({ kind: "problem", text });
    known.add(text);
  };
}

/** Locks the realm, with all that tests rely on. */
function lockIn(
  { inputs, replaced = [] }: drawing.InputsModule,
  opened: readonly object[],
): void {
  const modules = [assertions, library, talk, drawing, ...opened]
    .map((module) => ({ ...module }));
  const freeze = [...modules, inputs, ...madeByLibrary()];
  lockDown({ freeze, open: replaced });
}

/** Does something in the name of a test, and reports how that ended. */
type Attempt = (name: string, fn: () => unknown) => Promise<void>;

function attempting(report: Report, thrown: () => Promise<void>): Attempt {
  return async (name, fn) => {
    report({ kind: "started", name });
    try {
      await fn();
      await thrown();
      report({ kind: "passed", name });
    } catch (error) {
      const reason = describe(error) + placesOf(error);
      report({ kind: "failed", name, reason });
    }
  };
}

/** Tries the function on fresh inputs; what comes of them is reported. */
function tryFresh(
  { region, seed }: Job,
  inputs: drawing.Inputs,
  lesson: Record<string, unknown>,
  report: Report,
  attempt: Attempt,
): Promise<void> {
  const name = drawing.freshInputs(region);
  return attempt(name, async () => {
    const found = await drawing.outcomesOf(inputs, region, lesson, seed);
    for (const outcome of found) report({ kind: "outcome", name, outcome });
  });
}

type Unnumbered<T> = T extends unknown ? Omit<T, "number"> : never;
type Report = (report: Unnumbered<SandboxReport>) => void;

function end(report: Report): void {
  report({ kind: "ended" });
  exit(0);
}

/**
 * An object of each kind that the library makes: what they inherit from is
 * nowhere exported.
 */
function madeByLibrary(): unknown[] {
  const same = (x: unknown) => x;
  const made: unknown[] = [library.range(1)];
  for (const pipeline of [library.lazy([]), library.lazy([]).map(same)]) {
    made.push(pipeline, pipeline[Symbol.iterator]());
  }
  // Each function takes some of these; nothing runs before it is iterated.
  const calls = [[same, []], [same, [], []], [1, []], [[]], [same, 0], [0]];
  // Odd numbers in a Range would make every later one heavier, and lessons weigh
  // some.
  const others = /^([A-Z]|everyOrder$|range$|run|spawn$|pipe$|pipeline$)/;
  for (const [name, fn] of Object.entries(library)) {
    if (others.test(name) || typeof fn !== "function") continue;
    for (const args of calls) {
      try {
        made.push(Reflect.apply(fn, undefined, args));
      } catch {
        // It takes others.
      }
    }
  }
  return made;
}

/** The standard input up to its end. */
function readAll(): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(65_536);
  let all = new Uint8Array(0);
  for (let size; (size = stdin.readSync(chunk)) !== null;) {
    const longer = new Uint8Array(all.length + size);
    longer.set(all);
    longer.set(chunk.subarray(0, size), all.length);
    all = longer;
  }
  return all;
}

/** Makes the function that reports; nothing else gets the secret. */
function reporter(secret: Uint8Array): Report {
  let number = 0;
  return (report) => {
    const text = JSON.stringify({ ...report, number: number++ });
    const body = encoder.encode(text);
    // What was printed before may have left its line open.
    const line = new Uint8Array(1 + secret.length + body.length + 1);
    line[0] = 10;
    line.set(secret, 1);
    line.set(body, 1 + secret.length);
    line[line.length - 1] = 10;
    for (let sent = 0; sent < line.length;) {
      sent += write(line.subarray(sent));
    }
    line.fill(0);
  };
}

/** Puts a collector in the place of Deno.test. */
function collectTests(problem: (text: string) => void) {
  const tests: Test[] = [];
  let isOpen = false;
  const register = (first: unknown, second?: unknown, third?: unknown) => {
    if (!isOpen) {
      problem("registers tests of its own; they are not run");
      return;
    }
    const fn = [third, second, first].find((one) => typeof one === "function");
    const options = typeof first === "object" ? first as Test : undefined;
    const name: unknown = typeof first === "string" ? first : options?.name;
    // An object would be told apart from the name that its toJSON() gives.
    if (typeof name !== "string") throw new TypeError("a test needs a name");
    const test = { name, fn: (fn ?? options?.fn) as Test["fn"] };
    if (!options?.ignore) tests.push(test);
  };
  const names = ["ignore", "only", "beforeAll", "afterAll"];
  for (const name of [...names, "beforeEach", "afterEach"]) {
    Object.assign(register, { [name]: () => {} });
  }
  Object.defineProperty(Deno, "test", {
    value: register,
    configurable: true,
    enumerable: true,
  });
  return {
    /** The tests that a module registers. */
    async collect(importTests: () => Promise<unknown>): Promise<Test[]> {
      isOpen = true;
      await importTests();
      isOpen = false;
      // What is submitted may have found the moment. A test that is there twice
      // could pass once, and end the process before the other one's turn.
      if (new Set(tests.map(({ name }) => name)).size < tests.length) {
        throw new Error("it registers tests of its own");
      }
      return [...tests];
    },
  };
}

/** Notes errors that nobody catches, instead of ending the process. */
function collectLateErrors() {
  let late: { readonly error: unknown } | undefined;
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    late ??= { error: event.reason };
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    late ??= { error: event.error ?? event.message };
  });
  return {
    /** Throws the error that came up until now, if there was one. */
    async thrown(): Promise<void> {
      // Nobody is told of a rejection before what runs now has ended.
      await new Promise((resolve) => setTimeout(resolve));
      const thrown = late;
      late = undefined;
      if (thrown !== undefined) throw thrown.error;
    },
  };
}

/** Replaces what would end the process by functions that say so. */
function replaceExits(
  problem: (text: string) => void,
  isTrusted: boolean,
): void {
  const refuse = (name: string) => () => {
    problem(`calls ${name}, which would end the program`);
    throw new Error(`${name} is not available while grading`);
  };
  // The library ends programs with Deno.kill.
  for (const name of isTrusted ? ["exit"] : ["exit", "kill"]) {
    Object.defineProperty(Deno, name, { value: refuse(`Deno.${name}()`) });
  }
  Object.defineProperty(globalThis, "close", {
    value: refuse("close()"),
    configurable: true,
  });
}

/** What was thrown, in words. It comes from code that nobody trusts. */
function describe(thrown: unknown): string {
  try {
    const text = thrown instanceof Error
      ? `${thrown.name}: ${thrown.message}`
      : String(thrown);
    return `${text}`.slice(0, textLimit);
  } catch {
    return "something that cannot be printed was thrown";
  }
}

/** Where it was thrown, a line for each place in the tests and the lesson. */
function placesOf(thrown: unknown): string {
  const folders = [
    ["lessons/", new URL("lessons/", Deno.mainModule).href],
    ["tests/", new URL("../../tests/", import.meta.url).href],
  ] as const;
  try {
    const frames = `${(thrown as Error).stack}`.slice(0, 10 * textLimit)
      .matchAll(/(file:\S+?):(\d+):\d+/g);
    const places = [...frames].flatMap(([, url, line]) =>
      folders.filter(([, folder]) => url!.startsWith(folder))
        .map(([short, folder]) => url!.replace(folder, short) + `:${line}`)
    );
    return places.slice(0, 4).map((place) => `\n    at ${place}`).join("");
  } catch {
    return "";
  }
}

/** Why the tests cannot be imported: as a rule, an export is missing. */
function describeImport(thrown: unknown): string {
  const text = describe(thrown);
  const missing = /does not provide an export named '([^']+)'/.exec(text);
  return missing
    ? `does not export ${missing[1]}, which the tests import`
    : `its tests cannot be imported: ${text}`;
}
