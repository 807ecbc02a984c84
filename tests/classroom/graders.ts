/**
 * Proves that lessons can be graded: their starters fail, their solutions pass,
 * and each region is graded by tests that name it. Shared by three test files,
 * so that they run side by side.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { readJunit, type TestOutcome } from "../../classroom/junit.ts";
import {
  blank,
  gradedBy,
  type LessonFiles,
  lessonsIn,
  type Region,
  regionsOf,
  starterOf,
} from "../../classroom/regions.ts";
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

/** A copy of the project, with something else in a lesson's place. */
async function withCopy<T>(
  { path, test }: LessonFiles,
  lesson: string,
  fn: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = `${await Deno.makeTempDir({ prefix: "lesson-" })}/`;
  try {
    await Deno.mkdir(`${folder}tests`);
    for (const path of ["lib/", "lessons/", "mod.ts", "deno.json"]) {
      await copy(path, folder);
    }
    for (const path of ["deno.lock", "tests/helper.ts", test]) {
      await copy(path, folder);
    }
    await Deno.writeTextFile(folder + path, lesson);
    return await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Runs the tests that grade some functions of a lesson, with something else in
 * the lesson's place.
 */
function outcomesOf(
  files: LessonFiles,
  lesson: string,
  names: readonly string[],
  times = 1,
): Promise<TestOutcome[]> {
  return withCopy(files, lesson, async (folder) => {
    // A module that is asked for in another way runs once more.
    const file = files.test.split("/").at(-1);
    const runs = Array.from(
      { length: times },
      (_, i) => `import "./${file}?run=${i}";\n`,
    );
    await Deno.writeTextFile(`${folder}tests/run_test.ts`, runs.join(""));

    const { stdout, stderr } = await runIn(
      folder,
      ...["test", "--no-check", "--quiet", "--reporter=junit"],
      ...permissions.map((name) => `--allow-${name}`),
      `--filter=/\\b(${names.join("|")})\\b/`,
      "tests/run_test.ts",
    );
    const outcomes = readJunit(stdout);
    assert(outcomes.length > 0, stderr + stdout);
    // What the filter leaves out is reported as ignored.
    return outcomes.filter(({ status }) => status !== "ignored");
  });
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
  const test = (what: string, fn: () => void | Promise<void>) =>
    testWith(permissions, `lesson ${lesson.number}: ${what}`, fn);

  test("there are three regions, each with three hints", () => {
    assert(regions.length >= 3, `${regions.length} regions`);
    for (const { name, hints } of regions) assertEquals(hints.length, 3, name);
  });

  test("the starter fails every test that grades it, by its TODO", async () => {
    const outcomes = await outcomesOf(lesson, starterOf(source), names);
    for (const { name, status, message } of outcomes) {
      assertEquals(status, "failed", name);
      const [, missing] = /TODO (\w+)/.exec(message) ?? [];
      assert(missing && gradedBy(missing, [name]).length > 0, name + message);
    }
  });

  test("the solution passes five times in a row", async () => {
    const outcomes = await outcomesOf(lesson, source, names, 5);
    const others = outcomes.filter(({ status }) => status !== "passed");
    assertEquals(others, []);
    const different = new Set(outcomes.map(({ name }) => name));
    assertEquals(outcomes.length, 5 * different.size);
    // Each of them is graded.
    for (const name of names) {
      assert(
        gradedBy(name, [...different]).length > 0,
        `no test names ${name}`,
      );
    }
  });

  for (const region of regions) {
    const { name } = region;
    test(`blanking ${name} fails a test that names it`, async () => {
      const blanked = blank(source, region);
      const outcomes = await outcomesOf(lesson, blanked, [name]);
      assert(
        outcomes.some(({ message }) => message.includes(`TODO ${name}:`)),
        JSON.stringify(outcomes),
      );
    });
    test(`run without ${name}, it says so in one line`, async () => {
      const [, command] = /^ \* @run deno (.*)$/m.exec(source) ?? [];
      const { code, stderr } = await withCopy(
        lesson,
        blank(source, region),
        (folder) => runIn(folder, ...command!.split(" ")),
      );
      assertMatch(stderr, /^TODO .* \(lessons\/\w+\.ts:\d+\)\n$/);
      assertStringIncludes(stderr, `TODO ${name}: ${region.task} (`);
      assertEquals(code, 1);
    });
    test(`${name} is solved without what it does not use`, async () => {
      const used = usedBy(region, regions);
      const partly = regions.toReversed().reduce(
        (source, each) => used.has(each) ? source : blank(source, each),
        source,
      );
      const outcomes = await outcomesOf(lesson, partly, [name]);
      for (const { name, status, message } of outcomes) {
        assertEquals(status, "passed", `${name}: ${message}`);
      }
    });
  }
}

/** A region and those whose functions it calls, and so on. */
function usedBy(region: Region, regions: readonly Region[]): Set<Region> {
  const used = new Set([region]);
  for (const { text } of used) {
    for (const other of regions) {
      if (gradedBy(other.name, [text]).length > 0) used.add(other);
    }
  }
  return used;
}
