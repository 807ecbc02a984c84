/**
 * The options that name files for a report, shared by the commands that make
 * one.
 *
 * @module
 */

import { formatCsv } from "./csv.ts";
import { feedbackPages } from "./feedback.ts";
import { formatHtml } from "./html.ts";
import { formatJunit } from "./junit.ts";
import { formatTable } from "./table.ts";
import { formatJson, type Report } from "./report.ts";
import { counted } from "./tally.ts";
import { UsageError } from "../grading/usage.ts";

const formats = {
  json: formatJson,
  junit: formatJunit,
  csv: formatCsv,
  html: formatHtml,
} satisfies Record<string, (report: Report) => string>;

/** What an option names: the file of a format, or the folder of feedback. */
export type Output = keyof typeof formats | "feedback";

/** What to write, and where; what has no place is not written. */
export type Outputs = Partial<Readonly<Record<Output, string>>>;

/** The options' names, for `parseArgs`'s `string`. */
export const outputOptions = [
  ...Object.keys(formats),
  "feedback",
] as readonly Output[];

/** The options for a command's `--help`, a line each. */
export const outputHelp = `\
  --json F     write the report as JSON to the file F
  --junit F    as JUnit XML, for CI
  --csv F      as CSV, for a gradebook
  --html F     as one HTML page
  --feedback D a page for each student to the folder D, to hand back`;

/**
 * Takes the output options from a parsed command line.
 *
 * @param args What `parseArgs` made of the command line.
 * @returns Which files to write.
 * @throws {UsageError} If an option names no file, or two of them name the
 * same file.
 */
export function outputsOf(args: Readonly<Record<string, unknown>>): Outputs {
  const outputs: Partial<Record<Output, string>> = {};
  for (const format of outputOptions) {
    const file = args[format];
    if (file === undefined) continue;
    if (typeof file !== "string" || file === "") {
      const what = format === "feedback" ? "folder" : "file";
      throw new UsageError(`--${format} needs one ${what}'s name`);
    }
    for (const [other, same] of Object.entries(outputs)) {
      if (same === file) {
        throw new UsageError(`--${other} and --${format} name the same file`);
      }
    }
    outputs[format] = file;
  }
  return outputs;
}

/**
 * Prints a report's table, as wide as the terminal.
 *
 * @param report What grading found.
 */
export function printTable(report: Report): void {
  const isTerminal = Deno.stdout.isTerminal();
  const colours = isTerminal && !Deno.noColor;
  const width = isTerminal ? Deno.consoleSize().columns : 80;
  console.log(formatTable(report, { colours, width }).trimEnd());
}

/**
 * Looks whether a report's files could be written, before there is one. Folders
 * that are not there are made.
 *
 * @param outputs What to write.
 * @throws {Error} If something cannot be written; the message names it.
 */
export async function checkOutputs(outputs: Outputs): Promise<void> {
  for (const option of outputOptions) {
    const path = outputs[option];
    if (path === undefined) continue;
    await writing(path, async () => {
      const folder = option === "feedback" ? path : folderOf(path);
      if (folder) await Deno.mkdir(folder, { recursive: true });
      if (option === "feedback") {
        await Deno.remove(await Deno.makeTempFile({ dir: path }));
        return;
      }
      const isThere = await Deno.lstat(path).then(() => true, () => false);
      (await Deno.open(path, { append: true, create: true })).close();
      if (!isThere) await Deno.remove(path);
    });
  }
}

/**
 * Writes a report's files. All are made before the first is written; folders
 * that are not there are made. Other files in the folder of feedback stay.
 *
 * @param report What grading found.
 * @param outputs What to write.
 * @returns What was written, in words, in the order of the options.
 * @throws {Error} If a file cannot be written; the message names it.
 */
export async function writeOutputs(
  report: Report,
  outputs: Outputs,
): Promise<string[]> {
  const { feedback, ...others } = outputs;
  const files = new Map<string, string>();
  const written: string[] = [];
  for (const [format, file] of Object.entries(others)) {
    files.set(file, formats[format as keyof typeof formats](report));
    written.push(file);
  }
  if (feedback !== undefined) {
    const pages = feedbackPages(report);
    for (const [name, text] of pages) files.set(`${feedback}/${name}`, text);
    written.push(`${counted(pages.size, "page")} to ${feedback}`);
  }
  for (const [file, text] of files) {
    await writing(file, async () => {
      const folder = folderOf(file);
      if (folder) await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(file, text);
    });
  }
  return written;
}

function folderOf(file: string): string | undefined {
  return file.match(/^(.*[^/\\])[/\\]+[^/\\]*$/)?.[1];
}

/** Does something to a file; an error names it. */
async function writing(file: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`cannot write ${file}: ${message}`, { cause });
  }
}
