import { assert, assertEquals } from "@std/assert";
import { deno, testWith } from "./helper.ts";

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
    const root = new URL("../", import.meta.url).href;
    const files = [...stderr.matchAll(/^ +(file:.*) \([\d.]+ ?\w+\)$/gm)]
      .map(([, url]) => url!.slice(root.length));
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
