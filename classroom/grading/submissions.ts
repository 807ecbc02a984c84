/**
 * Finds what was submitted, in a class as it comes: a folder or an archive that
 * has a folder or an archive for each student, an export of Moodle or Canvas, or
 * one student's own folder.
 *
 * @module
 */

import { basename, dirname } from "node:path/posix";
import { isArchive, UnreadableError, withoutEnding } from "./archive.ts";
import {
  type Found,
  insideOf,
  isSkipped,
  onDisk,
  order,
  reasonOf,
  walk,
  withoutPrefix,
} from "./files.ts";
import { shortened } from "../exercise/explain.ts";
import type { Who } from "../reports/report.ts";
import { byName } from "../reports/tally.ts";
import { UsageError } from "./usage.ts";

/** A class, of which only the names have been read. */
export interface Class {
  /** Sorted by name; no two have the same. */
  readonly students: readonly Student[];
  /** What belongs to no student, and what else is to know, in words. */
  readonly notes: readonly string[];
}

/** A student of a class, as the export names them, or their folder or archive. */
export interface Student extends Who {
  /** Reads what they submitted; what cannot be read becomes a note of it. */
  read(): Promise<Submission>;
}

/** What one student submitted. */
export interface Submission extends Who {
  /** The submitted files by the lesson's number. */
  readonly files: ReadonlyMap<string, SubmittedFile>;
  /** What could not be read, and what is there instead of lessons, in words. */
  readonly notes: readonly string[];
}

/** A submitted file, or why it cannot be graded, in words. */
export type SubmittedFile =
  | {
    readonly source: Uint8Array;
    /** The files beside it that it imports, by their names. */
    readonly helpers: ReadonlyMap<string, Uint8Array>;
    /** Which other copies of the lesson there are, in words. */
    readonly notes: readonly string[];
  }
  | { readonly problem: string };

/** The lessons' file names without the ending, by number. */
type Lessons = ReadonlyMap<string, string>;

/** How many bytes are read of a file, an archive, a student, a whole class. */
const bytes = {
  file: 1 << 20,
  archive: 1 << 26,
  student: 1 << 27,
  class: 2 ** 30,
};

/** How deep archives in each other are looked into. */
const deepest = 3;

/** How many files are looked at of a student's archives. */
const mostFiles = 50_000;

/** How many notes there are of a submission, and how many characters each has. */
const notesLimit = { count: 3, length: 300 };

/** How many files a submitted file may import. */
const mostHelpers = 20;

/** Archives of kinds that are not read are somebody's submission all the same. */
const otherArchive = /\.(rar|7z|tar|t?gz|bz2|xz|zst|tbz2?|txz|cab)$/i;

/** What stands at the top of a class: a file, or a folder. */
interface Item {
  readonly name: string;
  readonly isFolder: boolean;
  /** The file itself, or the files in the folder; paths begin with the name. */
  files(): Promise<readonly Found[]>;
}

/**
 * Finds the students of a class.
 *
 * @param path A folder or an archive.
 * @param lessons The lessons' file names without the ending, by number.
 * @returns The class.
 * @throws {UsageError} If there is no submission.
 */
export async function findClass(
  path: string,
  lessons: Lessons,
): Promise<Class> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`there is no ${path}`);
  const real = (await Deno.realPath(path)).replaceAll("\\", "/");
  const name = basename(real);
  if (!found.isDirectory && !isArchive(name)) {
    throw new UsageError(`${path} is neither a folder nor a .zip`);
  }
  const archive = onDisk(path, name);
  let items = found.isDirectory ? await itemsIn(path) : itemsOf(
    withoutPrefix(await insideOf(archive, bytes.class), `${name}/`),
  );
  if (isOneStudent(items, lessons)) {
    const student = withoutEnding(name);
    const parts = items.map((item) => ({ item, prefix: "" }));
    return {
      students: [studentOf({ student }, parts, lessons)],
      notes: [`${path} is one student's: graded as "${student}"`],
    };
  }
  // An export is often in a folder of its own, or still in its archive.
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) {
    const inner = itemsOf(await contentOf(only));
    if (await isClass(inner, lessons)) items = inner;
  }
  const all = classOf(items, lessons);
  if (all.students.length > 0) return all;
  const why = all.notes.length > 0 ? all.notes.join("; ") : "it is empty";
  throw new UsageError(`there is no submission in ${path}: ${why}`);
}

/** What stands at the top of a folder. */
async function itemsIn(path: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isSkipped(name)) continue;
    const files = isDirectory
      ? () => walk(`${path}/${name}`, name)
      : () => Promise.resolve([onDisk(`${path}/${name}`, name)]);
    items.push({ name, isFolder: isDirectory, files });
  }
  return items;
}

/** What stands at the top of an archive, or of a folder that has been walked. */
function itemsOf(files: readonly Found[]): Item[] {
  const groups = Map.groupBy(files, ({ path }) => path.split("/")[0]!);
  return [...groups].map(([name, files]) => ({
    name,
    isFolder: files[0]!.path !== name,
    files: () => Promise.resolve(files),
  }));
}

/** The files in a folder or an archive, with paths from there. */
async function contentOf(item: Item): Promise<Found[]> {
  const files = await item.files();
  if (!item.isFolder && !isArchive(item.name)) return [];
  const inner = item.isFolder
    ? files
    : await insideOf(files[0]!, bytes.class).catch(() => []);
  return withoutPrefix(inner, `${item.name}/`);
}

/** Whether this is what one student works in, and no class. */
function isOneStudent(items: readonly Item[], lessons: Lessons): boolean {
  return items.some(({ name, isFolder }) => isFolder && name === "lessons") ||
    items.some(({ name }) => lessonOf(name, lessons) !== undefined) &&
      items.every(({ name, isFolder }) => !isFolder && !isArchive(name));
}

/** Whether there are students here: an export, or more than one with a lesson. */
async function isClass(
  items: readonly Item[],
  lessons: Lessons,
): Promise<boolean> {
  if (items.some((item) => exported(item) !== undefined)) return true;
  if (isOneStudent(items, lessons)) return false;
  let students = 0;
  for (const { name, files } of items) {
    const hasLesson = (await files()).some(({ path }) =>
      path.includes("/") && lessonOf(path, lessons) !== undefined
    );
    if (isArchive(name) || hasLesson) students += 1;
  }
  return students > 1;
}

/** What a name in an export says: whose it is, and what is in front of files. */
interface Exported extends Required<Omit<Who, "student">> {
  readonly prefix: string;
}

function exported({ name, isFolder }: Item): Exported | undefined {
  const moodle = /^(.+)_(\d+)_assignsubmission_[a-z]+_?/s.exec(name);
  // Canvas makes no folders.
  const canvas = isFolder
    ? null
    : /^([^_]+)_(LATE_)?(\d+)_\d+_(?=.)/s.exec(name);
  if (moodle) {
    const [prefix, name = "", id = ""] = moodle;
    return { system: "moodle", name, id, late: false, prefix };
  }
  if (!canvas) return undefined;
  const [prefix, student = "", late, id = ""] = canvas;
  return {
    ...{ system: "canvas", name: student, id, prefix },
    late: late !== undefined,
  };
}

/** A part of a submission, and what its paths begin with that is not shown. */
interface Part {
  readonly item: Item;
  readonly prefix: string;
}

/** What stands at the top of a class and is one student's. */
interface Group {
  /** The names that the student may have; a longer one if another has the first. */
  readonly names: readonly string[];
  readonly parts: Part[];
  who: Omit<Who, "student">;
}

/** Sorts what stands at the top of a class by whose it is. */
function classOf(items: readonly Item[], lessons: Lessons): Class {
  const notes: string[] = [];
  const groups = new Map<string, Group>();
  const add = (names: string[], part: Part, who: Group["who"] = {}) => {
    const key = JSON.stringify([names.at(-1), who.id]);
    const group = groups.get(key) ?? { names, parts: [], who };
    if (who.late) group.who = who;
    group.parts.push(part);
    groups.set(key, group);
  };
  for (const item of items.toSorted((a, b) => order(a.name, b.name))) {
    const { isFolder } = item;
    // What looks the same is the same, whichever system wrote it down.
    const name = item.name.normalize("NFC");
    const from = exported(item);
    if (from !== undefined) {
      const { prefix, ...who } = from;
      const student = who.name.normalize("NFC");
      const part = { item, prefix: isFolder ? `${item.name}/` : prefix };
      add([student, `${student} (${who.id})`], part, { ...who, name: student });
    } else if (isFolder) {
      add([name], { item, prefix: `${item.name}/` });
    } else if (isArchive(name) || otherArchive.test(name)) {
      add([withoutEnding(name), name], { item, prefix: "" });
    } else {
      notes.push(`${name} is in nobody's folder or archive: not graded`);
    }
  }
  return {
    students: studentsOf([...groups.values()], lessons),
    notes: bounded(notes),
  };
}

/** Students of whom no two have one name: it is made longer where they would. */
function studentsOf(all: readonly Group[], lessons: Lessons): Student[] {
  const taken = new Set<string>();
  const students = all.map(({ names, parts, who }) => {
    const [short, long = short!] = names;
    const isOnly = all.filter((other) => other.names[0] === short).length < 2;
    let student = isOnly ? short! : long;
    for (let i = 2; taken.has(student); i++) student = `${long} [${i}]`;
    taken.add(student);
    return studentOf({ ...who, student }, parts, lessons);
  });
  return students.sort((a, b) => byName.compare(a.student, b.student));
}

/** Notes, limited in number and length: somebody may cause very many. */
function bounded(notes: readonly string[]): string[] {
  const { count, length } = notesLimit;
  const first = notes.slice(0, count).map((note) => shortened(note, length));
  const more = notes.length - first.length;
  return more === 0 ? first : [...first, `and ${more} more of that kind`];
}

function studentOf(
  who: Who,
  parts: readonly Part[],
  lessons: Lessons,
): Student {
  return { ...who, read: () => readSubmission(who, parts, lessons) };
}

async function readSubmission(
  who: Who,
  parts: readonly Part[],
  lessons: Lessons,
): Promise<Submission> {
  let left = bytes.student;
  const limited = (file: Found): Found => ({
    path: file.path,
    async read(most) {
      const content = await file.read(Math.min(most, left));
      left -= content.length;
      return content;
    },
  });
  const notes: string[] = [];
  const files = new Map<string, SubmittedFile>();
  try {
    const all: Found[] = [];
    for (const { item, prefix } of parts) {
      const files = withoutPrefix(await item.files(), prefix);
      for (const it of await unpacked(files, limited, notes)) all.push(it);
    }
    const copies = Map.groupBy(all, ({ path }) => lessonOf(path, lessons));
    for (const number of [...lessons.keys()]) {
      const found = copies.get(number)?.toSorted(preference(lessons));
      if (found) files.set(number, await readLesson(found, all));
    }
    // What could not be read may be all there is.
    if (files.size === 0 && all.length > 0) {
      notes.push(`there is no lesson, but ${listed(all)}`);
    } else if (files.size === 0 && notes.length === 0) {
      notes.push("there is no file");
    }
  } catch (error) {
    // Whatever somebody hands in, the others are graded.
    notes.push(`cannot be read: ${error}`);
  }
  return { ...who, files, notes: bounded(notes) };
}

/** All files, those in archives too; what cannot be read becomes a note. */
async function unpacked(
  files: readonly Found[],
  limited: (file: Found) => Found,
  notes: string[],
  depth = 0,
): Promise<Found[]> {
  const all: Found[] = [];
  for (const file of files.map(limited)) {
    const { path } = file;
    try {
      if (path.endsWith("/")) {
        await file.read(0);
      } else if (!isArchive(path)) {
        if (otherArchive.test(path)) {
          throw new UnreadableError("is no .zip");
        }
        all.push(file);
      } else if (depth === deepest) {
        throw new UnreadableError("is in too many other archives");
      } else {
        const inner = await insideOf(file, bytes.archive);
        if (all.length + inner.length > mostFiles) {
          throw new UnreadableError(`makes it more than ${mostFiles} files`);
        }
        for (const it of await unpacked(inner, limited, notes, depth + 1)) {
          all.push(it);
        }
      }
    } catch (error) {
      notes.push(`${path} ${reasonOf(error)}`);
    }
  }
  return all;
}

/** The number of the lesson that a file is named for, if it is. */
function lessonOf(path: string, lessons: Lessons): string | undefined {
  const [, name] = /^(.+?)(?:-\d+| \(\d+\))?\.ts$/.exec(basename(path)) ?? [];
  for (const [number, lesson] of lessons) if (lesson === name) return number;
  return undefined;
}

/**
 * Which of two copies comes first: one that stands where the project has it,
 * one that is not so deep, or one that was submitted again, of which Canvas and
 * browsers tell by numbers, as in `03_pool-1.ts` and `03_pool (1).ts`.
 */
function preference(lessons: Lessons): (a: Found, b: Found) => number {
  const names = new Set(lessons.values());
  const isInPlace = ({ path }: Found) =>
    basename(dirname(path)) === "lessons" && names.has(basename(path, ".ts"));
  const depth = ({ path }: Found) => path.split("/").length;
  const version = ({ path }: Found) =>
    [...path.matchAll(/(?:-(\d+)| \((\d+)\))(?=\.[\w.]+(?:\/|$))/g)]
      .reduce((sum, [, a, b]) => sum + Number(a ?? b), 0);
  return (a, b) =>
    Number(isInPlace(b)) - Number(isInPlace(a)) || depth(a) - depth(b) ||
    version(b) - version(a) || order(a.path, b.path);
}

/** Reads a lesson, the files beside it that it imports, and its other copies. */
async function readLesson(
  [file, ...others]: readonly Found[],
  all: readonly Found[],
): Promise<SubmittedFile> {
  const { path } = file!;
  const contentOf = (file: Found) => file.read(bytes.file);
  try {
    const source = await contentOf(file!);
    const helpers = new Map<string, Uint8Array>();
    const waiting = [source];
    for (const content of waiting) {
      const text = new TextDecoder().decode(content);
      for (const [, name] of text.matchAll(/["']\.\/([\w.-]+\.[jt]s)["']/g)) {
        const helper = all.find((other) =>
          other.path === path.slice(0, -basename(path).length) + name
        );
        const isKnown = helper === file || helpers.has(name!);
        if (!helper || isKnown || helpers.size === mostHelpers) continue;
        const content = await contentOf(helper).catch(() => undefined);
        if (content === undefined) continue;
        helpers.set(name!, content);
        waiting.push(content);
      }
    }
    const differing: Found[] = [];
    for (const other of others) {
      const content = await contentOf(other).catch(() => undefined);
      const isSame = content?.length === source.length &&
        content.every((byte, i) => byte === source[i]);
      if (!isSame) differing.push(other);
    }
    const notes = differing.length === 0
      ? []
      : [`${path} was graded, and not ${listed(differing)}`];
    return { source, helpers, notes };
  } catch (error) {
    const problem = `${path} ${reasonOf(error)}`;
    return { problem: shortened(problem, notesLimit.length) };
  }
}

/** The paths of the first few of some files. */
function listed(files: readonly Found[]): string {
  const first = files.slice(0, 4).map(({ path }) => shortened(path, 80))
    .join(", ");
  return files.length > 4 ? `${first} and ${files.length - 4} more` : first;
}
