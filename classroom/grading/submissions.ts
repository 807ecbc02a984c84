/**
 * Finds what was submitted: the file of each lesson, in a folder or an archive
 * for each student.
 *
 * @module
 */

import { ArchiveError, readArchive } from "./archive.ts";

/** What one student submitted. */
export interface Submission {
  /** The name of the folder, or of the archive without its ending. */
  readonly student: string;
  /** The submitted files by the lesson's number. */
  readonly files: ReadonlyMap<string, SubmittedFile>;
  /** What concerns the whole submission, in words. */
  readonly problem?: string;
}

/** A submitted file, or why it cannot be graded. */
export type SubmittedFile =
  | {
    readonly source: Uint8Array;
    /** The files beside it that it imports, by their names. */
    readonly helpers: ReadonlyMap<string, Uint8Array>;
  }
  | { readonly problem: string };

/** How many bytes a submitted file may have. */
const largest = 1 << 20;

/** How many files a submitted file may import. */
const mostHelpers = 20;

/** How many bytes an archive may have. */
const largestArchive = 64 << 20;

/**
 * The names of the submissions in a folder.
 *
 * @param folder The folder of the class.
 * @returns The names of its subfolders and archives, sorted.
 */
export async function listSubmissions(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    // What begins with a dot is the system's or an editor's.
    if (entry.name.startsWith(".")) continue;
    const isArchive = entry.isFile && /\.zip$/i.test(entry.name);
    if (entry.isDirectory || isArchive) names.push(entry.name);
  }
  return names.sort();
}

/**
 * Reads a submission. Of its files, only those of lessons are looked at, at the
 * top or one folder below. Symbolic links are not followed.
 *
 * @param folder The folder of the class.
 * @param name The name of the submission in it.
 * @param lessons The lessons' file names without the ending, by number.
 * @returns What was submitted.
 */
export async function readSubmission(
  folder: string,
  name: string,
  lessons: ReadonlyMap<string, string>,
): Promise<Submission> {
  const path = `${folder}/${name}`;
  let student = name;
  try {
    const { isDirectory } = await Deno.lstat(path);
    if (isDirectory) {
      return { student, files: await readFolder(path, lessons) };
    }
    student = await studentOf(folder, name);
    return { student, files: await readZip(path, lessons) };
  } catch (error) {
    // It must not keep the others from being graded.
    const problem = error instanceof ArchiveError
      ? `the archive cannot be read: ${error.message}`
      : `the submission cannot be read: ${(error as Error).name}`;
    return { student, files: new Map(), problem };
  }
}

/** The name of an archive without its ending, if no other submission has it. */
async function studentOf(folder: string, archive: string): Promise<string> {
  const short = archive.replace(/\.zip$/i, "");
  for await (const { name } of Deno.readDir(folder)) {
    if (name === archive) continue;
    if (name === short || name.replace(/\.zip$/i, "") === short) return archive;
  }
  return short;
}

async function readFolder(
  path: string,
  lessons: ReadonlyMap<string, string>,
): Promise<Map<string, SubmittedFile>> {
  const files = new Map<string, SubmittedFile>();
  const inner: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const skipped = name.startsWith(".") || name === "node_modules";
    if (isDirectory && !skipped) inner.push(`${path}/${name}`);
  }
  for (const folder of [path, ...inner.sort()]) {
    // The folder of lessons itself may be a link.
    const found = await Deno.lstat(`${folder}/lessons`).catch(() => undefined);
    if (!found?.isDirectory) continue;
    for (const [number, lesson] of lessons) {
      if (files.has(number)) continue;
      const file = await readFile(
        `${lesson}.ts`,
        (name) => readBytes(`${folder}/lessons/${name}`),
      );
      if (file !== undefined) files.set(number, file);
    }
  }
  return files;
}

/** Reads a file of a folder of lessons: its bytes, or what is wrong with it. */
type Read = (
  name: string,
) => Promise<Uint8Array | { readonly problem: string } | undefined>;

async function readBytes(path: string): ReturnType<Read> {
  const found = await Deno.lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isSymlink) return { problem: "is a link, and no file" };
  if (!found.isFile) return { problem: "is no file" };
  if (found.size > largest) return tooLarge(found.size);
  return await Deno.readFile(path);
}

function tooLarge(size: number): { readonly problem: string } {
  return { problem: `has ${size} bytes; ${largest} are allowed` };
}

/** Reads a lesson and the files beside it that it imports. */
async function readFile(
  name: string,
  read: Read,
): Promise<SubmittedFile | undefined> {
  const source = await read(name);
  if (!(source instanceof Uint8Array)) return source;
  const helpers = new Map<string, Uint8Array>();
  const waiting = [source];
  for (const bytes of waiting) {
    const text = new TextDecoder().decode(bytes);
    for (const [, helper] of text.matchAll(/["']\.\/([\w.-]+\.[jt]s)["']/g)) {
      if (helper === name || helpers.has(helper!)) continue;
      if (helpers.size === mostHelpers) return { source, helpers };
      const found = await read(helper!);
      if (!(found instanceof Uint8Array)) continue;
      helpers.set(helper!, found);
      waiting.push(found);
    }
  }
  return { source, helpers };
}

async function readZip(
  path: string,
  lessons: ReadonlyMap<string, string>,
): Promise<Map<string, SubmittedFile>> {
  const { size } = await Deno.lstat(path);
  if (size > largestArchive) {
    throw new ArchiveError(`it has ${size} bytes`);
  }
  const bytes = await Deno.readFile(path);
  const isCode = /^([^/]+\/)?lessons\/[\w.-]+\.[jt]s$/;
  const found = await readArchive(bytes, (path) => isCode.test(path));
  const files = new Map<string, SubmittedFile>();
  // Those at the top come before those one folder below.
  const folders = new Set(
    [...found.keys()].map((path) => path.slice(0, path.lastIndexOf("/") + 1)),
  );
  for (const folder of [...folders].sort((a, b) => a.length - b.length)) {
    for (const [number, lesson] of lessons) {
      if (files.has(number)) continue;
      const file = await readFile(
        `${lesson}.ts`,
        (name) => Promise.resolve(found.get(folder + name)),
      );
      if (file !== undefined) files.set(number, file);
    }
  }
  return files;
}
