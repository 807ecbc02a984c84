/**
 * The thread that tells a lesson, or runs its tests. Stop ends it.
 *
 * @module
 */

import { tellPage } from "./main_thread.ts";
import * as assertions from "@std/assert";
import { formatSteps } from "../../classroom/exercise/explain.ts";
import { grades, stepsOf } from "../../classroom/exercise/graded.ts";
import type { TestOutcome } from "../../classroom/exercise/junit.ts";
import { setThreadProgram } from "../../lib/workers/thread.ts";
import * as helper from "../../tests/helper.ts";
import { lineIn } from "../stack.ts";
import { Teller } from "../tell.ts";
import { onMemoryUsage } from "./deno.ts";
import { words } from "./inspect.ts";
import type { Job } from "./messages.ts";

declare const job: Job;
/** The program of a worker; a part of this one's text would lose its names. */
declare const FAR_PROGRAM: string;

/** A page that is told more than this has no time for a click on Stop. */
const most = 5_000;

const isShared = typeof SharedArrayBuffer !== "undefined";
let sayings = 0;
const teller = new Teller(
  job.path,
  (said) => {
    sayings += 1;
    if (sayings < most) tellPage({ kind: "said", said });
    else if (sayings === most) {
      const text = `after ${most} results, nothing more is shown`;
      tellPage({ kind: "said", said: { kind: "log", line: said.line, text } });
    }
  },
  (line) => sayings < most && tellPage({ kind: "at", line }),
);
onMemoryUsage(() => teller.becomeUnknown());
console.log = (...values: unknown[]) => teller.log(words(values));
for (const kind of ["error", "warn", "info", "debug"] as const) {
  console[kind] = console.log;
}

function fail(error: unknown): void {
  const text = error instanceof Error
    ? `${error}`
    : `thrown: ${words([error])}`;
  tellPage({
    kind: "failed",
    text,
    line: error instanceof Error ? lineIn(error.stack, job.path) : undefined,
    lacksSharing: !isShared &&
      /SharedArrayBuffer|memory that threads share/.test(text),
  });
}
addEventListener("error", (event) => {
  event.preventDefault();
  fail(event.error ?? event.message);
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});

/** A test of a lesson. */
interface Test {
  readonly name: string;
  readonly ignore?: boolean;
  readonly fn: (context: unknown) => unknown;
}

/** Runs the tests that grade an exercise, and says how they ended. */
async function check(
  { name, task, path, tests, source }: NonNullable<Job["check"]>,
) {
  const all: Test[] = [];
  Object.assign(Deno, {
    test: (test: Test | string, fn?: Test["fn"]) =>
      all.push(typeof test === "string" ? { name: test, fn: fn! } : test),
  });
  await import(tests);
  const context = {
    step: async (_: string, fn: Test["fn"]) => (await fn(context), true),
  };
  const outcomes: TestOutcome[] = [];
  for (const test of all.filter((test) => grades(test.name, name))) {
    tellPage({ kind: "testing", name: test.name });
    let status: TestOutcome["status"] = test.ignore ? "ignored" : "passed";
    let message = "";
    try {
      if (!test.ignore) await test.fn(context);
    } catch (error) {
      status = "failed";
      message = printed(error);
    }
    outcomes.push({ name: test.name, status, message });
  }
  const steps = stepsOf([{ name, task, hints: [] }], outcomes);
  const file = source.split("\n");
  const lines = formatSteps(
    steps,
    (asked) => asked === path ? file : undefined,
  );
  const isSolved = steps.every(({ solved }) => solved);
  tellPage({ kind: "checked", lines, isSolved });
}

/** An error as Deno prints it: what it says, and its stack. */
function printed(error: unknown): string {
  if (!(error instanceof Error)) return words([error]);
  const { stack = "" } = error;
  return stack.startsWith(error.name) ? stack : `${error}\n${stack}`;
}

/** Loads the lesson, and does what there is to do. */
async function main(): Promise<void> {
  setThreadProgram(FAR_PROGRAM);
  const known: Record<string, unknown> = {
    "@std/assert": assertions,
    "./helper.ts": helper,
  };
  Object.assign(globalThis, {
    course: (from: string) => known[from] ?? teller.module(from),
  });
  known[`../${job.path}`] = await import(job.lesson);
  if (job.check) return await check(job.check);
  await teller.tell(job.values);
  tellPage({ kind: "done" });
}

main().catch(fail);
