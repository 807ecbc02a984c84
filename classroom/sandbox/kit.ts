/**
 * The folders that grading works in: a kit, which is the teacher's side, and a
 * fresh copy for each submitted lesson.
 *
 * The kit holds the teacher's own library and tests. A copy holds one submitted
 * file and an import map. Together they look, from inside, like the project with
 * that one file exchanged. The import map names all that may be imported; it
 * sends every other address to a folder that does not exist. So there is nothing
 * to read, not even for imports that Deno allows without a permission.
 *
 * @module
 */

import { builtinModules } from "node:module";
import { basename, dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openedFiles } from "../exercise/imports.ts";
import { lessonsIn } from "../exercise/regions.ts";
import { linesFor } from "./beside.ts";
// Where a package is, Deno knows once it is imported.
import "@std/assert";

const root = new URL("../../", import.meta.url);

/** The teacher's side, in a temporary folder. */
export interface Kit {
  /** The temporary folder: the kit, the copies, Deno's cache. */
  readonly folder: string;
  /** The files of the project that a lesson may import. */
  readonly opened: readonly string[];
  /** The lessons that can be graded with it, by number. */
  readonly lessons: ReadonlyMap<string, string>;
  /** A file in the folder that is locked as long as the kit is in use. */
  readonly owner: Deno.FsFile;
}

/** One submitted lesson, ready to run. */
export interface Copy {
  /** The folder, which the sandbox's process starts in. */
  readonly folder: string;
  /** The program to run there. */
  readonly main: string;
  /** The submitted file. */
  readonly file: string;
}

/** What runs inside the sandbox, besides the library and the tests. */
const inside = [
  "exercise/graded",
  "sandbox/beside",
  "sandbox/canonical",
  "sandbox/inputs",
  "sandbox/lockdown",
  "sandbox/protocol",
  "sandbox/sandbox",
];

/**
 * The lessons of the project.
 *
 * @returns Their file names without the ending, by number: `"09_iterators"`.
 */
export function findLessons(): Map<string, string> {
  return new Map(
    lessonsIn(root).map(({ number, path }) =>
      [number, basename(path, ".ts")] as const
    ),
  );
}

/** Where a lesson of the project stands. */
export function lessonFile(lesson: string): URL {
  return new URL(`lessons/${lesson}.ts`, root);
}

/**
 * Makes a kit in a temporary folder; {@linkcode removeKit} takes it away. Where
 * that was prevented, the next kit does it.
 *
 * @param lessons The lessons to grade, by number.
 * @returns The kit.
 * @throws {Error} If `@std` is not where its npm package is.
 */
export async function makeKit(
  lessons: ReadonlyMap<string, string>,
): Promise<Kit> {
  const made = await Deno.makeTempDir({ prefix });
  // Import maps compare addresses, so they have to be those without links.
  const folder = await Deno.realPath(made);
  const owner = await lockedFile(folder);
  try {
    await removeLeftovers(dirname(folder));
    await fillKit(folder, lessons);
  } catch (error) {
    owner.close();
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  const readOwn = (path: string) => Deno.readTextFile(new URL(path, root));
  return { folder, lessons, owner, opened: await openedFiles(readOwn) };
}

/** What the names of kits' folders begin with. */
const prefix = "grade-";

/** A file in a kit's folder that says, by its lock, that somebody uses it. */
async function lockedFile(folder: string): Promise<Deno.FsFile> {
  const owner = await Deno.open(`${folder}/owner`, {
    createNew: true,
    write: true,
  });
  await owner.lock(true);
  // From here on, a file without a lock is one whose owner has ended.
  await owner.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return owner;
}

/** Removes the kits whose owners were killed. */
async function removeLeftovers(temp: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(temp)) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    try {
      const path = `${temp}/${name}/owner`;
      using owner = await Deno.open(path, { read: true, write: true });
      const isLeft = await owner.tryLock(true) && (await owner.stat()).size > 0;
      owner.close();
      if (isLeft) await Deno.remove(`${temp}/${name}`, { recursive: true });
    } catch {
      // It is somebody else's, or another grader removes it just now.
    }
  }
}

async function fillKit(
  folder: string,
  lessons: ReadonlyMap<string, string>,
): Promise<void> {
  const kit = `${folder}/kit`;
  const folders = ["tests", "classroom/exercise", "classroom/sandbox"];
  for (const name of [...folders, "lessons", "std"]) {
    await Deno.mkdir(`${kit}/${name}`, { recursive: true });
  }
  await Deno.mkdir(`${folder}/copies`);
  const copy = (from: string, to = from) =>
    Deno.copyFile(new URL(from, root), `${kit}/${to}`);
  await copy("mod.ts");
  await copyFolder(new URL("lib/", root), `${kit}/lib`);
  await copy("tests/helper.ts");
  for (const [number, lesson] of lessons) {
    await copy(`lessons/${lesson}.ts`);
    await copy(`tests/${lesson}_test.ts`);
    await copy(`tests/${number}_inputs.ts`);
  }
  for (const name of inside) await copy(`classroom/${name}.ts`);
  const std = stdFolder();
  for (const name of ["assert", "cli", "fmt", "internal"]) {
    await copyFolder(new URL(`${name}/`, std), `${kit}/std/${name}`);
  }
}

/**
 * Removes a kit and all that was made in its folder.
 *
 * @param kit The kit, which nobody uses any more.
 * @returns Why it is still there, in words, if it is: nothing found is to be lost
 * for that, and the next kit tries it again.
 */
export async function removeKit(
  { folder, owner }: Kit,
): Promise<string | undefined> {
  owner.close();
  for (let attempt = 1;; attempt++) {
    try {
      await Deno.remove(folder, { recursive: true });
      return undefined;
    } catch (error) {
      // What has just been killed may be writing its last.
      if (attempt === 10) return `${folder} could not be removed: ${error}`;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

/**
 * Makes a fresh copy of a lesson in the kit's folder.
 *
 * @param kit The kit.
 * @param name The name of the copy's folder, used once.
 * @param number The lesson's number.
 * @param source What was submitted for it.
 * @param helpers The files beside it that it imports, by their names.
 * @returns The copy.
 */
export async function makeCopy(
  kit: Kit,
  name: string,
  number: string,
  source: Uint8Array,
  helpers: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<Copy> {
  const lesson = kit.lessons.get(number)!;
  const folder = `${kit.folder}/copies/${name}`;
  const copy = {
    folder,
    main: `${folder}/main.ts`,
    file: `${folder}/lessons/${lesson}.ts`,
  };
  await Deno.mkdir(`${folder}/lessons`, { recursive: true });
  const lines = linesFor(new TextDecoder().decode(source));
  await Deno.writeFile(copy.file, source);
  await Deno.writeTextFile(copy.file, lines, { append: true });
  for (const [helper, text] of helpers) {
    await Deno.writeFile(`${folder}/lessons/${helper}`, text);
  }
  await Deno.writeTextFile(copy.main, mainFor(kit, lesson, number));
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify(importMap(kit, copy, number), null, 2),
  );
  return copy;
}

/** The program that runs a copy. */
function mainFor(kit: Kit, lesson: string, number: string): string {
  const at = (path: string) => JSON.stringify(url(`${kit.folder}/kit/${path}`));
  const opened = kit.opened.map((path, i) =>
    `import * as opened${i} from ${at(path)};\n`
  );
  return `import { runSandbox } from ${at("classroom/sandbox/sandbox.ts")};\n` +
    opened.join("") +
    `await runSandbox({\n` +
    `  lesson: () => import("./lessons/${lesson}.ts"),\n` +
    `  solution: () => import(${at(`lessons/${lesson}.ts`)}),\n` +
    `  tests: () => import(${at(`tests/${lesson}_test.ts`)}),\n` +
    `  inputs: () => import(${at(`tests/${number}_inputs.ts`)}),\n` +
    `}, [${opened.map((_, i) => `opened${i}`).join(", ")}]);\n`;
}

/** The import map with which many copies can be looked at in one go. */
export function commonMap(kit: Kit, copies: readonly Copy[]) {
  const at = (path: string) => url(`${kit.folder}/kit/${path}`);
  const imports = copies.flatMap((copy) => [
    [url(`${copy.folder}/lessons/`), url(`${copy.folder}/lessons/`)],
    [url(`${copy.folder}/beside.ts`), at("classroom/sandbox/beside.ts")],
    [url(`${copy.folder}/mod.ts`), at("mod.ts")],
    [url(`${copy.folder}/lib/`), at("lib/")],
  ]);
  return {
    ...refusals(kit),
    ...ownImports(kit),
    ...Object.fromEntries(imports),
  };
}

/** What a copy may import, and where it really is. */
function importMap(kit: Kit, copy: Copy, number: string) {
  const lesson = kit.lessons.get(number)!;
  const at = (path: string) => url(`${kit.folder}/kit/${path}`);
  const here = (path: string) => url(`${copy.folder}/${path}`);
  const itself = (...urls: string[]) =>
    Object.fromEntries(urls.map((url) => [url, url]));
  const opened = kit.opened.map((path) => at(path));
  // Of the library, a lesson gets what is exported, and not what that is made
  // of: the inside of the library is not frozen.
  const imports = {
    ...refusals(kit),
    ...itself(url(copy.main), here("lessons/")),
    ...Object.fromEntries(kit.opened.map((path) => [here(path), at(path)])),
    [here("beside.ts")]: at("classroom/sandbox/beside.ts"),
    "@std/assert": at("std/assert/mod.js"),
  };
  return {
    imports,
    scopes: {
      [at("")]: ownImports(kit),
      [url(copy.main)]: itself(
        at("classroom/sandbox/sandbox.ts"),
        at(`lessons/${lesson}.ts`),
        at(`tests/${lesson}_test.ts`),
        at(`tests/${number}_inputs.ts`),
        ...opened,
      ),
      [at("classroom/")]: itself(at("classroom/")),
      [at("tests/")]: {
        ...itself(at("tests/"), at("classroom/sandbox/inputs.ts")),
        [at(`lessons/${lesson}.ts`)]: url(copy.file),
      },
    },
  };
}

/** What no file may import, and where it is sent. */
function refusals(kit: Kit): Record<string, string> {
  const refused = url(`${kit.folder}/kit/refused/`);
  const others = ["test", "test/reporters", "sqlite", "quic", "sea"];
  const hidden = ["agent", "client", "common", "incoming", "outgoing", "server"]
    .map((name) => `_http_${name}`);
  const names = [...builtinModules, ...others, ...hidden];
  const nodes = names.flatMap((name) => {
    const bare = name.replace(/^node:/, "");
    return [[bare, refused + bare], [`node:${bare}`, refused + bare]];
  });
  return {
    ...Object.fromEntries(nodes),
    "file:///": refused,
    "http://": refused,
    "https://": refused,
  };
}

/** What the library and the tests may import. */
function ownImports(kit: Kit): Record<string, string> {
  const at = (path: string) => url(`${kit.folder}/kit/${path}`);
  const own = ["mod.ts", "lib/", "std/"].map((path) => at(path));
  const nodes = builtinModules.map((name) => `node:${name}`);
  return {
    ...Object.fromEntries(nodes.map((name) => [name, name])),
    "@std/assert": at("std/assert/mod.js"),
    "@std/cli/parse-args": at("std/cli/parse_args.js"),
    "@std/fmt/bytes": at("std/fmt/bytes.js"),
    "@std/fmt/colors": at("std/fmt/colors.js"),
    ...Object.fromEntries(own.map((address) => [address, address])),
  };
}

/** The folder of the npm package that deno.json takes `@std` from. */
function stdFolder(): URL {
  const resolved = import.meta.resolve("@std/assert");
  if (resolved.startsWith("file:")) return new URL("../", resolved);
  throw new Error(
    `grading needs the npm package that deno.json takes @std from: it is ${resolved}`,
  );
}

async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const part = new URL(encodeURIComponent(name), from);
    if (isDirectory) await copyFolder(new URL(`${part}/`), `${to}/${name}`);
    else await Deno.copyFile(fileURLToPath(part), `${to}/${name}`);
  }
}

/** The address of a file or folder, as modules are known by. */
export function url(path: string): string {
  return pathToFileURL(path).href;
}
