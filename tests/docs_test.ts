import { assert, assertEquals } from "@std/assert";
import { testWith } from "./helper.ts";

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
      const target = new URL(link!, document);
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
