/**
 * Proves that lessons can be graded: their starters fail, their solutions pass,
 * and each region is graded by tests of its own. Shared by three test files,
 * so that they run side by side.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gradingAny, subjectsOf } from "../../classroom/exercise/graded.ts";
import { readJunit, type TestOutcome } from "../../classroom/exercise/junit.ts";
import {
  blank,
  gradedBy,
  hintsOf,
  type LessonFiles,
  lessonsIn,
  type Region,
  regionsOf,
  starterOf,
} from "../../classroom/exercise/regions.ts";
import { runIn, testWith } from "../helper.ts";

const root = new URL("../../", import.meta.url);
const permissions = ["read", "write", "run", "env"] as const;

/** Copies a folder of the project, or a file. */
async function copy(path: string, folder: string): Promise<void> {
  const from = new URL(path, root);
  if (!path.endsWith("/")) return await Deno.copyFile(from, folder + path);
  await Deno.mkdir(folder + path, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    await copy(path + name + (isDirectory ? "/" : ""), folder);
  }
}

/** A copy of what a lesson and its test need, while `fn` runs. */
async function withCopy<T>(
  { number, path, test }: LessonFiles,
  fn: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = `${await Deno.makeTempDir({ prefix: "lesson-" })}/`;
  try {
    await Deno.mkdir(`${folder}tests`);
    await Deno.mkdir(`${folder}lessons`);
    for (const path of ["lib/", "classroom/sandbox/", "mod.ts", "deno.json"]) {
      await copy(path, folder);
    }
    const own = [path, test, `tests/${number}_inputs.ts`];
    for (const file of ["deno.lock", "tests/helper.ts", ...own]) {
      await copy(file, folder);
    }
    return await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Something in a lesson's place, and which of its functions are graded. */
interface Variant {
  readonly lesson: string;
  readonly names: readonly string[];
  /** How often the tests run; once unless given. */
  readonly times?: number;
  /** The region whose TODO ends the story, if it is told. */
  readonly told?: string;
}

/** What came of a variant: its tests, and what ended its story. */
interface Graded {
  readonly outcomes: TestOutcome[];
  readonly ending: TestOutcome | undefined;
}

/**
 * Runs the tests of all variants of a lesson in one Deno, each with the variant
 * in the lesson's place.
 */
function grade(
  files: LessonFiles,
  variants: Readonly<Record<string, Variant>>,
): Promise<Record<string, Graded>> {
  return withCopy(files, async (folder) => {
    const name = files.path.replace(/^lessons\/(.*)\.ts$/, "$1");
    const test = await Deno.readTextFile(folder + files.test);
    for (const [tag, variant] of Object.entries(variants)) {
      const named = (text: string) => text.replaceAll(name, `${name}.${tag}`);
      await Deno.writeTextFile(folder + named(files.path), variant.lesson);
      await Deno.writeTextFile(`${folder}tests/${tag}.ts`, named(test));
      await Deno.writeTextFile(
        `${folder}tests/${tag}_test.ts`,
        testFileOf(tag, named(name), variant),
      );
    }
    const { stdout, stderr } = await runIn(
      folder,
      ...["test", "--no-check", "--quiet", "--reporter=junit"],
      ...permissions.map((name) => `--allow-${name}`),
      ...Object.keys(variants).map((tag) => `tests/${tag}_test.ts`),
    );
    const all = readJunit(stdout);
    assert(all.length > 0, stderr + stdout);
    return Object.fromEntries(
      Object.keys(variants).map((tag) => {
        const own = all.filter(({ name }) => name.startsWith(`${tag} `))
          .map((it) => ({ ...it, name: it.name.slice(tag.length + 1) }));
        const ending = own.find(({ name }) => name === "the story ends");
        return [tag, { outcomes: own.filter((it) => it !== ending), ending }];
      }),
    );
  });
}

/** A test file that registers those tests of a variant that grade its names. */
function testFileOf(
  tag: string,
  name: string,
  { names, times = 1, told }: Variant,
): string {
  const story = told === undefined ? "" : `
    await import("../lessons/${name}.ts");
    register({
      name: "${tag} the story ends",
      fn: () => tell(
        new URL("../lessons/${name}.ts", import.meta.url).href,
        terminal(() => {}, 80),
      ).then(() => {}),
    });`;
  return `
    import { tell } from "../lib/lesson.ts";
    import { terminal } from "../lib/lesson/output.ts";
    const register = Deno.test;
    const isGraded = (name) => ${gradingAny(names)}.test(name);
    Deno.test = (first, second) => {
      const test = typeof first === "string" ? { name: first, fn: second } : first;
      if (!isGraded(test.name)) return;
      register({ ...test, name: "${tag} " + test.name });
    };
    for (let run = 0; run < ${times}; run++) await import("./${tag}.ts?run=" + run);
    ${story}`;
}

/**
 * Registers the tests of some lessons.
 *
 * @param from The first lesson's number.
 * @param to The last lesson's number.
 */
export function testLessons(from: string, to: string): void {
  // The lessons have to be read, to know what there is to test.
  const readable = { name: "read", path: root } as const;
  if (Deno.permissions.querySync(readable).state !== "granted") {
    const name = `lessons ${from} to ${to} can be graded`;
    return testWith(permissions, name, () => {});
  }
  for (const lesson of lessonsIn(root)) {
    if (lesson.number >= from && lesson.number <= to) testLesson(lesson);
  }
}

function testLesson(lesson: LessonFiles): void {
  const source = Deno.readTextFileSync(new URL(lesson.path, root));
  const regions = regionsOf(source);
  const names = regions.map(({ name }) => name);
  const test = (
    what: string,
    fn: (t: Deno.TestContext) => void | Promise<void>,
  ) => testWith(permissions, `lesson ${lesson.number}: ${what}`, fn);

  test("there are three regions, each with three hints", () => {
    assert(regions.length >= 3, `${regions.length} regions`);
    const hints = hintsOf(Deno.readTextFileSync(new URL(lesson.hints, root)));
    assertEquals([...hints.keys()].sort(), names.toSorted());
    for (const [name, own] of hints) assertEquals(own.length, 3, name);
  });

  test("each test grades regions, or says that it is about what is given", async () => {
    for (const name of await namesIn(lesson.test)) {
      const subjects = subjectsOf(name);
      const isGraded = subjects.every((subject) => names.includes(subject));
      assert(isGraded || /^given\b.*: /.test(name), name);
    }
  });

  test("its starter, its solution and each region are graded", async (t) => {
    const graded = await grade(lesson, variantsOf(source, regions));
    await t.step(
      "the starter fails every test that grades it, by its TODO",
      () => failsByTodo(graded["starter"]!),
    );
    await t.step(
      "the solution passes five times in a row",
      () => passesFiveTimes(graded["solution"]!, names),
    );
    for (const { name, task } of regions) {
      const { outcomes, ending } = graded[`without_${name}`]!;
      await t.step(`blanking ${name} fails a test that grades it`, () => {
        assert(
          outcomes.some(({ message }) => message.includes(`TODO ${name}:`)),
          JSON.stringify(outcomes),
        );
      });
      await t.step(`the story ends at ${name}, if it is not written`, () => {
        assertStringIncludes(ending?.message ?? "", `TODO ${name}: ${task}`);
      });
      await t.step(`${name} is solved without what it does not use`, () => {
        const { outcomes } = graded[`only_${name}`]!;
        const others = outcomes.filter(({ status }) => status !== "passed");
        assertEquals(others, []);
        assert(outcomes.length > 0);
      });
    }
  });
}

/** The starter, the solution, and for each region: all others, or it alone. */
function variantsOf(
  source: string,
  regions: readonly Region[],
): Record<string, Variant> {
  const names = regions.map(({ name }) => name);
  const variants: Record<string, Variant> = {
    starter: { lesson: starterOf(source), names },
    solution: { lesson: source, names, times: 5 },
  };
  for (const region of regions) {
    const { name } = region;
    const used = usedBy(source, region, regions);
    const partly = regions.toReversed().reduce(
      (source, each) => used.has(each) ? source : blank(source, each),
      source,
    );
    variants[`without_${name}`] = {
      lesson: blank(source, region),
      names: [name],
      told: name,
    };
    variants[`only_${name}`] = { lesson: partly, names: [name] };
  }
  return variants;
}

function failsByTodo({ outcomes }: Graded): void {
  for (const { name, status, message } of outcomes) {
    assertEquals(status, "failed", name);
    const [, missing] = /TODO (\w+)/.exec(message) ?? [];
    assert(missing && gradedBy(missing, [name]).length > 0, name + message);
  }
}

function passesFiveTimes(
  { outcomes }: Graded,
  names: readonly string[],
): void {
  const others = outcomes.filter(({ status }) => status !== "passed");
  assertEquals(others, []);
  const different = new Set(outcomes.map(({ name }) => name));
  assertEquals(outcomes.length, 5 * different.size);
  // Each of them is graded.
  for (const name of names) {
    const own = gradedBy(name, [...different]);
    assert(own.length > 0, `no test grades ${name}`);
  }
}

/** The names of the tests in a file. */
async function namesIn(path: string): Promise<string[]> {
  const register = Deno.test;
  const names: string[] = [];
  const note = (test: string | Deno.TestDefinition) =>
    void names.push(typeof test === "string" ? test : test.name);
  try {
    Object.assign(Deno, { test: note });
    await import(new URL(path, root).href);
  } finally {
    Object.assign(Deno, { test: register });
  }
  assert(names.length > 0, path);
  return names;
}

/** A region and those whose functions it calls, and so on. */
function usedBy(
  source: string,
  region: Region,
  regions: readonly Region[],
): Set<Region> {
  const lines = source.split(/\r?\n/);
  // From the end of what stands above: parameters may call functions too.
  const functionOf = ({ start, end }: Region) => {
    const above = lines.slice(0, start).findLastIndex((it) => /^\}/.test(it));
    return lines.slice(above + 1, end).join("\n");
  };
  const used = new Set([region]);
  for (const each of used) {
    for (const other of regions) {
      const calls = new RegExp(`\\b${other.name}\\b`).test(functionOf(each));
      if (calls) used.add(other);
    }
  }
  return used;
}
