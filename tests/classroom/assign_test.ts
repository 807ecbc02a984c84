/**
 * Projects for students are written into temporary folders and used there, as a
 * student would.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { lessonsIn, regionsOf } from "../../classroom/exercise/regions.ts";
import { spawn } from "../../mod.ts";
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

/** Every file of a folder and its subfolders, with what is in it. */
function* filesOf(folder: string): Generator<[path: string, text: string]> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesOf(path);
    else yield [path, Deno.readTextFileSync(path)];
  }
}

/** A line as one would look for it: without what is around the code. */
const bare = (line: string) =>
  line.replace(/^[\s*]+|[;,{\s]+$/g, "").replaceAll('\\"', '"');

test("assign leaves no line of a solution anywhere", async (folder) => {
  const all = lessonsIn(root);
  const out = `${folder}/class`;
  const numbers = all.map(({ number }) => number);
  assertEquals((await assign(...numbers, "--out", out)).code, 0);
  const sources = all.map(({ path }) =>
    Deno.readTextFileSync(new URL(path, root)).replaceAll("\r\n", "\n")
  );
  // What stands outside the regions, to be read, is no secret, nor is what the
  // sandbox has for its own use.
  const lockdown = new URL("classroom/sandbox/lockdown.ts", root);
  const given = Deno.readTextFileSync(lockdown) +
    sources.map((source) =>
      regionsOf(source).reduce(
        (rest, { text }) => rest.replace(text, ""),
        source,
      )
        .replace(/^ \* @hint .*$/gm, "")
    ).join("\n");
  const secrets = sources.flatMap(regionsOf).flatMap(({ text }) =>
    text.split("\n").map(bare)
  ).filter((line) =>
    // A call without arguments stands anywhere.
    line.length >= 16 && !/^[\w.]+\(\)$/.test(line) && !given.includes(line)
  );
  assert(secrets.length > 80, `${secrets.length} lines`);

  for (const [path, text] of filesOf(out)) {
    // A student does not write comments or data, so any part counts there.
    const isCode = /[/\\](lib|tests)[/\\]|mod\.ts$/.test(path);
    const lines = new Set(text.split(/\r?\n/).map(bare));
    const whole = text.replaceAll('\\"', '"');
    for (const secret of secrets) {
      const found = isCode ? lines.has(secret) : whole.includes(secret);
      assert(!found, `${path}: ${secret}`);
    }
    const marks = /#(end)?region\b|sourceMappingURL/;
    assert(!marks.test(text), path);
    if (/[/\\]lessons[/\\]/.test(path)) assert(!text.includes("@hint"), path);
  }
});

test("assign refuses a folder with work in it; --force keeps that beside it", async (folder) => {
  const out = `${folder}/class`;
  await Deno.mkdir(`${out}/lessons`, { recursive: true });
  await Deno.writeTextFile(`${out}/lessons/09_iterators.ts`, "my work");
  const refused = await assign("9", "--out", out);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /has something in it; --force keeps that beside/);
  assertEquals(await read(out, "lessons/09_iterators.ts"), "my work");

  const forced = await assign("9", "--out", out, "--force");
  assertEquals(forced.code, 0, forced.stderr);
  assertMatch(forced.stdout, /what was there is now in .*class\.before-1/);
  assertEquals(
    await read(`${out}.before-1`, "lessons/09_iterators.ts"),
    "my work",
  );
  assertEquals((await assign("9", "--out", out, "--force")).code, 0);
  assertMatch(await read(`${out}.before-2`, "lessons/09_iterators.ts"), /TODO/);
});

test("assign ends with 2 for a wrong command line, and writes nothing", async (folder) => {
  const out = `${folder}/class`;
  const wrong: [string[], RegExp][] = [
    [["--out", out], /which lessons\?/],
    [["9"], /where to\? give --out/],
    [["99", "--out", out], /there is no lesson 99; there are 01, 02/],
    [["9", "--out", out, "--colour"], /unknown option --colour/],
    // Without --force: were they not refused, they would move these folders.
    [["9", "--out", "lessons"], /the folder is in this project/],
    [["9", "--out", "."], /the folder is in this project/],
    [["9", "--out", ".."], /the folder is in this project, or around it/],
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

test("assign says why it cannot write, and moves nothing", async (folder) => {
  await Deno.writeTextFile(`${folder}/file`, "a file");
  const refused = await assign("9", "--out", `${folder}/file`);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /file has something in it/);
  const under = await assign("9", "--out", `${folder}/file/class`, "--force");
  assertEquals([under.code, under.stdout], [1, ""]);
  assertMatch(under.stderr, /^assign: .*file/);
  assertEquals(Deno.readTextFileSync(`${folder}/file`), "a file");
});

test("assign takes a path from where it was typed", async (folder) => {
  await Deno.mkdir(`${folder}/here`);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "assign", "9", "--out", "../a class #1"],
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: `${folder}/here` },
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(output.stderr), "");
  assertMatch(await read(`${folder}/a class #1`, "README.md"), /# Exercises/);
});

test("An exercise stops at its first TODO, and says so in one line", async (folder) => {
  const out = `${folder}/class`;
  await assign("6", "9", "--out", out);
  for (
    const path of ["lessons/06_shared_memory.ts", "lessons/09_iterators.ts"]
  ) {
    const ran = await runIn(out, "run", "--no-prompt", path);
    assertEquals(ran.code, 1);
    const [, name] =
      /^TODO (\w+): .* \(lessons\/\w+\.ts:\d+\)\nHow far you are: deno task exercise\n$/
        .exec(ran.stderr) ?? [];
    assert(name, ran.stderr);
  }
});

test("exercise shows what is next, gives hint after hint, and ends with 0 when all is solved", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);

  const begun = await exercise("9");
  assertEquals(begun.code, 1, begun.stderr);
  assertMatch(begun.stdout, /░ 0 of 4 solved\n {2}next {2}isIterable: /);
  assertMatch(
    begun.stdout,
    /it asked: assertEquals\(isIterable\(value\), true, .*\)$/m,
  );

  const hints = [1, 2, 3, 3];
  for (const given of hints) {
    const { stdout, code } = await exercise("09", "--hint");
    assertEquals(stdout.match(/hint \d of 3/g)?.length, given);
    assertEquals(code, 1);
  }

  await solve(out, "lessons/09_iterators.ts");
  const solved = await exercise("9");
  assertEquals(solved.code, 0, solved.stdout);
  assertMatch(solved.stdout, /█ 4 of 4 solved[^]*All is solved\./);
});

test("assign --github adds a workflow whose commands look at each lesson, and a lock of what students need", async (folder) => {
  const out = `${folder}/class`;
  const { code, stderr } = await assign("9,12", "--github", "--out", out);
  assertEquals(code, 0, stderr);
  // Read first, as Deno takes out what it does not need.
  const { npm } = JSON.parse(await read(out, "deno.lock"));
  assertEquals(Object.keys(npm).map((it) => it.split("@")[0]), ["deno-std"]);
  // And this project's has what teachers need: the book's packages are large.
  const lock = JSON.parse(
    await Deno.readTextFile(new URL("deno.lock", root)),
  );
  assertEquals(Object.keys(lock.specifiers).map((it) => it.split("@").at(-2)), [
    ...["zip.js/zip.js", "npm:deno-std"],
  ]);
  const workflow = await read(out, ".github/workflows/classroom.yml");
  const commands = [...workflow.matchAll(/^ +run: deno (.+)$/gm)]
    .map(([, command]) => command!);
  assertEquals(commands, ["task exercise 09", "task exercise 12"]);
  assertMatch(workflow, /^ {4}timeout-minutes: 2$/m);
  assert(!/\b(NN|NAME|DENO)\b|# (for|then)/.test(workflow), workflow);
  await solve(out, "lessons/09_iterators.ts");
  const codes = [];
  for (const command of commands) {
    codes.push((await runIn(out, ...command.split(" "))).code);
  }
  assertEquals(codes, [0, 1]);
  assertMatch(await read(out, "lessons/README.md"), /# How to read and run/);
});

test("exercise --ways shows other right answers where all is solved, and not before", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  const ways = () => runIn(out, "task", "--quiet", "exercise", "9", "--ways");
  const before = await ways();
  assertEquals(before.code, 1);
  assert(!before.stdout.includes("instanceof Function"), before.stdout);
  assertMatch(before.stdout, /^Other ways are shown once all is solved\.$/m);
  await solve(out, "lessons/09_iterators.ts");
  const after = await ways();
  assertEquals(after.code, 0);
  for (const name of ["isIterable", "isIterator", "iteratorOf", "Countdown"]) {
    const shown = after.stdout.match(
      new RegExp(`^${name} \\S.*\n\n {2}\\S`, "gm"),
    );
    assertEquals(shown?.length, 2, after.stdout);
  }
});

test("exercise says what is wrong: the command line, or a lesson that does not run", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);
  const wrong = [
    ...[["8"], ["9", "9"], ["9", "--fast"], ["9", "--timeout=x"]],
    ...[["--hint"], ["--watch"], ["--restore"]],
  ];
  for (const args of wrong) {
    const ran = await exercise(...args);
    assertEquals(ran.code, 2);
    assertMatch(ran.stderr, /Usage: deno task exercise/);
  }
  await Deno.writeTextFile(
    `${out}/lessons/09_iterators.ts`,
    "export const = ;",
  );
  const broken = await exercise("9");
  assertEquals(broken.code, 1);
  assertMatch(broken.stderr, /the lesson does not run:\n.*SyntaxError/);
});

test("exercise shows all lessons, a line each, and brings a starter back", async (folder) => {
  const out = `${folder}/class`;
  await assign("9", "12", "--out", out);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);
  const file = "lessons/09_iterators.ts";
  const starter = await read(out, file);
  await solve(out, file);
  await Deno.remove(`${out}/lessons/12_map_filter_reduce.ts`);

  const all = await exercise();
  assertEquals([all.code, all.stderr], [1, ""]);
  assertMatch(all.stdout, /^09 {2}█+ 4 of 4 solved {2}lessons\/09_/m);
  assertMatch(
    all.stdout,
    /^12 {2}░+ 0 of 5 solved; .* is not there; .*--restore/m,
  );
  assertMatch(all.stdout, /^Next: deno task exercise 12$/m);

  const mine = await read(out, file);
  const restored = await exercise("9", "--restore");
  assertMatch(
    restored.stdout,
    /what was there is now in .*09_iterators\.ts\.before-1/,
  );
  assertEquals(await read(out, file), starter);
  assertEquals(await read(out, `${file}.before-1`), mine);
  await exercise("12", "--restore");
  assertMatch(await read(out, "lessons/12_map_filter_reduce.ts"), /TODO/);
});

test("exercise says what grading would not take, and what is wrong beside the tests", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  const file = `${out}/lessons/09_iterators.ts`;
  const solution = await Deno.readTextFile(
    new URL("lessons/09_iterators.ts", root),
  );
  const exercise = async (source: string) => {
    await Deno.writeTextFile(file, source);
    return await runIn(out, "task", "--quiet", "exercise", "9");
  };

  const renamed = await exercise(
    solution.replaceAll("class Countdown", "class CountDown"),
  );
  assertMatch(
    renamed.stderr,
    /does not export Countdown, which the tests import/,
  );
  const importing = await exercise(`import "node:fs";\n${solution}`);
  assertMatch(importing.stderr, /imports "node:fs", which is not available/);
  const typed = await exercise(`const wrong: string = 1;\n${solution}`);
  assertEquals(typed.code, 0, typed.stdout);
  assertMatch(typed.stdout, /4 of 4 solved[^]*does not type-check: line 1: /);
  const helped = `import { half } from "./half.ts";\nhalf(2);\n${solution}`;
  await Deno.writeTextFile(
    `${out}/lessons/half.ts`,
    "export const half = (x: number): number => x / 2;\n",
  );
  assertMatch((await exercise(helped)).stdout, /All is solved\. Run it: /);

  // What it prints is shown with the test that fails.
  const printing = await exercise(
    solution.replace(
      /return typeof \(value as Iterable.*/,
      'console.log("I see", value); return false;',
    ),
  );
  assertMatch(printing.stdout, /it printed:\n {4}I see \[\]/);

  // Right for the visible tests alone.
  const special = await exercise(
    solution.replace("if (left < 1)", "if (left === 0)"),
  );
  assertMatch(
    special.stdout,
    /wrong Countdown: [^]*it asked: new Countdown\(-\d/,
  );
});

test("exercise --watch stops a loop without an end when the lesson is saved", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  const path = "lessons/09_iterators.ts";
  const solution = await Deno.readTextFile(new URL(path, root));
  await Deno.writeTextFile(
    `${out}/${path}`,
    solution.replace(
      /return typeof \(value as Iterable.*/,
      'Deno.writeTextFileSync("loops", ""); while (true);',
    ),
  );
  await using watched = watching(out, "--timeout", "600");
  let isOver = false;
  const solved = watched.until("All is solved").finally(() => isOver = true);
  solved.catch(() => {});
  const loops = () => Deno.stat(`${out}/loops`).then(() => true, () => false);
  while (!isOver && !await loops()) {
    await new Promise((go) => setTimeout(go, 50));
  }
  await solve(out, path);
  await solved;
  assertEquals(await watched.code(), 0);
});

/** `exercise 7 --watch` in a folder. */
function watching(out: string, ...options: string[]) {
  const command = ["task", "--quiet", "exercise", "9", "--watch", ...options];
  const child = spawn([Deno.execPath(), ...command], {
    cwd: out,
    env: { NO_COLOR: "1" },
  });
  const printed: string[] = [];
  const lines = child.lines();
  const complaints = Array.fromAsync(child.lines("stderr"));
  complaints.catch(() => {});
  return {
    /** Reads on until it prints something; it waits or ends only after that. */
    async until(text: string): Promise<void> {
      for (;;) {
        const { value = "", done } = await lines.next();
        printed.push(value);
        if (value.includes(text)) return;
        if (!done && !value.startsWith("Waiting for")) continue;
        child.kill();
        const all = [...printed, ...await complaints].join("\n");
        throw new Error(`exercise --watch did not print "${text}":\n${all}`);
      }
    },
    code: () => child.wait(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Writes something else in the place of a TODO. */
async function write(path: string, todo: string, code: string): Promise<void> {
  const source = await Deno.readTextFile(path);
  const changed = source.replace(
    new RegExp(`// TODO: ${todo}[^]*?;\n`),
    () => `${code}\n`,
  );
  assert(changed !== source, `no TODO: ${todo}`);
  await Deno.writeTextFile(path, changed);
}

test("exercise says what goes wrong around the tests", async (folder) => {
  const out = `${folder}/class`;
  await assign("9", "12", "--out", out);
  const exercise = (...args: string[]) =>
    runIn(out, "task", "--quiet", "exercise", ...args);

  // What a lesson prints is not taken for a report.
  const fake = '<testcase name="isIterable: x" classname="x"></testcase>';
  await write(
    `${out}/lessons/09_iterators.ts`,
    "say whether the value has a method Symbol.iterator",
    `console.log('${fake}'); return value === "no";`,
  );
  const wrong = await exercise("9");
  assertMatch(
    wrong.stdout,
    /wrong isIterable[^]*gave: false\n.*give: true\n/,
  );

  // What ends all tests costs its own function, and the other four nothing.
  const path = "lessons/12_map_filter_reduce.ts";
  const solution = await Deno.readTextFile(new URL(path, root));
  for (
    const [code, said] of [
      [
        "Promise.reject(new RangeError('late'))",
        /your code threw: RangeError: late \(lessons/,
      ],
      ["while (true)", /it computed for more than 3 seconds; is there a loop/],
      ["while (true) console.log('again')", /it printed more than 1000 kB/],
    ] as const
  ) {
    const begin = "return map((x) => x ** 2";
    await Deno.writeTextFile(
      `${out}/${path}`,
      solution.replace(begin, `${code};\n${begin}`),
    );
    const { code: exit, stdout } = await exercise("12", "--timeout", "3");
    assertEquals(exit, 1);
    assertMatch(stdout, said);
    assertMatch(stdout, /4 of 5 solved\n +wrong squareAll: /);
  }
  // Nothing is left of any of that.
  const left = [...Deno.readDirSync(out)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.startsWith(".exercise")), []);
});

test("exercise --watch looks again when the lesson is saved", async (folder) => {
  const out = `${folder}/class`;
  assertEquals((await assign("9", "--out", out)).code, 0);
  await using watched = watching(out);
  await watched.until("0 of 4 solved");
  await watched.until("Waiting for");
  await solve(out, "lessons/09_iterators.ts");
  await watched.until("4 of 4 solved");
  await watched.until("All is solved");
  assertEquals(await watched.code(), 0);
});
