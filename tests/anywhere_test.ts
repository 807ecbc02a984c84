import { assert, assertEquals, assertMatch } from "@std/assert";
import { lessons } from "../lib/lesson.ts";
import { type Ran, runWith, testWith } from "./helper.ts";

const root = new URL("../", import.meta.url);
const exported: Record<string, string> =
  (await import("../deno.json", { with: { type: "json" } })).default.exports;

Deno.test("each lesson is exported by its number", () => {
  const numbered = lessons.map((
    [name],
  ) => [`./${Number.parseInt(name)}`, `./lessons/${name}.ts`]);
  assertEquals(exported, {
    ".": "./mod.ts",
    ...Object.fromEntries(numbered),
  });
});

/** The command that a lesson prints for another one, without `deno`. */
function printed(stdout: string, pattern: RegExp): string[] {
  const [command] = pattern.exec(stdout) ?? [];
  assert(command, `no such command in:\n${stdout.slice(-1000)}`);
  return command.trim().split(" ").slice(1);
}

testWith(
  ["run", "read", "write", "env"],
  "a lesson runs from an empty folder, and names commands that work there",
  async (t) => {
    const allowed = ["--allow-net=127.0.0.1", "--allow-read", "--allow-run"];
    await using registry = new Deno.Command(Deno.execPath(), {
      args: ["run", ...allowed, "tests/registry.ts"],
      cwd: root,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = registry.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
    const address = (await reader.read()).value!.trim();
    const folder = await Deno.makeTempDir();
    const run = (...args: string[]): Promise<Ran> =>
      runWith({ JSR_URL: address }, folder, ...args);

    await t.step("from JSR, by its number", async () => {
      const first = await run("run", "jsr:@side-by-side/course/11");
      assertEquals(first.code, 0, first.stderr);
      const next = printed(first.stdout, /^ *deno run jsr:\S+$/m);
      assertEquals(next, ["run", "jsr:@side-by-side/course/12"]);
      const second = await run(...next);
      assertMatch(second.stdout, /Map, filter and reduce/);
    });

    await t.step("every one says how it is started", async () => {
      const needsRun = ["04_child_processes", "14_subprocess"];
      const usages = lessons.map(async ([name]) => {
        const target = `jsr:@side-by-side/course/${Number.parseInt(name)}`;
        const flag = needsRun.includes(name) ? "--allow-run " : "";
        const { stdout } = await run("run", target, "--help");
        assert(stdout.startsWith(`Usage: deno run ${flag}${target} `), stdout);
      });
      await Promise.all(usages);
    });

    await t.step("from a raw address, with its import map", async () => {
      const raw = `${address}raw/`;
      const map = `--import-map=${raw}deno.json`;
      const first = await run("run", map, `${raw}lessons/11_lambdas.ts`);
      assertEquals(first.code, 0, first.stderr);
      const next = printed(first.stdout, /^ *deno run --import-map\S+ \S+$/m);
      assertEquals(next, [
        "run",
        map,
        `${raw}lessons/12_map_filter_reduce.ts`,
      ]);
      const second = await run(...next);
      assertMatch(second.stdout, /Map, filter and reduce/);
    });

    registry.kill();
    await reader.cancel();
    await registry.status;
    await Deno.remove(folder, { recursive: true });
  },
);
