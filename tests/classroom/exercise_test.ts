import { assert, assertEquals } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { formatSteps } from "../../classroom/exercise/explain.ts";
import { type Exercise, stepsOf } from "../../classroom/exercise/graded.ts";
import { readJunit, type TestOutcome } from "../../classroom/exercise/junit.ts";

const exercises: Exercise[] = [
  { name: "half", task: "divide by two", hints: [] },
  { name: "double", task: "add it to itself", hints: [] },
  { name: "triple", task: "add it twice", hints: [] },
];

const outcome = (name: string, message?: string): TestOutcome => ({
  name,
  status: message === undefined ? "passed" : "failed",
  message: message ?? "",
});

/** The lines without colours, which the environment decides. */
const linesOf = (...args: Parameters<typeof formatSteps>) =>
  formatSteps(...args).map(stripAnsiCode);

const source = (path: string) =>
  path === "tests/07_x_test.ts"
    ? ["", "", "", "", "  assertEquals(half(4), 2);"]
    : undefined;

Deno.test("readJunit() reads passed and failed tests, and leaves out those that were not run", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test">
  <testsuite name="./tests/x_test.ts">
    <testcase name="half: of 4 is 2" classname="x" time="0.1" line="1"/>
    <testcase name="half: of &quot;4&quot; &lt;&amp;&gt; it&apos;s" classname="x">
      <failure message="Uncaught Error: a">Error: a
  at &#x27;x&#39;</failure>
    </testcase>
    <testcase name="half: later" classname="x">
      <skipped/>
    </testcase>
    <testcase name="half: never came to it" classname="x">
      <error message="Cancelled"/>
    </testcase>
  </testsuite>
</testsuites>`;
  assertEquals(readJunit(xml), [
    { name: "half: of 4 is 2", status: "passed", message: "" },
    {
      name: 'half: of "4" <&> it\'s',
      status: "failed",
      message: "Error: a\n  at 'x'",
    },
    {
      name: "half: never came to it",
      status: "failed",
      message: "Cancelled",
    },
  ]);
  assertEquals(readJunit(""), []);
  assertEquals(readJunit("error: no such file"), []);
});

Deno.test("stepsOf(): an exercise is solved when all tests that grade it pass", () => {
  const steps = stepsOf(exercises, [
    outcome("half: of 4 is 2"),
    outcome("half, double: undo each other", "Error: no"),
    outcome("triple: of 2 is 6"),
  ]);
  assertEquals(steps.map(({ solved }) => solved), [false, false, true]);
  assertEquals(steps[1]!.failing.length, 1);
  // Without a test that passed, nothing is solved.
  assertEquals(stepsOf(exercises, []).some(({ solved }) => solved), false);
});

Deno.test("formatSteps() shows done, next and left, as a bar", () => {
  const lines = linesOf(
    stepsOf(exercises, [
      outcome("half: of 4 is 2"),
      outcome("double: of 2 is 4", "Error: TODO double: add it to itself"),
      outcome("triple: of 2 is 6", "Error: TODO triple: add it twice"),
    ]),
    source,
  );
  assertEquals(lines, [
    "██████████░░░░░░░░░░░░░░░░░░░░ 1 of 3 solved",
    "  done  half",
    "  next  double: add it to itself",
    "  left  triple: add it twice",
    "",
    "The first test that fails: double: of 2 is 4",
    "  nothing is written yet: double: add it to itself",
  ]);
});

Deno.test("formatSteps() names the input and both values", () => {
  const message = `AssertionError: Values are not equal.


    [Diff] Actual / Expected


-   8
+   2

  throw new AssertionError(message);
    at file:///home/ada/class/tests/07_x_test.ts:5:3`;
  const lines = linesOf(
    stepsOf(exercises.slice(0, 1), [outcome("half: of 4 is 2", message)]),
    source,
  );
  assertEquals(lines.slice(-4), [
    "The first test that fails: half: of 4 is 2",
    "  it asked: assertEquals(half(4), 2)",
    "  your code gave: 8",
    "  it should give: 2",
  ]);
});

Deno.test("formatSteps() gives the first line of any other error", () => {
  const message =
    "TypeError: x is not a function\n    at half (file:///a/lessons/07_x.ts:3:5)";
  const lines = linesOf(
    stepsOf(exercises.slice(0, 1), [outcome("half: of 4 is 2", message)]),
    source,
  );
  assertEquals(
    lines.at(-1),
    "  your code threw: TypeError: x is not a function (lessons/07_x.ts:3)",
  );
});

Deno.test("formatSteps() shows a full bar when all is solved", () => {
  const done = exercises.map(({ name }) => outcome(`${name}: right`));
  const lines = linesOf(stepsOf(exercises, done), source);
  assertEquals(lines[0], `${"█".repeat(30)} 3 of 3 solved`);
  assert(!lines.join("\n").includes("fails"));
});
