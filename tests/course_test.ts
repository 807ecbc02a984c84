/**
 * The course as a whole: what its documents say and lead to, what is published,
 * and where its lessons run.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { lessons } from "../lib/lesson.ts";
import { deno, type Ran, runWith, testWith, transcript } from "./helper.ts";

const root = new URL("../", import.meta.url);

/** The documents in a folder and below it. */
async function documentsIn(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) {
      found.push(...await documentsIn(new URL(`${name}/`, folder)));
    } else if (name.endsWith(".md")) found.push(new URL(name, folder));
  }
  return found;
}

/** The places in a document that links lead to, as GitHub names headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\d -]/gu, "").replaceAll(" ", "-")
  );
}

testWith(["read"], "every link in the documents leads somewhere", async () => {
  const documents = await documentsIn(root);
  assert(documents.length > 3);
  const dead: string[] = [];
  for (const document of documents) {
    const text = await Deno.readTextFile(document);
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      // Students get that one as the README of their project.
      const isHandedOut = document.pathname.endsWith("/students.md");
      const target = new URL(link!, isHandedOut ? root : document);
      const anchor = target.hash.slice(1);
      target.hash = "";
      const isThere = await Deno.stat(target).then(() => true, () => false);
      const leads = isThere && (anchor === "" ||
        anchorsOf(await Deno.readTextFile(target)).includes(anchor));
      if (!leads) {
        dead.push(`${document.href.slice(root.href.length)}: ${link}`);
      }
    }
  }
  assertEquals(dead, []);
});

testWith(
  ["read"],
  "the README names each lesson and the command that runs it",
  async () => {
    const text = await Deno.readTextFile(new URL("README.md", root));
    const guide = await Deno.readTextFile(new URL("lessons/README.md", root));
    for (const [i, [name, title]] of lessons.entries()) {
      const file = new URL(`lessons/${name}.ts`, root);
      const [, command] = /^ \* @run (.*)$/m
        .exec(await Deno.readTextFile(file)) ?? [];
      const row = text.split("\n").find((it) =>
        it.startsWith(`| ${i + 1} ${title} `)
      );
      assert(row?.includes(`\`${command}\``), `${name}: ${row}`);
      assert(guide.includes(`| [${i + 1}](${name}.ts) `), name);
    }
  },
);

testWith(["read"], "the README shows a lesson as it is", async () => {
  const text = await Deno.readTextFile(new URL("README.md", root));
  const [, shown = ""] = /```text\n(.*?)```/s.exec(text) ?? [];
  const told = shown.replace(/\n {4}\? .*/g, "")
    .replace(/\n {6}(right|wrong).*/g, "").replace(/\s+/g, " ").trim();
  assertStringIncludes(await transcript("09_iterators"), told);
});

testWith(
  ["run"],
  "what is published is the library and the lessons with their docs",
  async () => {
    const { code, stderr } = await deno(
      "publish",
      "--dry-run",
      "--allow-dirty",
      "--no-check",
      "--allow-slow-types",
    );
    assertEquals(code, 0, stderr);
    const files = [...stderr.matchAll(/^ +(file:.*) \([\d.]+ ?\w+\)$/gm)]
      .map(([, url]) => url!.slice(root.href.length));
    const places = new Set(files.map((file) => file.replace(/\/.*/, "/")));
    assertEquals(
      places,
      new Set([
        "LICENSE",
        "README.md",
        "deno.json",
        "mod.ts",
        "lib/",
        "lessons/",
      ]),
    );
    assert(files.includes("lessons/01_processes.ts"));
  },
);

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
