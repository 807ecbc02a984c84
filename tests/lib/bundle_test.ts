/**
 * A program that was bundled runs pools of threads and of processes: what is sent
 * as text does not depend on names that a bundler changes.
 */

import { assertEquals } from "@std/assert";
import { deno, testWith } from "../helper.ts";

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
