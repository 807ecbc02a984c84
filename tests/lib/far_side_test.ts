import { assertEquals } from "@std/assert";
import { childProgram, processProgram } from "../../lib/processes/command.ts";
import { threadProgram } from "../../lib/workers/program.ts";
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
