/**
 * Looks at submitted files without running them: whether they parse, what they
 * import, and whether their types are right.
 *
 * Many are looked at in one go, as starting Deno takes longer than looking at
 * one. A file that makes that fail is found by halving.
 *
 * @module
 */

import { OutputLimitExceeded } from "../../lib/subprocess/result.ts";
import { spawn } from "../../lib/subprocess/spawn.ts";
import { shortened, typeErrorsIn } from "../exercise/explain.ts";
import { type DenoInfo, importsOf, refusedIn } from "../exercise/imports.ts";
import { commonMap, type Copy, type Kit, lessonFile, url } from "./kit.ts";
import { Watch } from "./watch.ts";

/** A copy to look at, and the lesson it is of. */
export interface Inspected {
  readonly copy: Copy;
  readonly lesson: string;
}

/**
 * How long looking at one file may compute, in milliseconds, and at one more.
 * Types can be written that keep the check busy.
 */
const time = { one: 20_000, more: 500 };

/** How much memory looking may take, in megabytes. */
const memory = 1_000;

/** How many files have their types checked in one go. */
const batch = 50;

/**
 * What could change the types of other files that are checked with it: such a
 * file is checked alone.
 */
const changesTypes =
  /\bdeclare\b|\bglobal\s*[{/]|(?<!["'])\bmodule\s*["'/]|\/\/\/\s*</;

/**
 * Finds the files that cannot be run: they do not parse, or import more than the
 * library, assertions, and files of the student's own.
 *
 * @param kit The kit that the copies belong to.
 * @param files The files.
 * @param signal Ends it early.
 * @returns Why the files that cannot be run cannot, in words.
 */
export async function findFatal(
  kit: Kit,
  files: readonly Inspected[],
  signal?: AbortSignal,
): Promise<Map<Copy, string>> {
  const graphs = await inHalves(
    files,
    (some) => readGraph(kit, some, signal),
  );
  const at = (path: string) => url(`${kit.folder}/kit/${path}`);
  const others = ["classroom/sandbox/beside.ts", "std/assert/mod.js"];
  const allowed = [...kit.opened, ...others].map((path) => at(path));
  const fatal = new Map<Copy, string>();
  for (const { copy } of files) {
    const { error, imports } = graphs.get(copy)!;
    const own = url(`${copy.folder}/lessons/`);
    const other = refusedIn(imports, allowed, own);
    if (error !== undefined) {
      fatal.set(copy, error);
    } else if (other !== undefined) {
      const name = JSON.stringify(other.slice(0, 100));
      fatal.set(copy, `imports ${name}, which is not available while grading`);
    }
  }
  return fatal;
}

/**
 * Sorts files by which have their types checked in one go.
 *
 * @param kit The kit that the copies belong to.
 * @param files The files, which all can be run.
 * @returns The same files, in parts for {@linkcode findTypeErrors}.
 */
export async function partsToCheck(
  kit: Kit,
  files: readonly Inspected[],
): Promise<Inspected[][]> {
  const parts: Inspected[][] = [];
  const together: Inspected[] = [];
  for (const file of files) {
    const written = await writtenIn(kit, file);
    if (changesTypes.test(written)) parts.push([file]);
    else together.push(file);
  }
  for (let i = 0; i < together.length; i += batch) {
    parts.push(together.slice(i, i + batch));
  }
  return parts;
}

/**
 * Checks the types of files.
 *
 * @param kit The kit that the copies belong to.
 * @param files The files: one part of them.
 * @param signal Ends the check early.
 * @returns The first error of each file that has one, in words.
 */
export function findTypeErrors(
  kit: Kit,
  files: readonly Inspected[],
  signal?: AbortSignal,
): Promise<Map<Copy, string | undefined>> {
  return inHalves(files, (some) => checkTypes(kit, some, signal));
}

/** What was submitted of a lesson, without what it declares of its own. */
async function writtenIn(
  kit: Kit,
  { copy: { folder }, lesson }: Inspected,
): Promise<string> {
  const path = lessonFile(kit.lessons.get(lesson)!);
  const [own = ""] = /^declare global \{\n[^]*?^\}/m
    .exec(await Deno.readTextFile(path)) ?? [];
  let text = "";
  for (const { name } of Deno.readDirSync(`${folder}/lessons`)) {
    text += await Deno.readTextFile(`${folder}/lessons/${name}`);
  }
  return text.replace(own, "");
}

/** Applies a function to all files, or, if it fails, to halves of them. */
async function inHalves<T>(
  files: readonly Inspected[],
  look: (files: readonly Inspected[]) => Promise<Map<Copy, T> | undefined>,
): Promise<Map<Copy, T>> {
  if (files.length === 0) return new Map();
  const found = await look(files);
  if (found !== undefined) return found;
  const middle = Math.ceil(files.length / 2);
  const first = await inHalves(files.slice(0, middle), look);
  const second = await inHalves(files.slice(middle), look);
  return new Map([...first, ...second]);
}

interface Graph {
  readonly error?: string;
  /** What is imported, as it is written, and where that is. */
  readonly imports: ReadonlyMap<string, string>;
}

async function readGraph(
  kit: Kit,
  files: readonly Inspected[],
  signal: AbortSignal | undefined,
): Promise<Map<Copy, Graph> | undefined> {
  const command = ["info", "--json"];
  const { code, stdout, ended } = await deno(kit, command, files, signal);
  if (code !== 0) {
    if (files.length > 1) return undefined;
    const why = ended === undefined ? "" : `, which ${ended}`;
    return new Map([[files[0]!.copy, {
      error: `cannot be read by Deno${why}`,
      imports: new Map(),
    }]]);
  }
  const { modules } = JSON.parse(stdout) as DenoInfo;
  const byUrl = new Map(modules.map((module) => [module.specifier, module]));
  return new Map(files.map(({ copy }) => {
    const folder = url(`${copy.folder}/lessons/`);
    const imports = importsOf(modules, folder);
    const own = modules.filter(({ specifier }) => specifier.startsWith(folder));
    const failed = own.find(({ error }) => error !== undefined)?.error;
    const error = !byUrl.has(url(copy.file))
      ? "cannot be read by Deno"
      : failed === undefined
      ? undefined
      : `does not parse: ${shortError(failed)}`;
    return [copy, {
      imports: new Map(imports),
      ...(error === undefined ? {} : { error }),
    }];
  }));
}

async function checkTypes(
  kit: Kit,
  files: readonly Inspected[],
  signal: AbortSignal | undefined,
): Promise<Map<Copy, string | undefined> | undefined> {
  const command = ["check", "--quiet"];
  const { code, stderr, ended } = await deno(kit, command, files, signal);
  const problems = typeErrorsIn(stderr);
  const found = files.map(({ copy }) =>
    [copy, problems.get(url(copy.file))] as const
  );
  if (code !== 0 && found.every(([, problem]) => problem === undefined)) {
    if (files.length > 1) return undefined;
    const text = ended === undefined
      ? "does not type-check"
      : `has types that could not be checked: Deno ${ended}`;
    return new Map([[files[0]!.copy, text]]);
  }
  return new Map(found);
}

/**
 * Runs a command of Deno on files, in a way that reads nothing else; `ended` says
 * why it had to be ended, if it had to be.
 */
async function deno(
  kit: Kit,
  command: readonly string[],
  files: readonly Inspected[],
  signal: AbortSignal | undefined,
): Promise<{ code: number; stdout: string; stderr: string; ended?: string }> {
  const folder = await Deno.makeTempDir({ dir: kit.folder });
  const main = `${folder}/main.ts`;
  const addresses = files.map(({ copy }) => url(copy.file));
  await Deno.writeTextFile(
    main,
    addresses.map((one) => `import ${JSON.stringify(one)};\n`).join(""),
  );
  const config = await configOf(kit, files, url(main));
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  await using child = spawn([
    ...[Deno.execPath(), ...command, "--no-remote", "--no-npm"],
    // A path that begins with a drive's letter would be taken for an address.
    ...["--no-lock", "--config", `${folder}/deno.json`, url(main)],
  ], {
    cwd: folder,
    env: environment(kit),
    ...(signal ? { signal } : {}),
  });
  let ended: string | undefined;
  const most = time.one + time.more * files.length;
  const stop = (why: string) => (ended = why, child.kill());
  const watch = new Watch(child.pid, { time: most, memory: Infinity }, stop);
  try {
    const found = await child.communicate();
    return ended === undefined ? found : { ...found, ended };
  } catch (error) {
    if (!(error instanceof OutputLimitExceeded)) throw error;
    return { code: 1, stdout: "", stderr: "" };
  } finally {
    watch.stop();
  }
}

function environment(kit: Kit): Record<string, string> {
  return {
    DENO_DIR: `${kit.folder}/cache`,
    // Deno would keep a link to itself there, which Windows cannot remove.
    DENO_DISABLE_NODE_SHIM: "1",
    NO_COLOR: "1",
    // Types can be written that take all the memory there is.
    DENO_V8_FLAGS: `--max-old-space-size=${memory}`,
  };
}

/** What Deno is to know of files: what they may import, and their types. */
async function configOf(
  kit: Kit,
  files: readonly Inspected[],
  main: string,
): Promise<unknown> {
  const { compilerOptions } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  const types = [url(`${kit.folder}/kit/lib/std.d.ts`)];
  return {
    imports: {
      ...commonMap(kit, files.map(({ copy }) => copy)),
      [main]: main,
    },
    compilerOptions: { ...compilerOptions, types },
  };
}

/** The first line of an error, without the folder that grading works in. */
function shortError(error: string): string {
  const [first] = error.split("\n");
  const place = /:(\d+):\d+\s*$/m.exec(error);
  const text = shortened(first!.replace(/ at file:\S+$/, ""));
  return place ? `${text} (line ${place[1]})` : text;
}
