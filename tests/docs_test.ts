import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lessons } from "../lib/lesson.ts";
import { testWith, transcript } from "./helper.ts";

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
