/**
 * Projects for students are written into temporary folders and used there, as a
 * student would.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { lessonsIn, regionsOf } from "../../classroom/regions.ts";
import { type Ran, runIn, testWith } from "../helper.ts";

const root = new URL("../../", import.meta.url);

const test = (name: string, fn: (folder: string) => Promise<void>) =>
  testWith(["run", "read", "write"], name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "assign-" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

const assign = (...args: string[]): Promise<Ran> =>
  runIn(root, "task", "--quiet", "assign", ...args);

const read = (folder: string, path: string) =>
  Deno.readTextFile(`${folder}/${path}`);

/** Puts the lesson's own solution in the place of a student's work. */
async function solve(folder: string, path: string): Promise<void> {
  await Deno.copyFile(new URL(path, root), `${folder}/${path}`);
}

test("assign writes a project that is formatted, lints and type-checks", async (folder) => {
  const all = lessonsIn(root);
  const numbers = all.map(({ number }) => number);
  const written = await assign(...numbers, "--out", `${folder}/class`);
  assertEquals([written.code, written.stderr], [0, ""]);
  for (const args of [["fmt", "--check"], ["lint"], ["check"]]) {
    const ran = await runIn(`${folder}/class`, ...args);
    assertEquals(ran.code, 0, `deno ${args.join(" ")}: ${ran.stderr}`);
  }
});

test("assign leaves no line of a solution anywhere", async (folder) => {
  const all = lessonsIn(root);
  const numbers = all.map(({ number }) => number);
  await assign(...numbers, "--out", `${folder}/class`);
  const exercises = await read(`${folder}/class`, "classroom/exercises.json");
  const readme = await read(`${folder}/class`, "README.md");
  for (const { path } of all) {
    const source = await Deno.readTextFile(new URL(path, root));
    const starter = await read(`${folder}/class`, path);
    const regions = regionsOf(source);
    const given = regions.reduce(
      (rest, { text }) => rest.replace(text, ""),
      source,
    );
    for (const { name, text } of regions) {
      for (const line of text.split("\n").map((line) => line.trim())) {
        // What stands outside the regions as well, or is too short to tell
        // anything, is no secret.
        const telling = line.replace(/;$/, "");
        if (telling.length < 12 || /^\/\/|^case /.test(telling)) continue;
        const hinted = JSON.stringify(telling).slice(1, -1);
        assert(!exercises.includes(hinted), `${name}: a hint says ${telling}`);
        assert(!readme.includes(telling), `${name}: README: ${telling}`);
        if (given.replace(/^ \* @hint .*$/gm, "").includes(telling)) continue;
        assert(!starter.includes(telling), `${path}, ${name}: ${telling}`);
      }
    }
    assert(!/#region|@hint|sourceMappingURL/.test(starter), path);
  }
});

test("assign refuses a folder with work in it; --force keeps that beside it", async (folder) => {
  const out = `${folder}/class`;
  await Deno.mkdir(`${out}/lessons`, { recursive: true });
  await Deno.writeTextFile(`${out}/lessons/07_iterators.ts`, "my work");
  const refused = await assign("7", "--out", out);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /has something in it; --force keeps that beside/);
  assertEquals(await read(out, "lessons/07_iterators.ts"), "my work");

  const forced = await assign("7", "--out", out, "--force");
  assertEquals(forced.code, 0, forced.stderr);
  assertMatch(forced.stdout, /what was there is now in .*class\.before-1/);
  assertEquals(
    await read(`${out}.before-1`, "lessons/07_iterators.ts"),
    "my work",
  );
  assertEquals((await assign("7", "--out", out, "--force")).code, 0);
  assertMatch(await read(`${out}.before-2`, "lessons/07_iterators.ts"), /TODO/);
});

test("assign ends with 2 for a wrong command line, and writes nothing", async (folder) => {
  const out = `${folder}/class`;
  const wrong: [string[], RegExp][] = [
    [["--out", out], /which lessons\?/],
    [["7"], /where to\? give --out/],
    [["99", "--out", out], /there is no lesson 99; there are 01, 02/],
    [["7", "--out", out, "--colour"], /unknown option --colour/],
    [["7", "--out", "lessons"], /the folder is in this project/],
  ];
  for (const [args, message] of wrong) {
    const ran = await assign(...args);
    assertEquals(ran.code, 2, args.join(" "));
    assertMatch(ran.stderr, message);
    assertMatch(ran.stderr, /Usage: deno task assign/);
  }
  assertEquals([...Deno.readDirSync(folder)], []);
  assertEquals((await assign("--help")).code, 0);
});

test("An exercise stops at its first TODO, and says so in one line", async (folder) => {
  await assign("5", "7", "--out", `${folder}/class`);
  for (
    const path of ["lessons/05_shared_memory.ts", "lessons/07_iterators.ts"]
  ) {
    const ran = await runIn(`${folder}/class`, "run", "--no-prompt", path);
    assertEquals(ran.code, 1);
    const [, name] =
      /^TODO (\w+): .* \(lessons\/\w+\.ts:\d+\)\n$/.exec(ran.stderr) ?? [];
    assert(name, ran.stderr);
  }
});

test("exercise shows what is next, gives hint after hint, and ends with 0 when all is solved", async (folder) => {
  const out = `${folder}/class`;
  await assign("7", "--out", out);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);

  const begun = await exercise("7");
  assertEquals(begun.code, 1, begun.stderr);
  assertMatch(begun.stdout, /░ 0 of 4 solved\n {2}next {2}isIterable: /);
  assertMatch(
    begun.stdout,
    /it asked: assertEquals\(isIterable\(value\), true/,
  );

  const hints = [1, 2, 3, 3];
  for (const given of hints) {
    const { stdout, code } = await exercise("07", "--hint");
    assertEquals(stdout.match(/hint \d of 3/g)?.length, given);
    assertEquals(code, 1);
  }
  const reset = await exercise("07", "--reset", "--hint");
  assertEquals(reset.stdout.match(/hint \d of 3/g)?.length, 1);

  await solve(out, "lessons/07_iterators.ts");
  const solved = await exercise("7");
  assertEquals(solved.code, 0, solved.stdout);
  assertMatch(solved.stdout, /█ 4 of 4 solved[^]*All is solved\./);
});

test("exercise says what is wrong: the command line, or a lesson that does not run", async (folder) => {
  const out = `${folder}/class`;
  await assign("7", "--out", out);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);
  for (const args of [[], ["8"], ["7", "--fast"]]) {
    const ran = await exercise(...args);
    assertEquals(ran.code, 2);
    assertMatch(ran.stderr, /Usage: deno task exercise/);
  }
  await Deno.writeTextFile(
    `${out}/lessons/07_iterators.ts`,
    "export const = ;",
  );
  const broken = await exercise("7");
  assertEquals(broken.code, 1);
  assertMatch(broken.stderr, /the lesson does not run:/);
});

test("exercise --watch looks again when the lesson is saved", async (folder) => {
  const out = `${folder}/class`;
  await assign("7", "--out", out);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "exercise", "7", "--watch"],
    cwd: out,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = printed;
    printed += chunk;
    // Saved only once it waits for that.
    const waits = /Waiting for/;
    if (waits.test(printed) && !waits.test(before)) {
      await solve(out, "lessons/07_iterators.ts");
    }
  }
  assertEquals((await child.status).code, 0);
  assertMatch(printed, /0 of 4 solved[^]*4 of 4 solved[^]*All is solved/);
});
