import { assert, assertEquals } from "@std/assert";
import { type Cell, cellsOf, writeNotebooks } from "../../book/notebook.ts";
import { claimsOf } from "../../lib/lesson/claims.ts";
import { lessons } from "../../lib/lesson.ts";
import { runIn, testWith } from "../helper.ts";

const root = new URL("../../", import.meta.url);

/** Where nbformat and jupyter_client are installed, if they are. */
function python(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "run" });
  if (state !== "granted") return undefined;
  return ["/usr/bin/python3", "python3"].find((program) => {
    try {
      return new Deno.Command(program, {
        args: ["-c", "import jupyter_client, nbformat"],
        stderr: "null",
      }).outputSync().success;
    } catch {
      return false;
    }
  });
}

testWith(["read"], "a notebook holds all that its lesson shows", async (t) => {
  for (const [name] of lessons) {
    await t.step(name, async () => {
      const file = new URL(`lessons/${name}.ts`, root);
      const source = await Deno.readTextFile(file);
      const cells = cellsOf(name, source);
      const code = cells.filter(({ kind }) => kind === "code");
      const text = code.map(({ text }) => text).join("\n");
      const shown = [...source.matchAll(/^ {2,}(?:await )?show(?:Error)?\(/gm)];
      const kept = [...text.matchAll(/^ *(?:await )?show(?:Error)?\(/gm)];
      assert(kept.length >= shown.length, `${kept.length} of ${shown.length}`);
      assert(!text.includes("import.meta"));
      assert(cells[1]!.isFolded);
      const exercises = [...source.matchAll(/#region solution: (.*)$/gm)];
      const prose = cells.filter((it) => it.kind === "markdown")
        .map((it: Cell) => it.text).join("\n");
      for (const [, task] of exercises) assert(prose.includes(task!), task);
    });
  }
});

testWith(
  ["run", "read", "write"],
  "notebooks are written into a folder below where the command runs",
  async () => {
    const folder = await Deno.makeTempDir();
    const allowed = ["--allow-read", "--allow-write", "--allow-run"];
    const program = new URL("book/notebook.ts", root).href;
    const words = [...allowed, program, "12", "--out", "written"];
    const { code, stdout, stderr } = await runIn(folder, "run", ...words);
    const file = "written/12_map_filter_reduce.ipynb";
    assertEquals([code, stdout.trim()], [0, file], stderr);
    assert((await Deno.stat(`${folder}/${file}`)).isFile);
    for (const wrong of [["--out"], ["99"], ["--only=12"]]) {
      const command = ["run", ...allowed, program, ...wrong];
      const { code, stderr } = await runIn(folder, ...command);
      assertEquals(code, 2, stderr);
      assert(stderr.startsWith("notebook: "), stderr);
    }
    await Deno.remove(folder, { recursive: true });
  },
);

/** A cell after it was run on Deno's kernel. */
interface RanCell {
  readonly source: string;
  readonly recorded: string;
  readonly printed: string;
}

const squeeze = (text: string) => text.replace(/\s/g, "");

const ignore = python() === undefined;

Deno.test({
  name: "notebooks run on Deno's kernel, and every exact value is there",
  ignore,
  fn: async (t) => {
    const folder = await Deno.makeTempDir();
    const kernel = `${folder}/jupyter/kernels/deno`;
    await Deno.mkdir(kernel, { recursive: true });
    const argv = ["jupyter", "--kernel", "--conn", "{connection_file}"];
    await Deno.writeTextFile(
      `${kernel}/kernel.json`,
      JSON.stringify({
        argv: [Deno.execPath(), ...argv],
        display_name: "Deno",
        language: "typescript",
      }),
    );
    const out = `${folder}/notebooks`;
    // Lessons that measure are measured by nobody here.
    const quick = { large: 20_000, runs: 1, n: 20_000, total: 2_000 };
    for (const file of await writeNotebooks(out, undefined, quick)) {
      await t.step(file, async () => {
        const { stdout, stderr } = await new Deno.Command(python()!, {
          args: [new URL("notebook.py", import.meta.url).pathname, file],
          cwd: out,
          env: { JUPYTER_PATH: `${folder}/jupyter`, NO_COLOR: "1" },
        }).output();
        const [, json] = new TextDecoder().decode(stdout).split("\u0001");
        assert(json, new TextDecoder().decode(stderr));
        const cells: RanCell[] = JSON.parse(json);
        // On a busy machine, the kernel's output is late, and names the next
        // cell; its order is kept.
        const all = squeeze(cells.map(({ printed }) => printed).join("\n"));
        let at = 0;
        const expect = (text: string, source: string) => {
          const found = all.indexOf(squeeze(text), at);
          assert(found >= 0, `${source}\n${all.slice(at)}`);
          at = found + 1;
        };
        let compared = 0;
        for (const { source, recorded, printed } of cells) {
          assert(!/^error: /m.test(printed), `${source}\n${printed}`);
          if (source.startsWith("await check(")) {
            expect("is not right yet", source);
            continue;
          }
          for (const { value } of claimsOf(source)) {
            if (/≈|…/.test(value)) continue;
            compared++;
            const wanted = `→ ${value}`;
            assert(squeeze(recorded).includes(squeeze(wanted)), source);
            expect(wanted, source);
          }
        }
        assert(
          compared > 0 || /01|04|07|08/.test(file),
          "nothing was compared",
        );
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});
