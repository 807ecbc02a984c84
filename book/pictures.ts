/**
 * Takes the pictures of the README: the timeline of lesson 3, as a page draws it
 * after Run, light and dark.
 *
 * ```sh
 * deno run --no-lock --allow-all book/pictures.ts /usr/bin/chromium
 * ```
 *
 * @module
 */

import puppeteer from "npm:puppeteer-core@25.16.0";
import { build, serve } from "./build.ts";

const [executablePath = "/usr/bin/chromium"] = Deno.args;
const out = await Deno.makeTempDir();
const folder = new URL("pictures/", import.meta.url);
await build({ out, values: { "03_pool": { runs: 1, large: 20_000 } } });
const server = serve(out, 0);
const browser = await puppeteer.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900, deviceScaleFactor: 2 });
  await page.goto(`http://127.0.0.1:${server.addr.port}/03_pool.html`);
  await page.click("#run");
  const isDone = () =>
    document.querySelector("#status")!.textContent!.startsWith("done");
  await page.waitForFunction(isDone, { timeout: 120_000 });
  await Deno.mkdir(folder, { recursive: true });
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    const { x, y, width, height } = await page.$eval(
      ".out figure:has(.timeline)",
      (it) => {
        it.scrollIntoView({ block: "center" });
        const { x, y, width, height } = it.getBoundingClientRect();
        return { x: x + scrollX, y: y + scrollY, width, height };
      },
    );
    const { pathname } = new URL(`03_figure_${value}.png`, folder);
    await page.screenshot({
      path: pathname as `${string}.png`,
      captureBeyondViewport: false,
      clip: { x: x - 14, y: y - 10, width: width + 24, height: height + 14 },
    });
  }
} finally {
  await browser.close();
  await server.shutdown();
  await Deno.remove(out, { recursive: true });
}
