/**
 * The scheduler is tried in real browsers, where there are some.
 */
import { assert, assertEquals } from "@std/assert";
import { readJunit } from "../../classroom/exercise/junit.ts";
import { testInBrowsers } from "../browsers.ts";
import { deno } from "../helper.ts";

testInBrowsers("the scheduler", async (name, path, t) => {
  const folder = await Deno.makeTempDir();
  try {
    const report = `${folder}/report.xml`;
    const test = new URL("scheduler_in_browser.ts", import.meta.url).href;
    // Its packages are not for those who run a lesson: no lock names them.
    const { stdout, stderr } = await deno(
      ...["test", "--no-lock", "--no-check", "--allow-all"],
      ...[`--junit-path=${report}`, test, "--", name, path],
    );
    const tests = readJunit(await Deno.readTextFile(report).catch(() => ""));
    assert(tests.length === 6, `${stdout}\n${stderr}`);
    for (const { name, status, message } of tests) {
      await t.step(name, () => assertEquals(status, "passed", message));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
