/**
 * Makes a project for students out of lessons:
 *
 * ```sh
 * deno task assign 03 07 --out ../class
 * ```
 *
 * A lesson is the only source: what stands in its regions is what students are
 * to write, and its tests are what their work is graded by.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  findLesson,
  type LessonFiles,
  lessonsIn,
  regionsOf,
  starterOf,
} from "./regions.ts";
import type { Exercises } from "./exercise.ts";

const usage = `Makes a project for students out of lessons.

Usage: deno task assign <lessons> --out <folder> [--force]

  <lessons>  their numbers, such as: 03 07
  --out      the folder to write; it may not have anything in it
  --force    write it all the same; what was there is kept beside it
  --help     print this text and end`;

/** What is wrong with a command line. */
export class UsageError extends Error {}

/** What to assign, and where. */
export interface Assignment {
  readonly lessons: readonly LessonFiles[];
  /** The folder to write; it ends with a slash. */
  readonly out: URL;
  /** Whether to move away what is there. */
  readonly force: boolean;
}

/**
 * Writes a project for students.
 *
 * @param root The folder of this project.
 * @param assignment What to assign, and where.
 * @returns Where what was in the folder is now, if there was something.
 * @throws {Deno.errors.AlreadyExists} If there is something in the folder and
 * `force` is not given.
 */
export async function assign(
  root: URL,
  { lessons, out, force }: Assignment,
): Promise<string | undefined> {
  if (isInside(out, root)) {
    throw new UsageError("the folder is in this project: take one outside");
  }
  // Made before anything is moved: a lesson that is wrong changes nothing.
  const files = await projectFor(root, lessons);
  const kept = await makeRoom(out, force);
  for (const [path, content] of files) {
    const file = new URL(path, out);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeFile(file, content);
  }
  return kept;
}

function isInside(folder: URL, root: URL): boolean {
  return folder.href.startsWith(root.href);
}

/** Makes sure that a folder is empty or not there. */
async function makeRoom(
  out: URL,
  force: boolean,
): Promise<string | undefined> {
  let entries: Deno.DirEntry[] = [];
  try {
    entries = [...Deno.readDirSync(out)];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (entries.length === 0) return undefined;
  const path = pathOf(out);
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
  } catch {
    return false;
  }
}

/** The path of a folder's URL, without the slash at its end. */
function pathOf(folder: URL): string {
  const path = decodeURIComponent(folder.pathname).replace(/\/$/, "");
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/** The files of a project for students, by their paths. */
async function projectFor(
  root: URL,
  lessons: readonly LessonFiles[],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const add = (path: string, text: string) =>
    files.set(path, new TextEncoder().encode(text));
  const copy = async (path: string) =>
    files.set(path, await Deno.readFile(new URL(path, root)));

  const exercises: Record<string, Exercises[string]> = {};
  for (const { number, path, test } of lessons) {
    const source = await Deno.readTextFile(new URL(path, root));
    add(path, starterOf(source));
    await copy(test);
    const regions = regionsOf(source).map(({ name, task, hints }) => {
      return { name, task, hints };
    });
    exercises[number] = { path, test, regions };
  }
  for (const path of [...filesIn(root, "lib"), ...always]) await copy(path);
  const config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  add("deno.json", asJson(configFor(config)));
  add("classroom/exercises.json", asJson(exercises));
  add("README.md", readmeFor(lessons));
  return files;
}

/** What every project for students has a copy of. */
const always = [
  "classroom/graded.ts",
  "deno.lock",
  "mod.ts",
  "LICENSE",
  "tests/helper.ts",
  "classroom/exercise.ts",
  "classroom/junit.ts",
  ".vscode/settings.json",
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
  readonly imports: unknown;
  readonly compilerOptions: unknown;
  readonly tasks: { readonly test: unknown };
}

/** A configuration with what students need of this project's. */
function configFor({ imports, compilerOptions, tasks }: Config): unknown {
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
    imports,
    compilerOptions,
    lint: { rules: { exclude } },
    tasks: {
      test: tasks.test,
      exercise: {
        description: "Show what is done and what is next; --hint helps",
        command: "deno run --allow-read --allow-write=. --allow-run " +
          "classroom/exercise.ts",
      },
    },
  };
}

function readmeFor(lessons: readonly LessonFiles[]): string {
  const { number } = lessons[0]!;
  const list = lessons.map(({ path }) => `- \`${path}\``).join("\n");
  return `# Exercises

In each of these files something is left for you to write:

${list}

Look for \`TODO\`. Put your own code in place of the line that throws; leave the
names and parameters of the functions as they are.

- \`deno run ${lessons[0]!.path}\`

  runs a lesson, up to the first thing that is left to write.
- \`deno task exercise ${number}\`

  shows what is done, what is next, and the first test that fails. With \`--hint\`
  it gives a hint, one more each time; with \`--watch\` it looks again whenever
  you save.
- \`deno task test\`

  runs all tests.

What counts are the functions that are left to write. One is solved when all
tests that name it pass. It is also tried on values that the tests do not have.
Hand in this folder, or a .zip of it.
`;
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
      boolean: ["force", "help"],
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
    const root = new URL("../", import.meta.url);
    const lessons = chosen(root, flags._.map(String));
    const folder = folderAt(flags.out as string | undefined);
    const kept = await assign(root, {
      lessons,
      out: folder,
      force: flags.force === true,
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
  const all = lessonsIn(root);
  try {
    const asked = new Set(typed.map((each) => findLesson(all, each)));
    return all.filter((lesson) => asked.has(lesson));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function folderAt(out: string | undefined): URL {
  if (!out) throw new UsageError("where to? give --out <folder>");
  const here = Deno.cwd().replaceAll("\\", "/").replace(/\/?$/, "/");
  const base = new URL(
    `file://${here.startsWith("/") ? "" : "/"}${encode(here)}`,
  );
  const path = out.replaceAll("\\", "/").replace(/\/*$/, "/");
  return /^[a-z]:\//i.test(path)
    ? new URL(`file:///${encode(path)}`)
    : new URL(encode(path), base);
}

/** Escapes what means something in a URL and nothing in a path. */
function encode(path: string): string {
  return path.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll(
    "?",
    "%3F",
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
