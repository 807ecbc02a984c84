/**
 * Builds the book: the lessons as pages that run them in the reader's browser.
 *
 * ```sh
 * deno task book --out site
 * deno task book --serve
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  hintsOf,
  type LessonFiles,
  lessonsIn,
} from "../classroom/exercise/regions.ts";
import { run } from "../mod.ts";
import { bundles, pathOf } from "./bundle.ts";
import { frontPage } from "./front.ts";
import { lessonPage, type Material, type Recording } from "./page.ts";
import { mark } from "./record.ts";
import { isDisturbed, type Said } from "./said.ts";

const usage = `Builds the book: the lessons as a web site that runs them.

Usage: deno task book [options]

  --out <folder>   where to write it (default: site)
  --serve          serve it on this computer, and build again at each save;
                   only lessons that have changed are recorded again
  --port <number>  the port to serve it on (default: 8000)
  --isolate        for a web server that cannot send headers, such as GitHub
                   Pages: the pages isolate themselves, with a service worker
  --help           print this text and end`;

const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));

/** How to build the book. */
export interface BuildOptions {
  /** The folder to write to. */
  readonly out: string;
  /** Whether the pages isolate themselves, with a service worker. */
  readonly isolate?: boolean;
  /** Values of options to record lessons with, instead of their own. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether what an earlier build recorded of the same lesson is good enough. */
  readonly isDraft?: boolean;
}

/** How often a lesson is recorded whose words do not hold here and now. */
const mostTries = 2;

/** What was recorded by the last build, and of which text. */
type Archive = Record<string, { source: string; recording: Recording }>;

/**
 * Builds the book.
 *
 * @param options How to build it.
 * @throws {Error} If a lesson cannot be cut, told or bundled.
 */
export async function build(
  { out, isolate = false, values = {}, isDraft = false }: BuildOptions,
): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const store = `${out}/.recorded.json`;
  const old: Archive = isDraft
    ? JSON.parse(await Deno.readTextFile(store).catch(() => "{}"))
    : {};
  const archive: Archive = {};
  const prepare = async (lesson: LessonFiles): Promise<Material> => {
    const { name, ...texts } = await textsOf(lesson);
    const given = JSON.stringify(values[name] ?? {});
    const source = texts.source + given;
    const known = old[name];
    const recording = known?.source === source
      ? known.recording
      : await recordAsToldIn(lesson.path, given);
    archive[name] = { source, recording };
    return { name, ...texts, recording };
  };
  const materials = await prepareAll(prepare);
  await Deno.writeTextFile(store, JSON.stringify(archive));
  await writePages(out, materials, await bundles(), isolate);
}

/** What a lesson's page is made of, but for its recording. */
async function textsOf({ path, test, hints }: LessonFiles) {
  const [source, tests, listed] = await Promise.all(
    [path, test, hints].map(read),
  ) as [string, string, string];
  const [, used] = /from "\.\/(\w+_inputs\.ts)"/.exec(tests) ?? [];
  return {
    name: path.replace(/^.*\/|\.ts$/g, ""),
    source,
    tests,
    hints: hintsOf(listed),
    ...used && { inputs: await read(`tests/${used}`) },
  };
}

/** Prepares all lessons: what measures has the processors for itself. */
async function prepareAll(
  prepare: (lesson: LessonFiles) => Promise<Material>,
): Promise<Material[]> {
  const all = lessonsIn(root);
  const prepared = new Map<LessonFiles, Material>();
  for (const lesson of all) {
    const measures = /03_|07_|08_/.test(lesson.path);
    if (measures) prepared.set(lesson, await prepare(lesson));
  }
  const left = all.filter((lesson) => !prepared.has(lesson));
  const prepareNext = async (): Promise<void> => {
    const lesson = left.shift();
    if (!lesson) return;
    prepared.set(lesson, await prepare(lesson));
    return prepareNext();
  };
  const { hardwareConcurrency } = navigator;
  await Promise.all(Array.from({ length: hardwareConcurrency }, prepareNext));
  return all.map((lesson) => prepared.get(lesson)!);
}

/** Writes all files of the book. */
async function writePages(
  out: string,
  materials: readonly Material[],
  scripts: readonly (readonly [string, string])[],
  isolate: boolean,
): Promise<void> {
  const head = isolate ? '<script src="coi-serviceworker.js"></script>\n' : "";
  const pages = [
    ["index.html", frontPage(materials, head)],
    ...materials.map((it) => [`${it.name}.html`, lessonPage(it, head)]),
    ["book.css", await read("book/book.css")],
    ...scripts,
  ];
  if (isolate) pages.push(["coi-serviceworker.js", await serviceWorker()]);
  for (const [name, text] of pages) {
    await Deno.writeTextFile(`${out}/${name}`, text!);
  }
}

/**
 * Records a lesson, and again while it says itself that other programs disturbed
 * what it measured.
 */
async function recordAsToldIn(
  path: string,
  values: string,
): Promise<Recording> {
  let recording = await record(path, values);
  for (let i = 1; i < mostTries && isDisturbed(recording.said); i++) {
    recording = await record(path, values);
  }
  if (isDisturbed(recording.said)) {
    console.warn(`${path}: this computer is busy, and its times show it`);
  }
  return recording;
}

/** Tells a lesson in Deno, with all that it may want, and notes what it says. */
async function record(path: string, values: string): Promise<Recording> {
  const folder = await Deno.makeTempDir();
  const program = new URL("record.ts", import.meta.url).href;
  const permissions = ["read", "write", "run"].map((it) => `--allow-${it}`);
  try {
    const { stdout } = await run([
      ...[Deno.execPath(), "run", "--no-lock", "--no-prompt", ...permissions],
      ...[program, path, folder, values],
    ], { check: true, env: { NO_COLOR: "1" }, timeout: 300_000 });
    const said: Said[] = [];
    let about = {};
    let line = 1;
    for (const text of stdout.trimEnd().split("\n")) {
      const part = text.startsWith(mark)
        ? JSON.parse(text.slice(mark.length))
        : { kind: "log", text, line };
      if (part.at) line = part.at;
      else if (part.kind) said.push(part);
      else about = part;
    }
    return { ...about as Recording, said };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The service worker that sends the headers which isolate a page. */
async function serviceWorker(): Promise<string> {
  const { default: text } = await import(
    "npm:coi-serviceworker@0.1.7/coi-serviceworker.js",
    { with: { type: "text" } }
  );
  return text;
}

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** Serves the book on this computer, isolated, so that threads share memory. */
export function serve(
  out: string,
  port: number,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (
    { url },
  ) => {
    const name = new URL(url).pathname.slice(1) || "index.html";
    const type = types[name.split(".").at(-1)!];
    const isOwn = /^\w[\w.-]*$/.test(name) && type !== undefined;
    const text = isOwn &&
      await Deno.readTextFile(`${out}/${name}`).catch(() => undefined);
    if (!text) return new Response("not found", { status: 404 });
    return new Response(text, {
      headers: {
        "content-type": type!,
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      },
    });
  });
}

/** Serves the book, or says that the port is in use and gives null. */
function serveAt(out: string, port: number) {
  try {
    return serve(out, port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(
      `book: another program uses port ${port}: stop it, or choose one with --port`,
    );
    return null;
  }
}

/** Builds again, one build at a time, whenever what the book is made of is saved. */
async function watch(options: BuildOptions): Promise<void> {
  const folders = ["book", "classroom", "lessons", "lib", "tests"]
    .map((name) => pathOf(new URL(name, root).href));
  const buildAgain = async () => {
    try {
      await build({ ...options, isDraft: true });
      console.log(`built again at ${new Date().toLocaleTimeString()}`);
    } catch (error) {
      console.error((error as Error).message);
    }
  };
  let last = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const _ of Deno.watchFs(folders)) {
    // An editor writes a file in several steps.
    clearTimeout(timer);
    timer = setTimeout(() => last = last.then(buildAgain), 100);
  }
}

/** The command line; gives the exit code if it ends. */
async function main(args: readonly string[]): Promise<number | undefined> {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["serve", "isolate", "help"],
    string: ["out", "port", "_"],
    default: { out: "site", port: "8000" },
    unknown: (word) => void unknown.push(word),
  });
  if (flags["help"]) return console.log(usage), 0;
  const port = Number(flags["port"]);
  const wrong = unknown.length > 0
    ? `unknown option or argument: ${unknown[0]}`
    : flags["out"] === ""
    ? "--out: a folder is missing"
    : !(Number.isInteger(port) && port >= 0 && port < 65536)
    ? `--port: "${flags["port"]}" is no number of a port`
    : undefined;
  if (wrong) return console.error(`book: ${wrong}\n\n${usage}`), 2;

  const options = {
    out: `${flags["out"]}`,
    isolate: flags["isolate"] === true,
  };
  // A port that is in use is known before anything is built.
  const server = flags["serve"] ? serveAt(options.out, port) : undefined;
  if (server === null) return 1;
  const start = performance.now();
  await build({ ...options, isDraft: flags["serve"] === true });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${options.out}/index.html: built in ${seconds} s`);
  if (!server) return 0;
  console.log(`http://127.0.0.1:${server.addr.port}/ (Ctrl+C ends)`);
  await watch(options);
  return undefined;
}

if (import.meta.main) {
  const code = await main(Deno.args);
  if (code !== undefined) Deno.exit(code);
}
