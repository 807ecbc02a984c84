/**
 * Programs run to their end, and long outputs read by lines, beside the tools
 * that are known for it, and beside two limits: reading the bytes alone, and
 * looping over as many promises. Each tool is measured in a process of its own,
 * so that none is slowed down by what another one loads, and each run in turn
 * with a bare `Deno.Command`, so that a noisy moment meets both.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-run --allow-read --allow-env bench/subprocess_bench.ts
 * ```
 *
 * @module
 */

import { run, spawn } from "../mod.ts";
import { measure, median, report } from "./measure.ts";

/** A tool that runs programs. */
interface Tool {
  /** Runs a program to its end. */
  run(words: string[]): PromiseLike<unknown>;
  /** The lines that a program prints. */
  lines(words: string[]): AsyncIterable<string>;
}

const ours = "run(), spawn()";

const tools: Record<string, () => Promise<Tool> | Tool> = {
  [ours]: () => ({ run, lines: (words) => spawn(words).lines() }),
  "Deno.Command": () => ({
    run: ([file, ...args]) => new Deno.Command(file!, { args }).output(),
    lines: linesByHand,
  }),
  "execa": async () => {
    const { execa } = await import("npm:execa@10.2.1");
    return {
      run: ([file, ...args]) => execa(file!, args),
      lines: ([file, ...args]) => execa(file!, args, { buffer: false }),
    };
  },
  "nano-spawn": async () => {
    const { default: nanoSpawn } = await import("npm:nano-spawn@2.1.0");
    return {
      run: ([file, ...args]) => nanoSpawn(file!, args),
      lines: ([file, ...args]) => nanoSpawn(file!, args),
    };
  },
  "tinyexec": async () => {
    const { x } = await import("npm:tinyexec@1.3.1");
    return {
      run: ([file, ...args]) => x(file!, args),
      lines: ([file, ...args]) => x(file!, args),
    };
  },
  "zx": async () => {
    const { $ } = await import("npm:zx@8.8.5/core");
    // zx always goes through a shell; its core leaves open how words are quoted.
    $.quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;
    return {
      run: (words) => $`${words}`.quiet(),
      lines: (words) => $`${words}`.quiet(),
    };
  },
};

/** As one would write it with nothing but Deno. */
async function* linesByHand([file, ...args]: string[]) {
  const child = new Deno.Command(file!, { args, stdout: "piped" }).spawn();
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
  await child.status;
}

/** What is printed. */
interface Size {
  /** How long a line is. */
  readonly characters: number;
  /** How many lines there are. */
  readonly count: number;
  /** The tools that cannot do it. */
  readonly without: readonly string[];
}

const sizes: Size[] = [
  { characters: 99, count: 1_000_000, without: [] },
  // It keeps every line that it gives, and runs out of memory.
  { characters: 8, count: 10_000_000, without: ["nano-spawn"] },
];

/** A program that prints such lines. */
function printer({ characters, count }: Size): string[] {
  const code = `const line = "x".repeat(${characters}) + "\\n";
  const chunk = new TextEncoder().encode(line.repeat(1_000));
  for (let i = 0; i < ${count / 1_000}; i++) {
    for (let from = 0; from < chunk.length;) {
      from += Deno.stdout.writeSync(chunk.subarray(from));
    }
  }`;
  return [Deno.execPath(), "eval", code];
}

/** A program that ends at once. */
const nothing = Deno.build.os === "windows"
  ? ["cmd", "/c", "exit 0"]
  : ["true"];

/** What one tool took. */
interface Result {
  /** How long, in milliseconds. */
  readonly time: number;
  /** How many bytes of memory it had at most. */
  readonly memory?: number;
}

/** How long a program takes that ends at once; `bare` beside the tool. */
async function measureRuns(
  tool: Tool,
): Promise<{ tool: number; bare: number }> {
  const [file, ...args] = nothing;
  const times = await measure([
    { name: "bare", run: () => new Deno.Command(file!, { args }).output() },
    { name: "tool", run: () => tool.run(nothing) },
  ], 200);
  return { tool: times.get("tool")!, bare: times.get("bare")! };
}

async function measureLines(tool: Tool, size: Size): Promise<Result> {
  const started = performance.now();
  let count = 0;
  let memory = 0;
  for await (const line of tool.lines(printer(size))) {
    if (line.length !== size.characters) {
      throw new Error(`a line of ${line.length}`);
    }
    count += 1;
    if (count % 100_000 === 0) {
      memory = Math.max(memory, Deno.memoryUsage().rss);
    }
  }
  if (count !== size.count) throw new Error(`${count} lines`);
  return { time: performance.now() - started, memory };
}

/** What the loop takes when there is nothing to read. */
async function measureLoop({ count }: Size): Promise<Result> {
  let left = count;
  const lines: AsyncIterator<string> = {
    next: () => Promise.resolve({ value: "", done: left-- === 0 }),
  };
  const started = performance.now();
  for await (const _ of { [Symbol.asyncIterator]: () => lines });
  return { time: performance.now() - started };
}

/** What is left when nothing is made of the bytes. */
async function measureBytes(size: Size): Promise<Result> {
  const started = performance.now();
  const [file, ...args] = printer(size);
  const child = new Deno.Command(file!, { args, stdout: "piped" }).spawn();
  const reader = child.stdout.getReader({ mode: "byob" });
  for (let buffer = new Uint8Array(65_536);;) {
    const { value, done } = await reader.read(buffer);
    if (done) break;
    buffer = new Uint8Array(value.buffer);
  }
  await child.status;
  return { time: performance.now() - started };
}

const limits: Record<string, (size: Size) => Promise<Result>> = {
  "the bytes alone": measureBytes,
  "the loop alone": measureLoop,
};
const python = "Python";

/** Python's `subprocess`; its lines keep their ends. */
const pythonProgram = `import json, subprocess, sys, time
started = time.perf_counter()
command = json.loads(sys.argv[1])
with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as child:
    for line in child.stdout:
        pass
print(json.dumps({"time": (time.perf_counter() - started) * 1000}))`;

/** What measures one way, in a process of its own: `"runs"`, or of a size. */
function commandFor(name: string, what: number | "runs"): string[] {
  if (name === python && what !== "runs") {
    return [
      "python3",
      "-c",
      pythonProgram,
      JSON.stringify(printer(sizes[what]!)),
    ];
  }
  const flags = ["--no-lock", "--allow-all", import.meta.filename!];
  return [Deno.execPath(), "run", ...flags, name, String(what)];
}

/** Measures ways in turn; one that fails once is left out. */
async function measureApart<T>(
  names: string[],
  what: number | "runs",
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(names.map((name) => [name, []]));
  for (let round = 0; round < 3; round++) {
    for (const name of results.keys()) {
      try {
        const { stdout } = await run(commandFor(name, what), { check: true });
        results.get(name)!.push(JSON.parse(stdout));
      } catch (error) {
        console.log(`${name} failed: ${(error as Error).message.slice(-200)}`);
        results.delete(name);
      }
    }
  }
  return results;
}

async function compare(): Promise<void> {
  const names = Object.keys(tools);
  const runs = await measureApart<{ tool: number; bare: number }>(
    names,
    "runs",
  );
  console.log("A program run to its end, beside Deno.Command.output()");
  for (const [name, all] of runs) {
    const ratio = median(all.map(({ tool, bare }) => tool / bare));
    console.log(`${ratio.toFixed(2).padStart(9)} ×  ${name}`);
  }
  for (const [i, { characters, count, without }] of sizes.entries()) {
    const able = names.filter((name) => !without.includes(name));
    const results = await measureApart<Result>(
      [...able, python, ...Object.keys(limits)],
      i,
    );
    const times = [...results].map(([name, all]) =>
      [name, median(all.map(({ time }) => time))] as const
    );
    const lines = `${count / 1e6} million lines of ${characters} characters`;
    report(lines, new Map(times), ours);
    for (const [name, all] of results) {
      const memory = Math.max(...all.map(({ memory = 0 }) => memory));
      if (memory === 0) continue;
      console.log(
        `${(memory / 1e6).toFixed(0).padStart(9)} MB at most  ${name}`,
      );
    }
  }
}

const [name, what] = Deno.args;
if (name === undefined) await compare();
else if (what === "runs") {
  console.log(JSON.stringify(await measureRuns(await tools[name]!())));
} else {
  const size = sizes[Number(what)]!;
  const result = name in limits
    ? await limits[name]!(size)
    : await measureLines(await tools[name]!(), size);
  console.log(JSON.stringify(result));
}
