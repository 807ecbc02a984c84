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
import { lazy } from "../../mod.ts";
import * as makingInputs from "../../classroom/sandbox/inputs.ts";
import * as helper from "../../tests/helper.ts";
import { lineIn } from "../stack.ts";
import { Teller } from "../tell.ts";
import { installConsole, shorten } from "./console.ts";
import { words } from "./inspect.ts";
import type { Bar } from "../said.ts";
import type { Ask, Job } from "./messages.ts";

declare const job: Job;

/** A page that is told more than this has no time for a click on Stop. */
const most = 5_000;

const isShared = typeof SharedArrayBuffer !== "undefined";
let sayings = 0;
const teller = new Teller(
  job.path,
  (said) => {
    sayings += 1;
    if ("text" in said) said = { ...said, text: shorten(said.text) };
    if (sayings < most) tellPage({ kind: "said", said });
    else if (sayings === most) {
      const text = `after ${most} results, nothing more is shown`;
      tellPage({ kind: "said", said: { kind: "log", line: said.line, text } });
    }
  },
  (line) => sayings < most && tellPage({ kind: "at", line }),
);
installConsole((text) => teller.log(text));

function fail(error: unknown): void {
  const text =
    (error instanceof Error ? `${error}` : `thrown: ${words([error])}`)
      // An error of loading names the whole module by its address.
      .replace(/data:text\/javascript[^\s'"`]*/g, "the lesson");
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
  const own = all.filter((test) => grades(test.name, name) && !test.ignore);
  for (const test of own) {
    tellPage({ kind: "testing", name: test.name });
    let status: TestOutcome["status"] = "passed";
    let message = "";
    try {
      await test.fn(context);
    } catch (error) {
      status = "failed";
      message = printed(error);
    }
    outcomes.push({ name: test.name, status, message });
    // The first that fails is told, and a later one may never end.
    if (status === "failed") break;
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

/** What widgets ask of lessons. */
interface Asked {
  runSequential(tasks: number, n: number): Promise<{ elapsed: number }>;
  runParallel(
    tasks: number,
    n: number,
    workers: number,
    onTask: (span: Bar) => void,
  ): Promise<{ elapsed: number }>;
  evaluationOrder(data: unknown): string[];
}

/** Answers a widget. */
async function answer(ask: Ask, lesson: unknown): Promise<void> {
  const asked = lesson as Asked;
  let value: unknown;
  if (ask.about === "order") {
    value = {
      "lazy pipeline": asked.evaluationOrder(lazy(ask.items)),
      "methods of arrays": asked.evaluationOrder(ask.items),
    };
  } else {
    const { tasks, n, workers } = ask;
    // Code is slow when it runs for the first time.
    await asked.runSequential(1, Math.min(n, 100_000));
    const { elapsed: sequential } = await asked.runSequential(tasks, n);
    const start = performance.now();
    const { elapsed: parallel } = await asked.runParallel(
      ...[tasks, n, workers] as const,
      ({ worker, task, from, to }) => {
        const span = { worker, task, from: from - start, to: to - start };
        tellPage({ kind: "span", span });
      },
    );
    value = { sequential, parallel };
  }
  tellPage({ kind: "answer", value });
}

/** An error as Deno prints it: what it says, and its stack. */
function printed(error: unknown): string {
  if (!(error instanceof Error)) return words([error]);
  const { stack = "" } = error;
  return stack.startsWith(String(error)) ? stack : `${error}\n${stack}`;
}

/** Loads the lesson, and does what there is to do. */
async function main(): Promise<void> {
  const known: Record<string, unknown> = {
    "@std/assert": assertions,
    "./helper.ts": helper,
    "../classroom/sandbox/inputs.ts": makingInputs,
  };
  const course = (from: string, names?: readonly string[]) =>
    known[from] ?? teller.module(from, names);
  Object.assign(globalThis, {
    course,
    // Not async, so that the stack of its error has the line.
    courseImport: (from: string) => {
      try {
        return Promise.resolve(course(from));
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
  known[`../${job.path}`] = await import(job.lesson);
  if (job.check) {
    const { inputs } = job.check;
    const [, number] = /(\d+)_/.exec(job.path)!;
    if (inputs) known[`./${number}_inputs.ts`] = await import(inputs);
    return await check(job.check);
  }
  if (job.ask) return await answer(job.ask, known[`../${job.path}`]);
  await teller.tell(job.values);
  tellPage({ kind: "done" });
}

main().catch(fail);
