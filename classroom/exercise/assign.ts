/**
 * Makes a project for students out of lessons:
 *
 * ```sh
 * deno task assign 1-13 --out ../class
 * ```
 *
 * A lesson is the only source: what stands in its regions is what students are
 * to write, and its tests are what their work is graded by.
 *
 * @module
 */

import {
  basename,
  dirname,
  isAbsolute,
  join,
  relative,
  resolve,
} from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import {
  chosenLessons,
  hintsOf,
  type LessonFiles,
  lessonsIn,
  regionsOf,
  starterOf,
} from "./regions.ts";
import { answersTo } from "./answers.ts";
import type { Exercise, Exercises } from "./graded.ts";
import { type Way, waysFile } from "./look.ts";
import {
  type Expected,
  type InputsModule,
  type Outcome,
  outcomesOf,
} from "../sandbox/inputs.ts";
import { UsageError } from "../grading/usage.ts";

const usage = `Makes a project for students out of lessons.

Usage: deno task assign <lessons> --out <folder> [--force] [--github]

  <lessons>  their numbers, such as: 3 7, or 1-13, or all
  --out      the folder to write; it may not have anything in it
  --force    write it all the same; what was there is kept beside it
  --github   with a workflow that grades each push: a template for GitHub
             Classroom
  --help     print this text and end`;

/** What to assign, and where. */
export interface Assignment {
  readonly lessons: readonly LessonFiles[];
  /** The folder to write; it ends with a slash. */
  readonly out: URL;
  /** Whether to move away what is there. */
  readonly force: boolean;
  /** Whether to add a workflow for GitHub. */
  readonly github?: boolean;
}

/**
 * Writes a project for students.
 *
 * @param root The folder of this project.
 * @param assignment What to assign, and where.
 * @returns Where what was in the folder is now, if there was something.
 * @throws {UsageError} If the folder is in this project, or around it.
 * @throws {Deno.errors.AlreadyExists} If there is something in the folder and
 * `force` is not given.
 * @throws {Error} If it cannot be written; what was there is not lost.
 */
export async function assign(
  root: URL,
  { lessons, out, force, github = false }: Assignment,
): Promise<string | undefined> {
  const [own, folder] = await Promise.all([realPath(root), realPath(out)]);
  if (isInside(folder, own) || isInside(own, folder)) {
    throw new UsageError(
      "the folder is in this project, or around it: take one beside it",
    );
  }
  // Made before anything is moved: a lesson that is wrong changes nothing.
  const files = await projectFor(root, lessons);
  if (github) files.set(workflowFile, await workflowFor(root, lessons));
  const kept = await makeRoom(out, force);
  try {
    for (const [path, content] of files) {
      const file = new URL(path, out);
      await Deno.mkdir(new URL("./", file), { recursive: true });
      await Deno.writeFile(file, content);
    }
  } catch (error) {
    const before = kept ? `; what was there is now in ${kept}` : "";
    throw new Error(
      `${pathOf(out)} could not be written to its end${before}: ${error}`,
    );
  }
  return kept;
}

/** The path of a folder that need not be there, without links. */
async function realPath(folder: URL): Promise<string> {
  for (let path = pathOf(folder), rest = ".";;) {
    try {
      return resolve(await Deno.realPath(path), rest);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // A drive that is not there has nothing above it.
      if (dirname(path) === path) throw error;
      rest = join(basename(path), rest);
      path = dirname(path);
    }
  }
}

/** Whether a folder is another one, or in it. */
function isInside(folder: string, other: string): boolean {
  const way = relative(other, folder);
  return way === "" || !/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way);
}

/** Makes sure that a folder is empty or not there. */
async function makeRoom(
  out: URL,
  force: boolean,
): Promise<string | undefined> {
  const path = pathOf(out);
  let isEmpty = false;
  try {
    isEmpty = Deno.readDirSync(path)[Symbol.iterator]().next().done === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // A file has something in it as well.
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
  }
  if (isEmpty) return undefined;
  if (!force) {
    throw new Deno.errors.AlreadyExists(
      `${path} has something in it; --force keeps that beside it, and writes`,
    );
  }
  for (let n = 1;; n += 1) {
    const kept = `${path}.before-${n}`;
    if (await isThere(kept)) continue;
    await Deno.rename(path, kept);
    return kept;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The path of a folder's URL, without the slash at its end. */
function pathOf(folder: URL): string {
  return resolve(fileURLToPath(folder));
}

/** The files of a project for students, by their paths. */
async function projectFor(
  root: URL,
  lessons: readonly LessonFiles[],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const add = (path: string, text: string) =>
    void files.set(path, new TextEncoder().encode(text));
  const folders = ["lib", ".vscode"].flatMap((name) => filesIn(root, name));
  const inputs = lessons.map(({ number }) => `tests/${number}_inputs.ts`);
  const tests = lessons.map(({ test }) => test);
  for (const path of [...folders, ...always, ...tests, ...inputs]) {
    files.set(path, await Deno.readFile(new URL(path, root)));
  }
  const exercises: Record<string, Exercises[string]> = {};
  const ways: Record<string, string> = {};
  for (const lesson of lessons) {
    exercises[lesson.number] = await addLesson(root, lesson, add);
    ways[lesson.number] = await packed(waysFor(lesson));
  }
  add("classroom/exercises.json", asJson(exercises));
  add(waysFile, asJson(ways));
  const read = (path: string) => Deno.readTextFile(new URL(path, root));
  const own = configFor(JSON.parse(await read("deno.json")));
  add("deno.json", asJson(own));
  const lock = JSON.parse(await read("deno.lock"));
  add("deno.lock", asJson(lockFor(lock, own.imports)));
  const readme = await read("classroom/exercise/students.md");
  add("README.md", readmeFor(readme, exercises));
  return files;
}

/** Adds what is made of a lesson; what there is to do in it. */
async function addLesson(
  root: URL,
  { number, path, test, hints }: LessonFiles,
  add: (path: string, text: string) => void,
): Promise<Exercises[string]> {
  const read = (path: string) => Deno.readTextFile(new URL(path, root));
  const source = await read(path);
  const starter = starterOf(source);
  const fresh = `tests/${number}_fresh_test.ts`;
  add(path, starter);
  const expected = await expectedOf(root, number, path);
  add(`tests/${number}_fresh.json`, asJson(expected));
  add(fresh, freshTest(number, path));
  const regions = exercisesIn(source, await read(hints));
  const [, run = `deno run ${path}`] = /^ \* @run (.+?)\s*$/m.exec(source) ??
    [];
  return { path, test, fresh, run, starter, regions };
}

/** What there is to write in a lesson, with the hints that lead to it. */
function exercisesIn(source: string, hints: string): Exercise[] {
  const given = hintsOf(hints);
  return regionsOf(source).map(({ name, task }) => {
    return { name, task, hints: given.get(name) ?? [] };
  });
}

/** What a lesson's own solution gives for inputs that are drawn now. */
async function expectedOf(
  root: URL,
  number: string,
  path: string,
): Promise<Expected> {
  const [lesson, { inputs }]: [unknown, InputsModule] = await Promise.all([
    import(new URL(path, root).href),
    import(new URL(`tests/${number}_inputs.ts`, root).href),
  ]);
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  const outcomes: Record<string, Outcome[]> = {};
  for (const name of Object.keys(inputs)) {
    outcomes[name] = await outcomesOf(inputs, name, lesson, seed!);
  }
  return { seed: seed!, outcomes };
}

/** The test of a lesson with fresh inputs. */
function freshTest(number: string, path: string): string {
  return `// More values, and what is right for them.
import { testFresh } from "../classroom/sandbox/inputs.ts";
import * as lesson from "../${path}";
import expected from "./${number}_fresh.json" with { type: "json" };
import { inputs } from "./${number}_inputs.ts";

testFresh(lesson, inputs, expected);
`;
}

/** What every project for students has a copy of. */
const always = [
  "mod.ts",
  "lessons/README.md",
  "LICENSE",
  "tests/helper.ts",
  "classroom/exercise/decide.ts",
  "classroom/exercise/exercise.ts",
  "classroom/exercise/explain.ts",
  "classroom/sandbox/canonical.ts",
  "classroom/exercise/graded.ts",
  "classroom/exercise/imports.ts",
  "classroom/sandbox/inputs.ts",
  "classroom/exercise/junit.ts",
  "classroom/exercise/look.ts",
  "classroom/exercise/preload.ts",
  "classroom/exercise/watch.ts",
  "classroom/sandbox/lockdown.ts",
  "classroom/sandbox/watch.ts",
];

function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** The files in a folder and its subfolders, as paths from the root. */
function filesIn(root: URL, folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, root))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(root, path) : [path];
  });
}

interface Config {
  readonly unstable: unknown;
  readonly imports: Readonly<Record<string, string>>;
  readonly compilerOptions: unknown;
  readonly tasks: { readonly test: unknown };
}

/** A configuration with what students need of this project's. */
function configFor(
  { unstable, imports, compilerOptions, tasks }: Config,
) {
  // Before the work is done, names are unused and code after it is not reached.
  const exclude = [
    "no-unreachable",
    "no-unused-vars",
    "prefer-const",
    "require-await",
    "require-yield",
    "verbatim-module-syntax",
  ];
  return {
    unstable,
    imports: Object.fromEntries(
      Object.entries(imports).filter(([name]) => !teachers.includes(name)),
    ),
    compilerOptions,
    lint: { rules: { exclude } },
    tasks: {
      test: tasks.test,
      exercise: {
        description: "Show what is done and what is next; --hint helps",
        command: "deno run --allow-read --allow-write=. --allow-run " +
          "classroom/exercise/exercise.ts",
      },
    },
  };
}

/** What only teachers' programs import. */
const teachers = ["@std/csv/parse"];

/** The part of a lock that is used here; each package has its address or name. */
interface Lock {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, unknown>>;
}

/**
 * A lock with what students import: Deno downloads all that is in it, also what
 * nobody asks for.
 */
function lockFor(
  { version, specifiers, npm }: Lock,
  imports: Readonly<Record<string, string>>,
): Lock {
  const own = <T>(packages: Readonly<Record<string, T>>, before: string) =>
    Object.fromEntries(
      Object.entries(packages).filter(([name]) =>
        Object.values(imports).some((it) => it.startsWith(`${before}${name}/`))
      ),
    );
  return { version, specifiers: own(specifiers, ""), npm: own(npm, "npm:") };
}

/** Two right answers to each exercise of a lesson, of other styles. */
function waysFor(lesson: LessonFiles): Way[] {
  const right = answersTo(lesson).filter(({ isRight }) => isRight);
  return [...Map.groupBy(right, ({ region }) => region).values()]
    .flatMap((own) => own.slice(0, 2))
    .map(({ region, what, body, top }) => ({ region, what, code: top + body }));
}

/** A value in a form that nobody reads by mistake. */
async function packed(value: unknown): Promise<string> {
  const text = new Blob([JSON.stringify(value)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return (await new Response(text).bytes()).toBase64();
}

const workflowFile = ".github/workflows/classroom.yml";

/** A workflow that grades each lesson, of its template. */
async function workflowFor(
  root: URL,
  lessons: readonly LessonFiles[],
): Promise<Uint8Array> {
  const template = await Deno.readTextFile(
    new URL("classroom/exercise/github.yml", root),
  );
  const [head, step, tail] = template.replaceAll("\r\n", "\n")
    .split(/^ *# (?:for each lesson|then)\n/m);
  const steps = lessons.map(({ number, path }) =>
    step!.replaceAll("NN", number)
      .replaceAll("NAME", basename(path, ".ts"))
  );
  return new TextEncoder().encode(
    [head, ...steps, tail].join("").replaceAll("DENO", Deno.version.deno),
  );
}

/** The README of students, of its template. */
function readmeFor(template: string, exercises: Exercises): string {
  const lessons = Object.entries(exercises).sort();
  const list = lessons.map(([number, { run }]) => `- ${number}: \`${run}\``);
  return template.replaceAll("\r\n", "\n")
    .replace("LESSONS", () => list.join("\n"))
    .replaceAll("NN", lessons[0]![0]);
}

/**
 * The command line.
 *
 * @param args What follows the command's name.
 * @returns The exit code: 0 if the folder was written, 1 if not, 2 for a wrong
 * command line.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const wrong: string[] = [];
    const flags = parseArgs([...args], {
      boolean: ["force", "github", "help"],
      string: ["out", "_"],
      unknown: (flag: string) => {
        if (flag.startsWith("-")) wrong.push(flag);
      },
    });
    if (flags.help) {
      console.log(usage);
      return 0;
    }
    if (wrong.length > 0) throw new UsageError(`unknown option ${wrong[0]}`);
    const root = new URL("../../", import.meta.url);
    const lessons = chosen(root, flags._.map(String));
    const folder = folderAt(flags.out as string | undefined);
    const kept = await assign(root, {
      lessons,
      out: folder,
      force: flags.force === true,
      github: flags.github === true,
    });
    if (kept) console.log(`what was there is now in ${kept}`);
    const list = lessons.map(({ number }) => number).join(", ");
    console.log(`wrote lessons ${list} to ${pathOf(folder)}`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = error instanceof Error ? error.message : String(error);
    console.error(`assign: ${message}${isUsage ? `\n\n${usage}` : ""}`);
    return isUsage ? 2 : 1;
  }
}

/** The lessons that were asked for, in order, each once. */
function chosen(root: URL, typed: readonly string[]): LessonFiles[] {
  if (typed.length === 0) throw new UsageError("which lessons?");
  try {
    return chosenLessons(lessonsIn(root), typed);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The folder at a path, which is seen from where the command was typed. */
function folderAt(out: string | undefined): URL {
  if (!out) throw new UsageError("where to? give --out <folder>");
  // A task runs in the project's folder, and knows where it was started.
  const variable = "INIT_CWD";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const here = state === "granted" ? Deno.env.get(variable) : undefined;
  return pathToFileURL(resolve(here ?? Deno.cwd(), out) + "/");
}

if (import.meta.main) Deno.exit(await main(Deno.args));
