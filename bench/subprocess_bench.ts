/**
 * Programs run to their end, and long outputs read by lines, beside the tools
 * that are known for it. Each tool is measured in a process of its own, so that
 * none is slowed down by what another one loads, and each run in turn with a
 * bare `Deno.Command`, so that a noisy moment meets both.
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

/** What one tool took: times in milliseconds, memory in bytes. */
interface Result {
  /** How many times as long as a bare `Deno.Command` a run took. */
  readonly ratio: number;
  readonly lines: number;
  readonly memory: number;
}

/** How many bytes of lines are read, 100 bytes a line. */
const size = 100_000_000;

/** A program that prints that much. */
const printer = [
  Deno.execPath(),
  "eval",
  `const chunk = new TextEncoder().encode(("x".repeat(99) + "\\n").repeat(1_000));
  for (let i = 0; i < ${size / 100_000}; i++) {
    for (let from = 0; from < chunk.length;) {
      from += Deno.stdout.writeSync(chunk.subarray(from));
    }
  }`,
];

/** A program that ends at once. */
const nothing = Deno.build.os === "windows"
  ? ["cmd", "/c", "exit 0"]
  : ["true"];

async function measureTool(tool: Tool): Promise<Result> {
  const [file, ...args] = nothing;
  const times = await measure([
    { name: "bare", run: () => new Deno.Command(file!, { args }).output() },
    { name: "tool", run: () => tool.run(nothing) },
  ], 200);
  const started = performance.now();
  let count = 0;
  let memory = 0;
  for await (const line of tool.lines(printer)) {
    if (line.length !== 99) throw new Error(`a line of ${line.length}`);
    count += 1;
    if (count % 10_000 === 0) {
      memory = Math.max(memory, Deno.memoryUsage().rss);
    }
  }
  if (count !== size / 100) throw new Error(`${count} lines`);
  return {
    ratio: times.get("tool")! / times.get("bare")!,
    lines: performance.now() - started,
    memory,
  };
}

async function compare(rounds: number): Promise<void> {
  const results = new Map<string, Result[]>();
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(tools)) {
      const { stdout } = await run(
        [
          Deno.execPath(),
          "run",
          "--no-lock",
          "--allow-all",
          import.meta.filename!,
          name,
        ],
        { check: true },
      );
      const result: Result = JSON.parse(stdout);
      results.set(name, [...results.get(name) ?? [], result]);
    }
  }
  const middle = (key: keyof Result) =>
    new Map(
      [...results].map(([name, all]) => [name, median(all.map((r) => r[key]))]),
    );
  const lines = middle("lines");
  console.log("A program run to its end, beside Deno.Command.output()");
  for (const [name, ratio] of middle("ratio")) {
    console.log(`${ratio.toFixed(2).padStart(9)} ×  ${name}`);
  }
  report(`${size / 1e6} MB read by lines`, lines, ours);
  for (const [name, memory] of middle("memory")) {
    const speed = (size / 1_000 / lines.get(name)!).toFixed(0).padStart(6);
    const most = (memory / 1e6).toFixed(0).padStart(6);
    console.log(`${speed} MB/s ${most} MB of memory at most  ${name}`);
  }
}

const [name] = Deno.args;
if (name === undefined) await compare(3);
else console.log(JSON.stringify(await measureTool(await tools[name]!())));
