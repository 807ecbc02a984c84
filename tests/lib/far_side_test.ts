/**
 * What is sent to another thread or process as text.
 */

import { assertEquals } from "@std/assert";
import { childProgram, processProgram } from "../../lib/processes/command.ts";
import { threadProgram } from "../../lib/workers/program.ts";
import { textOf } from "../../lib/workers/task.ts";
import { deno, runProgram, testWith } from "../helper.ts";

testWith(
  ["run", "write"],
  "what is sent as text uses only what is sent with it",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const texts = {
        thread: threadProgram(),
        process: `(${processProgram()});`,
        child: childProgram(undefined, []),
      };
      for (const [name, text] of Object.entries(texts)) {
        const file = `${folder}/${name}.js`;
        await Deno.writeTextFile(file, text);
        const { stdout, stderr } = await deno(
          "lint",
          "--no-config",
          "--rules-tags=",
          "--rules-include=no-undef",
          "--json",
          file,
        );
        const { diagnostics } = JSON.parse(stdout || stderr);
        const undefinedNames = diagnostics
          .filter(({ code }: { code: string }) => code === "no-undef")
          .map(({ message }: { message: string }) => message);
        assertEquals(undefinedNames, [], name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  ["run"],
  "threads run where they share no memory, as in a page from a file",
  async () => {
    const program = `
    delete globalThis.SharedArrayBuffer;
    const { FunctionWorker, Lock, Pool } = await import("mod.ts");
    const told = [];
    const worker = new FunctionWorker((x) => x * 2, { args: [21] });
    worker.start();
    told.push(await worker.join());

    using pool = new Pool({ workers: 2 });
    const numbers = Array.from({ length: 1_000 }, (_, i) => i);
    const double = (x) => x * 2;
    for (let i = 0; i < 2; i++) {
      const doubled = await Promise.all(numbers.map((x) => pool.apply(double, [x])));
      told.push(doubled.every((x, i) => x === 2 * i));
    }
    for await (const x of pool.imap(double, numbers)) if (x === 10) break;

    // The other chunk has to end by itself, long before all of it has run.
    const fail = async (x) => {
      if (x === 1_000_000) throw new Error("failed");
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const items = Array.from({ length: 2_000_000 }, (_, i) => i);
    const failing = pool.map(fail, items, { chunkSize: 1_000_000 });
    told.push(await failing.catch((error) => error.message));
    told.push(await pool.map(double, [1, 2], { chunkSize: 1 }));
    try {
      new Lock();
    } catch (error) {
      told.push(error.message.split(",")[0]);
    }
    console.log(JSON.stringify(told));`;
    const { stdout, stderr } = await runProgram(program);
    assertEquals(stderr, "");
    assertEquals(JSON.parse(stdout), [
      42,
      true,
      true,
      "failed",
      [2, 4],
      "Lock needs memory that threads share",
    ]);
  },
);

testWith(
  ["run"],
  "threads can be given another program, such as a bundle",
  async () => {
    const program = `
    import { FunctionWorker, Pool } from "mod.ts";
    import { setThreadProgram } from "${new URL(
      "../../lib/workers/thread.ts",
      import.meta.url,
    )}";
    import { threadProgram } from "${new URL(
      "../../lib/workers/program.ts",
      import.meta.url,
    )}";
    const text = threadProgram();
    setThreadProgram("globalThis.isBundled = true;" + text);
    const worker = new FunctionWorker(() => globalThis.isBundled);
    worker.start();
    using pool = new Pool({ workers: 1 });
    console.log(await worker.join(), await pool.apply(() => globalThis.isBundled));`;
    const { stdout, stderr } = await runProgram(program);
    assertEquals([stdout, stderr], ["true true\n", ""]);
  },
);

Deno.test("a class travels as text, also from a compiler that moves computed names out of it", () => {
  const _computedKey: typeof Symbol.dispose = Symbol.dispose;
  const _computedKey1 = Symbol.for("a key");
  class Moved {
    [_computedKey]() {
      return "disposed";
    }
    async *[_computedKey1]() {}
  }
  const text = textOf(Moved);
  const Arrived = (0, eval)(`(${text})`) as typeof Moved;
  assertEquals(new Arrived()[_computedKey]!(), "disposed");
  assertEquals(Object.getOwnPropertySymbols(Arrived.prototype), [
    Symbol.dispose,
    Symbol.for("a key"),
  ]);
});

Deno.test("names that were moved out of a class in a function stay as they are", () => {
  const _computedKey: typeof Symbol.dispose = Symbol.dispose;
  const task = () => {
    class Inner {
      [_computedKey]() {}
    }
    return new Inner();
  };
  assertEquals(textOf(task), String(task));
});

// A bundler takes a path.
const mod = decodeURIComponent(
  new URL("../../mod.ts", import.meta.url).pathname,
)
  .replace(/^\/(?=\w:)/, "");

const program = `
  import { Lock, Pool, Queue } from "${mod}";
  const told = [];
  for (const isolation of ["worker", "process"]) {
    await using pool = new Pool({ workers: 2, isolation });
    told.push(await pool.map((x) => x * x, [1, 2, 3]));
    const queue = new Queue({ capacity: 1 });
    const put = async (queue) => {
      for (let i = 0; i < 3; i++) await queue.put(i);
      return queue.close();
    };
    const filled = pool.apply(put, [queue]);
    told.push(await Array.fromAsync(queue));
    await filled;
    const error = await pool.apply(() => {
      class Odd extends RangeError {}
      throw new Odd("odd");
    }).catch((error) => error);
    told.push([error instanceof RangeError, error.message]);
  }
  using pool = new Pool({ workers: 2 });
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const count = (lock, counter) => {
    for (let i = 0; i < 100; i++) {
      using _ = lock.acquire();
      counter[0]++;
    }
  };
  const lock = new Lock();
  await pool.starmap(count, [[lock, counter], [lock, counter]]);
  console.log(JSON.stringify([told, counter[0]]));`;

const esbuild = (options: string) => `
  import { build, stop } from "npm:esbuild@0.28.2";
  const [entry, outfile] = Deno.args;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "neutral",
    ${options}
  });
  await stop();`;

/** How to bundle a file into another one. */
const bundlers: Record<string, (from: string, to: string) => string[]> = {
  "deno bundle": (from, to) => ["bundle", "--no-lock", "-o", to, from],
  "deno bundle --minify": (from, to) => [
    ...["bundle", "--no-lock", "--minify", "-o", to],
    from,
  ],
  "esbuild": (from, to) => runText(esbuild(""), from, to),
  "esbuild, minified": (from, to) => runText(esbuild("minify: true"), from, to),
};

function runText(text: string, ...args: string[]): string[] {
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  return ["run", "--no-lock", "--allow-all", url, ...args];
}

for (const [name, bundle] of Object.entries(bundlers)) {
  testWith(
    ["run", "read", "write"],
    `a program bundled by ${name} runs pools of both kinds`,
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const from = `${folder}/program.js`;
        const to = `${folder}/bundle.js`;
        await Deno.writeTextFile(from, program);
        const bundled = await deno(...bundle(from, to));
        assertEquals(bundled.code, 0, bundled.stderr);
        const flags = ["--no-lock", "--no-config", "--allow-run"];
        const { stdout, stderr } = await deno("run", ...flags, to);
        const each = [[1, 4, 9], [0, 1, 2], [true, "odd"]];
        assertEquals([stdout.trim(), stderr], [
          JSON.stringify([[...each, ...each], 200]),
          "",
        ]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
