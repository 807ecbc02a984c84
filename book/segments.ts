/**
 * Cuts a lesson into segments: its paragraphs, the statements that print, and
 * its functions. Put together again, they are the file, byte by byte.
 *
 * @module
 */

import { blank, regionsOf } from "../classroom/exercise/regions.ts";

/** A piece of a lesson's file. */
export interface Segment {
  /** Its text: whole lines. */
  readonly text: string;
  /** Whether a reader sees it as code, and can change it. */
  readonly isCode: boolean;
  /** What it holds instead of the solution of an exercise. */
  readonly todo?: string;
}

/** A box of code: segments that are shown below each other. */
export interface Box {
  /** What the comment above the code says. */
  readonly doc: string;
  /** What stands in place of the code until somebody opens it. */
  readonly fold?: string;
  /** The numbers of its segments. */
  readonly segments: number[];
  /** What there is to solve in it. */
  readonly exercises: Exercise[];
}

/** A part of a lesson that readers can write themselves. */
export interface Exercise {
  readonly name: string;
  readonly task: string;
  /** The number of the segment that holds the solution. */
  readonly segment: number;
}

/** Paragraphs, and the code that they speak of. */
export interface Row {
  readonly prose: string[];
  readonly boxes: Box[];
}

/** A part of a lesson under one heading; the first one has none. */
export interface Section {
  readonly title: string;
  readonly rows: Row[];
}

/** A lesson as a page shows it. */
export interface Page {
  /** What its header says, without the title and the tags. */
  readonly intro: string;
  readonly segments: Segment[];
  readonly sections: Section[];
}

/** What prints a result: it stands under the statement that calls it. */
export const printers = "show|showError|say|table|measure|bars|curve|timeline";
const printing = new RegExp(`\\b(${printers})\\(`);
const declared =
  /^(?:export |default |declare |async |abstract )*(?:function\*?|class|const|let)\s+(\w+)/gm;

/**
 * Cuts a lesson.
 *
 * @param source The text of its file.
 * @returns What the page shows, in the order in which it shows it.
 * @throws {SyntaxError} If the file has no story, or a region is wrong.
 */
export function pageOf(source: string): Page {
  const lines = source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const after = (from: number, pattern: RegExp) => {
    const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
    if (at < 0) throw new SyntaxError("there is no story");
    return at + 1;
  };
  const header = after(0, /^ \*\/$/m);
  const begin = after(header, /^lesson\(.*\{$/m);
  const close = after(begin, /^\}/) - 1;
  const end = after(close, /^\}.*\);$/m);

  const cutter = new Cutter(source, lines);
  cutter.hide(header);
  const imports = cutter.box(begin, "", "Imports");
  const sections = storyOf(cutter, close);
  const options = cutter.box(end, "", "Options and links");
  const functions = functionsOf(cutter);

  // A function stands where the story speaks of it first.
  for (const row of sections.flatMap(({ rows }) => rows)) {
    row.boxes = row.boxes.flatMap((box) => {
      if (!box.asks) return [box];
      const found = functions.find((it) => it.names.includes(box.asks!));
      return found ? functions.splice(functions.indexOf(found), 1) : [];
    });
  }
  const rest = [imports, ...functions, options];
  sections.push({
    title: "The rest of the program",
    rows: rest.map((box) => (
      { prose: box.doc ? [box.doc] : [], boxes: [{ ...box, doc: "" }] }
    )),
  });
  return {
    intro: introOf(lines.slice(0, header)),
    segments: cutter.segments,
    sections,
  };
}

/**
 * Finds the code that a line belongs to.
 *
 * @param segments All segments of a lesson.
 * @returns A function that gives the number of the segment that a line is in, or
 * of the code before it where it is out of sight.
 */
export function segmentsByLine(
  segments: readonly Pick<Segment, "text" | "isCode">[],
): (line: number) => number {
  let next = 1;
  const starts = segments.map(({ text }) => {
    const start = next;
    next += text.split("\n").length - 1;
    return start;
  });
  const first = segments.findIndex(({ isCode }) => isCode);
  return (line) =>
    Math.max(
      first,
      starts.findLastIndex((start, i) => start <= line && segments[i]!.isCode),
    );
}

/** A box that is being cut: what it declares, or what belongs in its place. */
interface Cut extends Box {
  readonly names: string[];
  readonly asks?: string;
}

/** Takes lines from a file, from top to bottom, as segments. */
class Cutter {
  readonly segments: Segment[] = [];
  /** The line to take next, from 0. */
  next = 0;
  readonly #regions;

  constructor(readonly source: string, readonly lines: readonly string[]) {
    this.#regions = regionsOf(source);
  }

  /** Takes the lines up to another one, out of sight. */
  hide(end: number): void {
    this.#add(end, false);
  }

  /** Takes the lines up to another one as code; regions get their own segments. */
  box(end: number, doc = "", fold?: string): Cut {
    const text = this.lines.slice(this.next, end).join("");
    const box: Cut = {
      doc,
      ...fold && { fold },
      segments: [],
      exercises: [],
      names: [...text.matchAll(declared)].map(([, name]) => name!),
    };
    const add = (end: number, todo?: string) => {
      if (end > this.next) box.segments.push(this.#add(end, true, todo));
    };
    for (const region of this.#regions) {
      if (region.start <= this.next || region.end > end) continue;
      const { name, task } = region;
      add(region.start - 1);
      this.hide(region.start);
      add(region.end - 1, todoOf(this.source, region));
      box.exercises.push({ name, task, segment: box.segments.at(-1)! });
      this.hide(region.end);
    }
    // What follows the last line of code is out of sight.
    let last = end;
    while (last > this.next && !this.lines[last - 1]!.trim()) last--;
    add(last);
    this.hide(end);
    return box;
  }

  #add(end: number, isCode: boolean, todo?: string): number {
    const text = this.lines.slice(this.next, end).join("");
    this.next = end;
    if (text === "") return -1;
    return this.segments.push({ text, isCode, ...todo && { todo } }) - 1;
  }
}

/** What stands instead of a solution, as in the exercise that students get. */
function todoOf(
  source: string,
  region: ReturnType<typeof regionsOf>[number],
): string {
  const before = source.split("\n");
  const after = blank(source, region).split("\n");
  const added = after.length - before.length + region.end - region.start + 1;
  const lines = after.slice(region.start - 1, region.start - 1 + added);
  return lines.map((line) => `${line}\n`).join("");
}

/** The story: headings, paragraphs, and statements with what they print. */
function storyOf(cutter: Cutter, end: number): MutableSection[] {
  const { lines } = cutter;
  const sections: MutableSection[] = [beginSection("")];
  /** The line behind those that go on as `pattern` says. */
  const behind = (pattern: RegExp) => {
    let last = cutter.next + 1;
    while (last < end && pattern.test(lines[last]!)) last++;
    return last;
  };
  while (cutter.next < end) {
    const line = lines[cutter.next]!;
    const { rows } = sections.at(-1)!;
    if (!line.trim()) cutter.hide(cutter.next + 1);
    else if (/^ {2}\/\//.test(line)) {
      const last = behind(/^ {2}\/\//);
      const prose = paragraphsOf(lines.slice(cutter.next, last), /^ *\/\/ ?/);
      if (rows.at(-1)!.boxes.length > 0) rows.push({ prose, boxes: [] });
      else rows.at(-1)!.prose.push(...prose);
      cutter.hide(last);
    } else {
      // A statement ends before the next line that stands as far to the left.
      let last = behind(/^ {3}|^ {2}[\])}]|^\s*$/);
      while (!lines[last - 1]!.trim()) last--;
      const text = lines.slice(cutter.next, last).join("");
      const [, title] = /^ {2}section\("(.*)"\);$/m.exec(text) ?? [];
      if (title === undefined) addStatement(cutter, rows.at(-1)!, text, last);
      else {
        sections.push(beginSection(title));
        cutter.hide(last);
      }
    }
  }
  return sections;
}

function beginSection(title: string): MutableSection {
  return { title, rows: [{ prose: [], boxes: [] }] };
}

/** Takes a statement of the story into a row, up to a line. */
function addStatement(
  cutter: Cutter,
  { boxes }: MutableRow,
  text: string,
  end: number,
): void {
  const [, asks] = /^ {2}code\((\w+)\);$/m.exec(text) ?? [];
  if (asks !== undefined) {
    boxes.push({ doc: "", segments: [], exercises: [], names: [], asks });
    return cutter.hide(end);
  }
  const isAlone = !cutter.lines[cutter.next - 1]!.trim();
  const box = cutter.box(end);
  const open = boxes.at(-1);
  if (!open || open.asks) return void boxes.push(box);
  // What makes a sentence is folded, and nothing else with it.
  const isLonger = !isAlone && !/^ {2}say\(/.test(text) &&
    !printing.test(cutter.segments[open.segments.at(-1)!]!.text);
  if (isLonger) joinLast(cutter.segments);
  else open.segments.push(...box.segments);
}

/** Makes one segment of the last two. */
function joinLast(segments: Segment[]): void {
  const last = segments.pop()!;
  const before = segments.pop()!;
  segments.push({ ...before, text: before.text + last.text });
}

/** What is declared below the story, each with its comment. */
function functionsOf(cutter: Cutter): Cut[] {
  const { lines } = cutter;
  const boxes: Cut[] = [];
  while (cutter.next < lines.length) {
    let line = cutter.next;
    while (line < lines.length && !lines[line]!.trim()) line++;
    cutter.hide(line);
    while (line < lines.length && /^(\/\*\*| \*|\/\/)/.test(lines[line]!)) {
      line++;
    }
    const doc = paragraphsOf(
      lines.slice(cutter.next, line),
      /^ *(?:\/\/|\/\*\*|\*\/|\*) ?|\s*\*\/\s*$/g,
    );
    cutter.hide(line);
    // Up to an empty line that is followed by a line without indentation.
    while (
      line < lines.length &&
      (lines[line]!.trim() || /^[\s)\]}]/.test(lines[line + 1] ?? ""))
    ) line++;
    if (line > cutter.next) boxes.push(cutter.box(line, doc.join(" ")));
  }
  return boxes;
}

/** The paragraphs of a comment, without its signs. */
function paragraphsOf(lines: readonly string[], signs: RegExp): string[] {
  const text = lines.map((line) => line.replace(signs, "").trim()).join("\n");
  return text.split(/\n\n+/).map((part) => part.replace(/\s+/g, " ").trim())
    .filter(Boolean);
}

/** What the header says of a lesson. */
function introOf(header: readonly string[]): string {
  const paragraphs = paragraphsOf(header, /^\/\*\*|^ \*\/?/);
  return paragraphs.slice(1).filter((text) => !text.startsWith("@")).join(" ");
}

type MutableRow = { prose: string[]; boxes: Cut[] };
type MutableSection = { title: string; rows: MutableRow[] };
