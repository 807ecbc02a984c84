/**
 * Writes the lessons as Jupyter notebooks for Deno's kernel.
 *
 * ```sh
 * deno task notebook --out notebooks
 * ```
 *
 * A notebook is made of the same pieces as the book's pages: paragraphs, and a
 * cell for each result, which holds what it printed here. What the story uses
 * stands in one folded cell before it.
 *
 * Three faults of the kernel (Deno 2.9) are worked around: `import.meta` is a
 * syntax error in it, so a stand-in is declared; a `using` in a cell is never
 * disposed of, so a last cell does that; and what a cell writes just before it
 * ends is lost, which lib/lesson/notebook.ts is about.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  chosenLessons,
  type LessonFiles,
  lessonsIn,
} from "../classroom/exercise/regions.ts";
import { lessons } from "../lib/lesson.ts";
import { run } from "../mod.ts";
import { type Page, pageOf, printers, type Row } from "./segments.ts";

const usage = `Writes the lessons as Jupyter notebooks for Deno's kernel.

Usage: deno task notebook [<lessons>] [options]

  <lessons>       their numbers, such as: 3 7, or 1-13 (default: all)
  --out <folder>  where to write them (default: notebooks)
  --help          print this text and end`;

const root = new URL("../", import.meta.url);

/** A cell, and what it printed. */
export interface Cell {
  readonly kind: "markdown" | "code";
  readonly text: string;
  /** Whether its code is folded until somebody opens it. */
  readonly isFolded?: boolean;
  /** Whether it is not run here: an exercise, or a function shown once more. */
  readonly isOpen?: boolean;
  printed?: string;
}

const printing = new RegExp(
  `^(?:const \\w+ = )?(?:await )?(${printers}|code)\\(`,
);

/** Values of a lesson's options, by their names. */
export type Values = Readonly<Record<string, number>>;

/**
 * Cuts a lesson into cells.
 *
 * @param name The lesson, such as `09_iterators`.
 * @param source The text of its file.
 * @param values Values of its options, instead of their defaults.
 */
export function cellsOf(
  name: string,
  source: string,
  values: Values = {},
): Cell[] {
  const [, title = name] = lessons.find(([known]) => known === name) ?? [];
  const page = pageOf(source);
  const program: Cell = {
    kind: "code",
    text: programOf(name, source, values),
    isFolded: true,
  };
  return [
    ...prose(`# ${title}\n\n${page.intro}`),
    program,
    ...page.sections.slice(0, -1).flatMap(({ title, rows }) => [
      ...prose(title && `## ${title}`),
      ...rows.flatMap((row) => rowOf(page, row)),
    ]),
    ...endingOf(source),
    ...exercisesOf(name, page),
  ];
}

/** A cell of text, if there is some. */
function prose(text: string): Cell[] {
  return text ? [{ kind: "markdown", text }] : [];
}

/** Paragraphs, the statements that they speak of, and functions to be read. */
function rowOf(page: Page, { prose: paragraphs, boxes }: Row): Cell[] {
  const codes = boxes.flatMap(({ segments }): Cell[] => {
    const text = textOf(page, segments);
    return /^ {2}\S/.test(text)
      ? statements(text)
      : [{ kind: "code", text: plain(text), isOpen: true }];
  });
  return [...prose(paragraphs.join("\n\n")), ...codes];
}

/** What ends all that the story holds with `using`. */
function endingOf(source: string): Cell[] {
  const [story = ""] = /^lesson\([^]*?^\}/m.exec(source) ?? [];
  const held = [...story.matchAll(/^ {2}(await )?using (\w+) = /gm)]
    .map(([, isAsync, name]) =>
      isAsync
        ? `await ${name}[Symbol.asyncDispose]();`
        : `${name}[Symbol.dispose]();`
    );
  if (held.length === 0) return [];
  return [
    ...prose("A cell does not end what `using` holds, so this one does."),
    { kind: "code", text: held.join("\n") },
  ];
}

function textOf(page: Page, segments: readonly number[]): string {
  return segments.map((n) => page.segments[n]!.text).join("").trimEnd();
}

/** What a lesson declares around its story, and how it prints here. */
function programOf(name: string, source: string, values: Values): string {
  const [head = "", below = ""] = source
    .split(/^lesson\([^]*?^\}(?:, \{[^]*?^\})?\);$/m);
  const options = [...source.matchAll(/^ {4}(\w+): \{\s*default: ([^,\s]+)/gm)]
    .map(([, name, value]) => `const ${name} = ${values[name!] ?? value};`);
  const imported = [...head.matchAll(/import \{([^}]*)\} from "(.*)";/g)];
  const namesFrom = (from: string) =>
    imported.filter((it) => it[2] === from).flatMap((it) => it[1]!.split(","))
      .map((it) => it.trim()).filter((it) => it && !/^type /.test(it));
  const types = imported.flatMap((it) => it[1]!.split(","))
    .map((it) => it.trim()).filter((it) => /^type /.test(it));
  const library = [...namesFrom("../mod.ts"), ...types].join(", ");
  return [
    library && `import { ${library} } from "course";`,
    `import { inNotebook } from "course/lib/lesson/notebook.ts";`,
    `const { ${namesFrom("../lib/lesson.ts").join(", ")} } = inNotebook();`,
    `const meta = { url: "course:/lessons/${name}.ts", main: false };`,
    ...options,
    head.replace(/^\/\*\*[^]*?\*\//, "").replace(/^import [^]*?;$/gm, ""),
    plain(below),
  ].map((part) => part.trim()).filter(Boolean).join("\n");
}

/** Code as a cell can hold it: without exports, marks, and `import.meta`. */
function plain(code: string): string {
  return code.replace(/^ *\/\/ #(end)?region.*\n/gm, "")
    .replace(/^export /gm, "").replaceAll("import.meta", "meta");
}

/** The statements of a part of the story, a cell for each that prints. */
function statements(text: string): Cell[] {
  const cells: Cell[] = [];
  let open: string[] = [];
  // What main sees of a worker that has just started, it sees in that turn.
  const isOneTurn = /\.start\(\);/.test(text);
  const close = () => {
    const text = open.join("\n").trim();
    open = [];
    if (text) cells.push({ kind: "code", text: plain(text) });
  };
  const all = text.replace(/^ {2}/gm, "").split(/\n(?=[^\s\])}])/)
    // What a story returns is for --json.
    .filter((statement) => !/^return\b/.test(statement));
  for (const [i, statement] of all.entries()) {
    const print = printing.exec(statement)?.[1];
    const isLast = i === all.length - 1 || !isOneTurn;
    // Without a value of its own, a cell shows nothing but what is printed.
    if (!print || !isLast) open.push(statement);
    else if (/^(?:const|await)\b/.test(statement)) {
      open.push(statement.replace(/^await measure\(/, "void $&"));
    } else open.push(`await ${statement}`);
    if (print && isLast) close();
  }
  close();
  return cells;
}

/** An empty cell for each exercise, and one that checks it. */
function exercisesOf(name: string, page: Page): Cell[] {
  const boxes = page.sections.flatMap(({ rows }) => rows)
    .flatMap((row) => row.boxes).filter((box) => box.exercises.length > 0);
  if (boxes.length === 0) return [];
  const cells: Cell[] = [{
    kind: "markdown",
    text: "## Exercises\n\nWrite each function yourself, run its cell, and " +
      "then the cell that checks it.",
  }, {
    kind: "code",
    text: 'import { check } from "course/book/check.ts";',
    isOpen: true,
  }];
  for (const box of boxes) {
    const blank = box.segments.map((n) => {
      const { text, todo } = page.segments[n]!;
      return todo ?? text;
    }).join("").trimEnd();
    for (const { name: part, task } of box.exercises) {
      cells.push({ kind: "markdown", text: `**${part}**: ${task}` });
    }
    cells.push({ kind: "code", text: plain(blank), isOpen: true });
    const declared = [...blank.matchAll(/(?:function\*?|class|const) (\w+)/g)]
      .map(([, it]) => it);
    const checks = box.exercises.map(({ name: part }) =>
      declared.includes(part)
        ? `await check("${name}", ${part});`
        : `await check("${name}", ${declared[0]}, "${part}");`
    );
    cells.push({ kind: "code", text: checks.join("\n"), isOpen: true });
  }
  return cells;
}

/** What each cell that is run prints, as a notebook would show it. */
async function record(cells: readonly Cell[], folder: string): Promise<void> {
  const mark = "\u0001";
  const stand = `let at = 0;
const write = (text: string) => console.log("${mark}" + JSON.stringify([at, text]));
Object.assign(Deno, { jupyter: {
  broadcast: (_: string, { text }: { text: string }) => Promise.resolve(write(text)),
} });`;
  const all = cells.map(({ kind, text, isOpen }, i) =>
    kind === "code" && !isOpen ? `at = ${i};\n${text}\n` : ""
  );
  const name = ".recorded.ts";
  const file = `${folder}/${name}`;
  await Deno.writeTextFile(file, [stand, ...all, "Deno.exit();"].join("\n"));
  const { stdout } = await run(
    [Deno.execPath(), "run", "--no-check", "-A", name],
    { cwd: folder, env: { NO_COLOR: "1" }, check: true },
  );
  await Deno.remove(file);
  let at = 0;
  const add = (text: string) => {
    cells[at]!.printed = (cells[at]!.printed ?? "") + text;
  };
  for (const line of stdout.split("\n").slice(0, -1)) {
    // Workers print beside the lesson.
    if (!line.startsWith(mark)) add(`${line}\n`);
    else {
      const [cell, text] = JSON.parse(line.slice(1));
      at = cell;
      add(text);
    }
  }
}

/**
 * Writes cells as a notebook of format 4.5
 * (https://nbformat.readthedocs.io/en/latest/format_description.html).
 *
 * @param cells The cells.
 * @returns The text of an .ipynb file.
 */
export function notebookOf(cells: readonly Cell[]): string {
  const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const all = cells.map(({ kind, text, isFolded, printed }, i) => ({
    cell_type: kind,
    id: `cell-${i}`,
    metadata: isFolded ? { jupyter: { source_hidden: true } } : {},
    source: lines(text),
    ...kind === "code" && {
      execution_count: null,
      outputs: printed
        ? [{ output_type: "stream", name: "stdout", text: lines(printed) }]
        : [],
    },
  }));
  const metadata = {
    kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
    language_info: { name: "typescript", file_extension: ".ts" },
  };
  const whole = { cells: all, metadata, nbformat: 4, nbformat_minor: 5 };
  return JSON.stringify(whole, null, 1) + "\n";
}

/**
 * Writes the notebooks, and the deno.json by which their imports are found.
 *
 * @param out The folder to write to.
 * @param chosen The lessons; all of them unless given.
 * @param values Values of options, instead of their defaults.
 * @returns The names of the files.
 */
export async function writeNotebooks(
  out: string,
  chosen: readonly LessonFiles[] = lessonsIn(root),
  values: Values = {},
): Promise<string[]> {
  await Deno.mkdir(out, { recursive: true });
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const course = { course: `${root}mod.ts`, "course/": `${root}` };
  await Deno.writeTextFile(
    `${out}/deno.json`,
    JSON.stringify({ imports: { ...imports, ...course } }, null, 2) + "\n",
  );
  const written: string[] = [];
  for (const { path } of chosen) {
    const name = path.replace(/^.*\/|\.ts$/g, "");
    const source = await Deno.readTextFile(new URL(path, root));
    const cells = cellsOf(name, source, values);
    await record(cells, out);
    await Deno.writeTextFile(`${out}/${name}.ipynb`, notebookOf(cells));
    written.push(`${name}.ipynb`);
  }
  return written;
}

/** Reads a command line: what to write where, `"help"`, or what is wrong. */
function requestOf(args: readonly string[]) {
  const unknown: string[] = [];
  const { _: words, out, help } = parseArgs([...args], {
    string: ["out", "_"],
    boolean: ["help"],
    default: { out: "notebooks" },
    unknown: (word) => {
      if (word.startsWith("-")) unknown.push(word);
    },
  });
  if (help) return "help";
  if (unknown.length > 0) return new Error(`unknown option ${unknown[0]}`);
  if (out === "") return new Error("--out: a folder is missing");
  const typed = words.length > 0 ? words.map(String) : ["all"];
  try {
    return { out: `${out}`, chosen: chosenLessons(lessonsIn(root), typed) };
  } catch (error) {
    return error as Error;
  }
}

/** The command line; gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const request = requestOf(args);
  if (request === "help") return console.log(usage), 0;
  if (request instanceof Error) {
    console.error(`notebook: ${request.message}\n\n${usage}`);
    return 2;
  }
  const { out, chosen } = request;
  for (const name of await writeNotebooks(out, chosen)) {
    console.log(`${out}/${name}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
