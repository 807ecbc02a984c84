/**
 * Makes one report of the reports of all shards of a class.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  outputHelp,
  outputOptions,
  outputsOf,
  printTable,
  writeOutputs,
} from "../reports/outputs.ts";
import { parseReport, type Report } from "../reports/report.ts";
import { mergeReports } from "./shard.ts";
import { UsageError } from "./usage.ts";

const help = `\
Makes one report of the reports of all shards, prints its table, and writes it.

deno task grade:merge REPORT.json… [--json F] [--junit F] [--csv F] [--html F]

  REPORT.json  what "deno task grade --shard I/N --json" wrote, one for each shard
${outputHelp}
  --help       this text

Ends with 0 when a report was made, 1 when it could not be, 2 for a wrong
command line.`;

/**
 * Runs the command.
 *
 * @param args The command line, without the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { files, outputs, wantsHelp } = parse(args);
    if (wantsHelp) {
      console.log(help);
      return 0;
    }
    const report = mergeReports(await Promise.all(files.map(read)));
    printTable(report);
    for (const file of await writeOutputs(report, outputs)) {
      console.log(`wrote ${file}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`grade:merge: ${error.message}`);
    if (!(error instanceof UsageError)) return 1;
    console.error('"deno task grade:merge --help" says how it is used');
    return 2;
  }
}

function parse(args: readonly string[]) {
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["_", ...outputOptions],
    alias: { help: "h" },
    unknown: (option, key) => {
      if (key === undefined) return;
      throw new UsageError(`there is no option ${option}`);
    },
  });
  const files = parsed._.map(String);
  const wantsHelp = parsed.help === true;
  if (files.length === 0 && !wantsHelp) {
    throw new UsageError("name the reports to merge");
  }
  return { files, outputs: outputsOf(parsed), wantsHelp };
}

async function read(file: string): Promise<Report> {
  try {
    return parseReport(await Deno.readTextFile(file));
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`cannot read ${file}: ${message}`, { cause });
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
