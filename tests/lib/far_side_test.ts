import { assertEquals } from "@std/assert";
import { guardProgram } from "../../lib/processes/guard.ts";
import { childProgram } from "../../lib/processes/host.ts";
import { processProgram, threadProgram } from "../../lib/workers/far_side.ts";
import { deno, testWith } from "../helper.ts";

testWith(
  ["run", "write"],
  "what is sent as text uses only what is sent with it",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const texts = {
        thread: threadProgram(),
        process: `(${processProgram()});`,
        child: childProgram(undefined),
        guard: guardProgram(),
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
