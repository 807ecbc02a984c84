import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  bytes,
  duration,
  formatBars,
  formatTable,
  formatTimeline,
  parseFlags,
  sourceOf,
} from "../../lib/lesson.ts";
import { stripAnsiCode } from "@std/fmt/colors";
import { runProgram, testWith } from "../helper.ts";

const plain = (lines: string[]) => lines.map(stripAnsiCode);

Deno.test("sourceOf() gives an expression on one line, as one would write it", () => {
  const add = (...numbers: number[]) => numbers.length;
  assertEquals(sourceOf(() => add(1, 2)), "add(1, 2)");
  assertEquals(
    sourceOf(() => [1, 2, 3].map((x) => x * 2)),
    "[1, 2, 3].map((x) => x * 2)",
  );
  assertEquals(sourceOf(() => ({ a: [1], b: 2 })), "{ a: [1], b: 2 }");
  assertEquals(sourceOf(async () => await add(1)), "await add(1)");
});

Deno.test("sourceOf() leaves strings alone", () => {
  assertEquals(sourceOf(() => "a  b =>[ c ]"), '"a  b =>[ c ]"');
  assertEquals(sourceOf(() => 'it"s  '), `'it"s  '`);
});

Deno.test("formatTable() puts text to the left and numbers to the right", () => {
  assertEquals(
    plain(formatTable([
      { name: "a", time: "12.5 ms", n: 1 },
      { name: "long", time: "3 ms", n: 1000 },
    ])),
    [
      "name     time     n",
      "----  -------  ----",
      "a     12.5 ms     1",
      "long     3 ms  1000",
    ],
  );
});

Deno.test("formatTable() of no rows is no error", () => {
  assertEquals(plain(formatTable([])), ["", ""]);
});

Deno.test("formatBars() makes the largest value the longest bar", () => {
  const lines = plain(formatBars({ a: 10, bb: 20, none: 0 }, (x) => `${x} ms`));
  assertEquals(lines, [
    `a     ${"█".repeat(20)} 10 ms`,
    `bb    ${"█".repeat(40)} 20 ms`,
    "none  ▏ 0 ms",
  ]);
});

Deno.test("formatTimeline() draws two tasks side by side, and idle gaps", () => {
  const lines = plain(formatTimeline([
    { worker: 1, task: 0, from: 100, to: 105 },
    { worker: 2, task: 1, from: 100, to: 110 },
    { worker: 1, task: 2, from: 107, to: 110 },
  ], 10));
  assertEquals(lines, [
    "          0     10ms",
    "Worker 1  0━━━━··2━━",
    "Worker 2  1━━━━━━━━━",
  ]);
});

Deno.test("formatTimeline() draws no tasks, one task, and tasks too short to see", () => {
  assertEquals(formatTimeline([]), ["(nothing ran)"]);
  const one = plain(
    formatTimeline([{ worker: 3, task: 7, from: 5, to: 5 }], 6),
  );
  assertEquals(one, ["          0  0ms", "Worker 3  7·····"]);
  const spans = Array.from({ length: 200_000 }, (_, task) => ({
    worker: 1 + task % 2,
    task,
    from: task,
    to: task + 1,
  }));
  const lines = plain(formatTimeline(spans, 40));
  assertEquals(lines.length, 3);
  for (const line of lines) assert(line.length <= 50, line);
});

Deno.test("duration() and bytes() choose the unit", () => {
  assertEquals(
    [0, 0.007, 0.4126, 1.4, 12.6, 1234.5].map(duration),
    ["0ms", "7µs", "413µs", "1ms", "13ms", "1s 235ms"],
  );
  assertEquals(bytes(800_056), "800 kB");
});

const options = {
  tasks: { default: 8, help: "how many tasks", min: 1, max: 10 },
  json: { default: false, help: "as JSON" },
  name: { default: "x", help: "a name" },
};

Deno.test("parseFlags() gives typed values, and defaults for what is not given", () => {
  assertEquals(parseFlags([], options), { tasks: 8, json: false, name: "x" });
  assertEquals(
    parseFlags(["--tasks", "3", "--json", "--name=5"], options),
    { tasks: 3, json: true, name: "5" },
  );
  assertEquals(
    parseFlags(["--tasks=2", "--tasks=3"], {
      tasks: options.tasks,
    }),
    { tasks: 3 },
  );
  assertEquals(parseFlags(["--help"], options), "help");
  assertEquals(parseFlags(["-h"], {}), "help");
});

Deno.test("parseFlags() says what is wrong", () => {
  const wrong: [string[], string][] = [
    [["--tasks", "0"], '--tasks: "0" is not a whole number, 1 to 10'],
    [["--tasks", "11"], '--tasks: "11" is not a whole number, 1 to 10'],
    [["--tasks", "1.5"], '"1.5" is not a whole number'],
    [["--tasks", "many"], '"many" is not a whole number'],
    [["--tasks"], "--tasks: a number is missing"],
    [["--name"], "--name: a value is missing"],
    [["--json=perhaps"], "--json: takes no value"],
    [["--colour"], "unknown option or argument: --colour"],
    [["extra"], "unknown option or argument: extra"],
  ];
  for (const [args, message] of wrong) {
    assertStringIncludes(String(parseFlags(args, options)), message);
  }
});

/** Runs a program that uses lib/lesson.ts. */
const lesson = (code: string, ...args: string[]) =>
  runProgram(
    `import { flags, section, show, showError, table, title } from "lib/lesson.ts";
     ${code}`,
    [],
    args,
  );

testWith(
  ["run"],
  "show() prints an expression and its value, and gives it",
  async () => {
    const { stdout } = await lesson(`
    title("Lesson"); section("Part");
    const four = show(() => 2 + 2);
    const later = await show(() => Promise.resolve("x"));
    console.log(four, later);
  `);
    assertEquals(
      stdout,
      'Lesson\n======\n\nPart\n----\n2 + 2\n  → 4\nPromise.resolve("x")\n  → "x"\n4 x\n',
    );
  },
);

testWith(
  ["run"],
  "showError() prints what is thrown, and fails if nothing is",
  async () => {
    const { code, stdout, stderr } = await lesson(`
    showError(() => { throw new TypeError("no") });
    await showError(() => Promise.reject(new RangeError("later")));
    showError(() => 1);
  `);
    assertMatch(stdout, /→ TypeError: no\n/);
    assertMatch(stdout, /→ RangeError: later\n/);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "showError: 1 threw nothing");
  },
);

testWith(
  ["run"],
  "lessons print no colours where stdout is no terminal",
  async () => {
    const { stdout } = await lesson(
      `title("x"); table([{ a: 1 }]); show(() => [1]);`,
    );
    assertStringIncludes(stdout, "[ 1 ]");
    assertEquals(stdout, stripAnsiCode(stdout));
  },
);

testWith(
  ["run"],
  "flags() prints the usage for --help and ends with 0",
  async () => {
    const code =
      `flags({ url: "file:///a/lessons/09_x.ts" }, { n: { default: 3, help: "how many" } });`;
    const help = await lesson(code, "--help");
    assertEquals([help.code, help.stderr], [0, ""]);
    assertEquals(
      help.stdout,
      [
        "Usage: deno run lessons/09_x.ts [options]",
        "",
        "  --n <number>  how many (default: 3)",
        "  --help        print this text and end",
        "",
      ].join("\n"),
    );
    const wrong = await lesson(code, "--m");
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
    assertStringIncludes(
      wrong.stderr,
      "unknown option or argument: --m\n\nUsage:",
    );
  },
);

testWith(
  ["run"],
  "What is left to write ends a lesson in one line, however it is thrown",
  async () => {
    const ways = [
      "todo();",
      "await Promise.reject(problem);",
      "setTimeout(todo);",
      "showError(todo);",
      "await show(() => Promise.reject(problem));",
    ];
    for (const way of ways) {
      const { code, stdout, stderr } = await runProgram(`
      import { flags, show, showError } from "lib/lesson.ts";
      flags(import.meta);
      const problem = new Error("TODO half: divide by two");
      const todo = () => { throw problem; };
      ${way}`);
      assertEquals(
        { code, stdout, stderr },
        { code: 1, stdout: "", stderr: "TODO half: divide by two\n" },
        way,
      );
    }
  },
);

testWith(["run"], "An error that is no TODO keeps its stack", async () => {
  const { code, stderr } = await runProgram(`
    import { flags } from "lib/lesson.ts";
    flags(import.meta);
    throw new Error("divided by zero");`);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Uncaught (in promise) Error: divided by zero");
});
