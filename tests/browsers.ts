/**
 * The browsers that tests open pages in, where they are installed.
 *
 * @module
 */

/** Where browsers are, on the systems that there are. */
const places = {
  Chromium: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ],
  Firefox: [
    "/usr/bin/firefox-esr",
    "/usr/bin/firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
  ],
};

/** The first of some files that is there, if this program may look. */
function found(paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    const { state } = Deno.permissions.querySync({ name: "read", path });
    if (state !== "granted") return false;
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Whether this program may start a browser, and write what it is to show. */
const mayStart = (["run", "read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/**
 * Registers a test for each browser; where it is not installed, or may not be
 * started, the test is reported as ignored.
 *
 * @param what What is tested: the test is called `the book in Firefox`.
 * @param fn The test, given the browser's name, in small letters, and its file.
 */
export function testInBrowsers(
  what: string,
  fn: (browser: string, path: string, t: Deno.TestContext) => Promise<void>,
): void {
  for (const [name, paths] of Object.entries(places)) {
    const path = found(paths);
    Deno.test({
      name: `${what} in ${name}`,
      ignore: !mayStart || path === undefined,
      fn: (t) => fn(name.toLowerCase(), path!, t),
    });
  }
}
