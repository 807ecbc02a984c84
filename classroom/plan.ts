/**
 * What a lesson's own solution does in the sandbox, which is what submissions
 * have to do.
 *
 * @module
 */

import type { Plan, PlannedRegion } from "./grade_lesson.ts";
import type { Copy } from "./kit.ts";
import { freshInputs } from "./inputs.ts";
import { gradedBy, regionsOf } from "./regions.ts";
import { runLesson, type RunLessonOptions } from "./run_lesson.ts";

/**
 * Runs a lesson's own solution, and notes which tests passed. So it is also
 * shown that the sandbox lets a right solution pass.
 *
 * @param copy A copy of the lesson's own file.
 * @param source The text of that file.
 * @param options How to run it: as submissions will be.
 * @returns The plan, and what the teacher should know.
 * @throws {Error} If a test fails that can run in the sandbox.
 */
export async function planOf(
  copy: Copy,
  source: string,
  options: RunLessonOptions,
): Promise<{ plan: Plan; notes: string[] }> {
  const { lesson } = options;
  const run = await runLesson(copy, options);
  const { problems } = run;
  const tests = new Map(run.tests);
  const [problem] = problems;
  if (problem !== undefined) {
    throw new Error(`lesson ${lesson}: its own solution ${problem}`);
  }
  for (const [name, run] of tests) {
    if (run.status !== "failed") continue;
    // Some run the lesson as a program, which needs the whole project.
    if (options.trusted && tests.delete(name)) continue;
    throw new Error(
      `lesson ${lesson}: its own solution fails "${name}": ${run.reason}`,
    );
  }
  const regions: PlannedRegion[] = [];
  const left: string[] = [];
  for (const { name, task } of regionsOf(source)) {
    const fresh = freshInputs(name);
    const drawn = tests.get(fresh);
    const visible = [...tests.keys()].filter((test) => test !== fresh);
    const names = gradedBy(name, visible);
    if (names.length === 0 && drawn === undefined) {
      left.push(name);
      continue;
    }
    regions.push({
      name,
      task,
      tests: names,
      ...(drawn?.status === "passed" ? { outcomes: drawn.outcomes! } : {}),
    });
  }
  const notes = left.length === 0 ? [] : [
    `lesson ${lesson}: ${left.join(", ")}: not graded, as no test of it can ` +
    `run in the sandbox${
      options.trusted ? "" : ` (--trust ${lesson} gives that up: see --help)`
    }`,
  ];
  return { plan: { lesson, regions }, notes };
}

/**
 * What a submission declares otherwise than the lesson does: a sign that it was
 * made from an older starter.
 *
 * @param own The text of the lesson's own file.
 * @param submitted The text of the submitted file.
 * @returns What is different, in words; nothing if all is as it should be.
 */
export function differencesOf(own: string, submitted: string): string[] {
  const expected = signaturesOf(own);
  const found = signaturesOf(submitted);
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const changed = [...expected].filter(([name, signature]) =>
    found.has(name) && found.get(name) !== signature
  ).map(([name]) => name);
  const all = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(changed.length > 0 ? [`declares ${changed.join(", ")} otherwise`] : []),
  ];
  if (all.length === 0) return [];
  return [`${all.join(", and ")}: was it made from an older starter?`];
}

/** The heads of a file's exported functions and classes, by name. */
function signaturesOf(source: string): Map<string, string> {
  const signatures = new Map<string, string>();
  const lines = source.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const declared = /^export (?:async )?(?:function\*?|class|const) (\w+)/
      .exec(line);
    if (declared === null) continue;
    // The head of a function can take some lines. What is longer than they are
    // is cut, which is no reason to search it for ever.
    const text = lines.slice(i, i + 8).join("").slice(0, 500);
    const [head = ""] = text.slice(declared[0].length).split(/\{|;|=>|= /);
    signatures.set(declared[1]!, head.replace(/[\s,]+/g, ""));
  }
  return signatures;
}
