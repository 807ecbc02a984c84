/**
 * The answers are graded, and tried as `exercise` tries them: right ones are
 * solved, wrong ones are not, and both say the same.
 */

import { assertEquals } from "@std/assert";
import {
  type Answer,
  type AnsweredFile,
  answersTo,
  filesOf,
} from "../../classroom/exercise/answers.ts";
import { assign } from "../../classroom/exercise/assign.ts";
import { stepsIn } from "../../classroom/exercise/decide.ts";
import type { Exercises } from "../../classroom/exercise/graded.ts";
import {
  type LessonFiles,
  lessonsIn,
  regionsOf,
} from "../../classroom/exercise/regions.ts";
import { judge, planOf } from "../../classroom/grading/grade_lesson.ts";
import { Random } from "../../classroom/sandbox/inputs.ts";
import type { Kit } from "../../classroom/sandbox/kit.ts";
import { testWith } from "../helper.ts";
import { forEach, root, Tried, withKit } from "./kits.ts";

/** The lessons whose functions start programs. */
const trusted = ["04", "14"];

testWith(
  ["read"],
  "answers: to each region there are three right ones and three wrong ones",
  () => {
    for (const lesson of lessonsIn(root)) {
      const source = Deno.readTextFileSync(new URL(lesson.path, root));
      const names = regionsOf(source).map(({ name }) => name);
      const answers = answersTo(lesson);
      assertEquals(
        new Set(answers.map(({ region }) => region)),
        new Set(names),
      );
      for (const name of names) {
        const own = answers.filter(({ region }) => region === name);
        const right = own.filter(({ isRight }) => isRight).length;
        const wrong = own.length - right;
        assertEquals([right >= 3, wrong >= 3], [true, true], name);
      }
    }
  },
);

testWith(
  ["run", "read", "write", "env"],
  "answers: grading calls the right ones solved, and no wrong one",
  () =>
    withKit(async (kit) => {
      const seed = newSeed();
      const graded = await forEach(
        lessonsIn(root),
        (lesson) => gradeAll(kit, lesson, seed),
      );
      assertEquals(graded.filter(isWrong), [], `seed ${seed}`);
    }),
);

testWith(
  ["run", "read", "write", "env"],
  "answers: exercise says the same of three right ones and three wrong ones of each lesson",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "answers-" });
    const project = new URL(`file://${folder}/project/`);
    const seed = newSeed();
    try {
      const lessons = lessonsIn(root);
      await assign(root, { lessons, out: project, force: false });
      const exercises: Exercises = JSON.parse(
        await Deno.readTextFile(new URL("classroom/exercises.json", project)),
      );
      const tried = await forEach(lessons, (lesson) => {
        const exercise = exercises[lesson.number]!;
        return tryAnswers(project, lesson, exercise, seed);
      });
      assertEquals(tried.filter(isWrong), [], `seed ${seed}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Decides inputs and choices; a failing test names it. */
function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** What is said of an answer. */
interface Verdict {
  readonly answer: string;
  readonly isRight: boolean;
  readonly solved: boolean;
  /** Why it is not. */
  readonly reasons: readonly (string | undefined)[];
}

/** Whether something else is said of an answer than what it is. */
function isWrong({ isRight, solved }: Verdict): boolean {
  return isRight !== solved;
}

function verdictOf(
  { number }: LessonFiles,
  { region, what, isRight }: Answer,
  solved: boolean,
  reasons: Verdict["reasons"],
): Verdict {
  return { answer: `${number} ${region}: ${what}`, isRight, solved, reasons };
}

/** Grades all answers to a lesson, each beside others. */
async function gradeAll(
  kit: Kit,
  lesson: LessonFiles,
  seed: number,
): Promise<Verdict[]> {
  const trusts = trusted.includes(lesson.number);
  const tried = new Tried(kit, lesson, { seed, trusted: trusts });
  const { source } = tried;
  const { plan } = await planOf(
    await tried.copy(source),
    source,
    tried.options(),
  );
  const verdicts: Verdict[] = [];
  for (const { answers, text } of filesOf(lesson)) {
    const run = await tried.run(text, answers.map(({ region }) => region));
    const { regions: found, problems } = judge(plan, run);
    for (const answer of answers) {
      const { solved, tests } = found.find((it) => it.name === answer.region)!;
      const reasons = [...problems, ...tests.map(({ reason }) => reason)];
      verdicts.push(verdictOf(lesson, answer, solved, reasons));
    }
  }
  return verdicts;
}

/** Tries three right answers of a lesson and three wrong ones, as `exercise` does. */
async function tryAnswers(
  project: URL,
  lesson: LessonFiles,
  exercise: Exercises[string],
  seed: number,
): Promise<Verdict[]> {
  const random = new Random(seed);
  const answers = answersTo(lesson);
  const three = (isRight: boolean) => {
    const some = Map.groupBy(
      answers.filter((it) => it.isRight === isRight),
      ({ region }) => region,
    );
    const chosen = [...some.values()].map((own) => random.of(own));
    return filesOf(lesson, chosen.slice(0, 3));
  };
  const verdicts: Verdict[] = [];
  for (const file of [...three(true), ...three(false)]) {
    verdicts.push(...await tryFile(project, lesson, exercise, file));
  }
  return verdicts;
}

/** What `exercise` says of each answer in a file; none is solved where it does not run. */
async function tryFile(
  project: URL,
  lesson: LessonFiles,
  exercise: Exercises[string],
  { answers, text }: AnsweredFile,
): Promise<Verdict[]> {
  const { number, path } = lesson;
  await Deno.writeTextFile(new URL(path, project), text);
  try {
    const look = { root: project, number, exercise, timeout: 10 };
    const steps = await stepsIn(look);
    return answers.map((answer) => {
      const { solved, failing } = steps.find((it) =>
        it.name === answer.region
      )!;
      const reasons = failing.map(({ message }) => message);
      return verdictOf(lesson, answer, solved, reasons);
    });
  } catch (error) {
    const { message } = error as Error;
    return answers.map((it) => verdictOf(lesson, it, false, [message]));
  }
}
