/**
 * Programs run to their end, and long outputs read by lines, beside the tools
 * that are known for it.
 *
 * @example Run it
 * ```sh
 * deno run --allow-run --allow-read --allow-env bench/subprocess_bench.ts
 * ```
 *
 * @module
 */

import { execa } from "npm:execa@10.2.1";
import nanoSpawn from "npm:nano-spawn@2.1.0";
import { x } from "npm:tinyexec@1.3.1";
import { $ } from "npm:zx@8.8.5/core";
import { run, spawn } from "../mod.ts";
import { measure, median, report } from "./measure.ts";

// zx always goes through a shell; its core leaves it open how words are quoted.
$.quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

const isWindows = Deno.build.os === "windows";

/** A program that ends at once. */
const [program, ...args] = isWindows
  ? ["cmd", "/c", "exit 0"] as const
  : ["true"] as const;

/** How many programs are run to measure a run. */
const runs = 50;

/** How many bytes of lines are read. */
const size = 100_000_000;

/** A program that prints that much, 100 bytes a line. */
const printer = [
  Deno.execPath(),
  "eval",
  `const chunk = new TextEncoder().encode(("x".repeat(99) + "\\n").repeat(1_000));
  for (let i = 0; i < ${size / 100_000}; i++) {
    for (let from = 0; from < chunk.length;) {
      from += Deno.stdout.writeSync(chunk.subarray(from));
    }
  }`,
] as const;

/** The lines of a program's output, as one would write it with Deno alone. */
async function* byHand(): AsyncGenerator<string> {
  const [file, ...args] = printer;
  const child = new Deno.Command(file, { args, stdout: "piped" }).spawn();
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  await child.status;
}

/** The same output, by lines, with each of the tools. */
const readers: Record<string, () => AsyncIterable<string>> = {
  "spawn().lines()": () => spawn(printer).lines(),
  "by hand": byHand,
  "execa": () => execa(printer[0], printer.slice(1), { buffer: false }),
  "nano-spawn": () => nanoSpawn(printer[0], printer.slice(1)),
  "tinyexec": () => x(printer[0], printer.slice(1)),
  "zx": () => $`${printer}`.quiet(),
};

/** What reading took, in milliseconds, and the most memory it took, in bytes. */
interface Reading {
  readonly elapsed: number;
  readonly peak: number;
}

/** Reads all lines with one of the tools; meant for a process of its own. */
async function read(name: string): Promise<Reading> {
  const started = performance.now();
  let count = 0;
  let peak = 0;
  for await (const line of readers[name]!()) {
    if (line.length !== 99) throw new Error(`a line of ${line.length}`);
    count += 1;
    if (count % 10_000 === 0) {
      peak = Math.max(peak, Deno.memoryUsage().rss);
    }
  }
  if (count !== size / 100) throw new Error(`${count} lines`);
  return { elapsed: performance.now() - started, peak };
}

/** Measures one of the tools in a process of its own. */
async function readApart(name: string): Promise<Reading> {
  const { stdout } = await run(
    [Deno.execPath(), "run", "--allow-all", import.meta.filename!, name],
    { check: true },
  );
  return JSON.parse(stdout);
}

async function compareRuns(): Promise<void> {
  const ways = [
    {
      name: "Deno.Command.output()",
      run: () => new Deno.Command(program, { args: [...args] }).output(),
    },
    { name: "run()", run: () => run([program, ...args]) },
    { name: "execa", run: () => execa(program, args) },
    { name: "nano-spawn", run: () => nanoSpawn(program, args) },
    { name: "tinyexec", run: () => x(program, [...args]) },
    { name: "zx", run: () => $`${[program, ...args]}`.quiet() },
  ].map(({ name, run }) => ({
    name,
    // A single one is too short for a noisy machine.
    run: async () => {
      for (let i = 0; i < runs; i++) await run();
    },
  }));
  report(
    `${runs} programs run to their end, one after another`,
    await measure(ways, 11),
    "Deno.Command.output()",
  );
}

async function compareLines(): Promise<void> {
  const rounds = new Map<string, Reading[]>();
  for (let round = 0; round < 3; round++) {
    for (const name of Object.keys(readers)) {
      const readings = rounds.get(name) ?? [];
      rounds.set(name, [...readings, await readApart(name)]);
    }
  }
  const times = new Map<string, number>();
  for (const [name, readings] of rounds) {
    times.set(name, median(readings.map(({ elapsed }) => elapsed)));
  }
  report("100 MB read by lines", times, "spawn().lines()");
  for (const [name, readings] of rounds) {
    const speed = size / 1_000 / times.get(name)!;
    const peak = median(readings.map(({ peak }) => peak)) / 1_000_000;
    console.log(
      `${speed.toFixed(0).padStart(6)} MB/s  ${
        peak.toFixed(0).padStart(5)
      } MB of memory at most  ${name}`,
    );
  }
}

const [name] = Deno.args;
if (name === undefined) {
  await compareRuns();
  await compareLines();
} else {
  console.log(JSON.stringify(await read(name)));
}
