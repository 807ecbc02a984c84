/**
 * A registry on this computer that serves this project alone, as JSR would, and
 * beside it the files as they are: `deno run registry.ts`. It prints its address.
 *
 * JSR answers with three things: which versions there are, what a version holds
 * (https://jsr.io/docs/api#package-registry-api), and its files, in which names
 * from the import map are replaced by what they stand for.
 *
 * @module
 */

const root = new URL("../", import.meta.url);
const { name, version, imports, exports } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", root)),
);

/** The files that are published, by their paths: what Deno says of itself. */
async function publishedFiles(): Promise<Map<string, Uint8Array>> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "publish",
      "--dry-run",
      "--allow-dirty",
      "--no-check",
      "--allow-slow-types",
    ],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const list = new TextDecoder().decode(stderr);
  const files = new Map<string, Uint8Array>();
  for (const [, url] of list.matchAll(/^ +(file:.*) \([\d.]+ ?\w+\)\r?$/gm)) {
    let text = Deno.readTextFileSync(new URL(url!));
    for (const [from, to] of Object.entries<string>(imports)) {
      text = text.replaceAll(`from "${from}"`, `from "${to}"`);
    }
    files.set(url!.slice(root.href.length), new TextEncoder().encode(text));
  }
  return files;
}

async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256-${hash.toHex()}`;
}

const files = await publishedFiles();
const manifest = Object.fromEntries(
  await Promise.all([...files].map(async ([path, bytes]) => {
    const size = bytes.length;
    const sum = await checksum(new Uint8Array(bytes));
    return [`/${path}`, { size, checksum: sum }] as const;
  })),
);
const [scope, short] = name.slice(1).split("/");
const documents: Record<string, unknown> = {
  [`/${name}/meta.json`]: {
    scope,
    name: short,
    latest: version,
    versions: { [version]: {} },
  },
  [`/${name}/${version}_meta.json`]: { manifest, exports },
};

function answer(request: Request): Response {
  const path = new URL(request.url).pathname;
  const found = documents[path];
  if (found) return Response.json(found);
  const published = files.get(path.replace(`/${name}/${version}/`, ""));
  if (published) return new Response(new Uint8Array(published));
  const raw = path.replace(/^\/raw\//, "");
  if (!files.has(raw)) return new Response("not here", { status: 404 });
  return new Response(Deno.readFileSync(new URL(raw, root)));
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, answer);
