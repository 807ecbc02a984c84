/**
 * The options that name files for a report, shared by the commands that make
 * one.
 *
 * @module
 */

import { formatCsv } from "./csv.ts";
import { formatHtml } from "./html.ts";
import { formatJunit } from "./junit.ts";
import { formatTable } from "./table.ts";
import { formatJson, type Report } from "./report.ts";
import { UsageError } from "../grading/usage.ts";

const formats = {
  json: formatJson,
  junit: formatJunit,
  csv: formatCsv,
  html: formatHtml,
} satisfies Record<string, (report: Report) => string>;

/** A format that a report can be written in. */
export type Format = keyof typeof formats;

/** Which files to write; formats without a file are not written. */
export type Outputs = Partial<Readonly<Record<Format, string>>>;

/** The options' names, for `parseArgs`'s `string`. */
export const outputOptions: readonly Format[] = Object.keys(
  formats,
) as Format[];

/** The options for a command's `--help`, a line each. */
export const outputHelp = `\
  --json F     write the report as JSON to the file F
  --junit F    as JUnit XML, for CI
  --csv F      as CSV, for a gradebook
  --html F     as one HTML page`;

/**
 * Takes the output options from a parsed command line.
 *
 * @param args What `parseArgs` made of the command line.
 * @returns Which files to write.
 * @throws {UsageError} If an option names no file, or two of them name the
 * same file.
 */
export function outputsOf(args: Readonly<Record<string, unknown>>): Outputs {
  const outputs: Partial<Record<Format, string>> = {};
  for (const format of outputOptions) {
    const file = args[format];
    if (file === undefined) continue;
    if (typeof file !== "string" || file === "") {
      throw new UsageError(`--${format} needs one file's name`);
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
 * Writes a report's files. All are made before the first is written; folders
 * that are not there are made.
 *
 * @param report What grading found.
 * @param outputs Which files to write.
 * @returns The files written, in the order of the options.
 * @throws {Error} If a file cannot be written; the message names it.
 */
export async function writeOutputs(
  report: Report,
  outputs: Outputs,
): Promise<string[]> {
  const files = outputOptions.flatMap((format) => {
    const file = outputs[format];
    return file === undefined ? [] : [{ file, text: formats[format](report) }];
  });
  for (const { file, text } of files) {
    try {
      const folder = file.match(/^(.*[^/\\])[/\\]+[^/\\]*$/)?.[1];
      if (folder) await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(file, text);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`cannot write ${file}: ${message}`, { cause });
    }
  }
  return files.map(({ file }) => file);
}
