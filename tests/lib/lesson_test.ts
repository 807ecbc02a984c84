import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import {
  bars,
  bytes,
  code,
  count,
  duration,
  lesson,
  measure,
  pause,
  type Row,
  say,
  section,
  show,
  showError,
  speedup,
  table,
  tell,
  timeline,
} from "../../lib/lesson.ts";
import { type Gain, parallelShare } from "../../lib/lesson/amdahl.ts";
import { claimOf, isRight } from "../../lib/lesson/claims.ts";
import { codeOf, expressionOf, tidy } from "../../lib/lesson/code.ts";
import {
  formatBars,
  formatCurve,
  formatTimeline,
  layOutTable,
  wrap,
  wrapCode,
} from "../../lib/lesson/layout.ts";
import { partsOf } from "../../lib/lesson/narrator.ts";
import { parseOptions } from "../../lib/lesson/options.ts";
import { terminal } from "../../lib/lesson/output.ts";
import { Quiz, Stopped } from "../../lib/lesson/quiz.ts";
import { runProgram, testWith } from "../helper.ts";

const plain = (lines: string[]) => lines.map(stripAnsiCode);

/** What a story prints, up to "Read on". */
async function told(
  story: () => unknown,
  columns = 80,
): Promise<string> {
  const url = "file:///course/lessons/99_test.ts";
  lesson({ url, main: false } as ImportMeta, story);
  const lines: string[] = [];
  await tell(url, terminal((line) => lines.push(line), columns));
  const text = stripAnsiCode(lines.join("\n"));
  assertStringIncludes(text, "99_test\n=======\n");
  return text.replace("99_test\n=======\n", "")
    .split("\nRead on\n")[0]!.replace(/^\n+|\n+$/g, "");
}

Deno.test("a value that prints a name before itself fits the line as well", () => {
  for (const pid of [1, 123, 12_345]) {
    const shown = { name: "Process-A", parent: 284, state: "started", pid };
    const value = {
      [Symbol.for("Deno.customInspect")]: (
        inspect: typeof Deno.inspect,
        options: Deno.InspectOptions,
      ) => `FunctionProcess ${inspect(shown, options)}`,
    };
    for (let columns = 60; columns <= 90; columns++) {
      const lines: string[] = [];
      terminal((line) => lines.push(line), columns).value("child", value);
      const long = lines.filter((line) => line.length > columns);
      assertEquals(long, [], `${columns} columns`);
    }
  }
});

Deno.test("a comment is printed before the result that follows it, wrapped to the line", async () => {
  const text = await told(() => {
    // Two and two are four, whatever else may
    // be said of numbers in general.
    show(() => 2 + 2); // 4
    show(() => 3); // 3
    // The second.
    //
    // The third, in a paragraph of its own.
    show(() => 4); // 4
    // What comes last.
  }, 40);
  assertEquals(
    text,
    [
      "Two and two are four, whatever else may",
      "be said of numbers in general.",
      "",
      "  2 + 2 → 4",
      "  3 → 3",
      "",
      "The second.",
      "",
      "The third, in a paragraph of its own.",
      "",
      "  4 → 4",
      "",
      "What comes last.",
    ].join("\n"),
  );
});

Deno.test("a statement that prints nothing itself is printed as code, before the next result", async () => {
  const text = await told(async () => {
    const numbers: number[] = [1, 2];
    for (const number of [3]) {
      // A comment inside of a statement belongs to it.
      numbers.push(number);
    }
    show(() => numbers); // [ 1, 2, 3 ]
    section("A part");
    // Why.
    await Promise.resolve();
    const sum = show(() => numbers.length + 1); // 4
    numbers.push(sum);
  });
  assertEquals(
    text,
    [
      "  const numbers = [1, 2];",
      "  for (const number of [3]) {",
      "    // A comment inside of a statement belongs to it.",
      "    numbers.push(number);",
      "  }",
      "",
      "  numbers → [ 1, 2, 3 ]",
      "",
      "A part",
      "------",
      "",
      "Why.",
      "",
      "  await Promise.resolve();",
      "  numbers.length + 1 → 4",
    ].join("\n"),
  );
});

Deno.test("a result in a loop is told once, and so is what stands before it", async () => {
  const text = await told(() => {
    // Before the loop.
    for (const x of [1, 2]) show(() => x);
    // After the loop.
    show(() => 0);
  });
  assertEquals(
    text,
    "Before the loop.\n\n  x → 1\n  x → 2\n\nAfter the loop.\n\n  0 → 0",
  );
});

Deno.test("what a story tells is there before an expression is evaluated", async () => {
  const lines: string[] = [];
  let before = "";
  const url = "file:///course/lessons/98_test.ts";
  lesson({ url, main: false } as ImportMeta, async () => {
    // This may take a while.
    await show(() => {
      before = lines.join("\n");
      return Promise.resolve(1);
    });
  });
  await tell(url, terminal((line) => lines.push(line), 80));
  assertStringIncludes(before, "This may take a while.");
});

Deno.test("a story gets the values of its options", async () => {
  const url = "file:///course/lessons/97_test.ts";
  const options = {
    n: { default: 3, help: "how many" },
    name: { default: "x", help: "a name" },
  };
  const got: string[] = [];
  lesson(
    { url, main: false } as ImportMeta,
    ({ n, name }) => got.push(name.repeat(n)),
    { options },
  );
  const silent = terminal(() => {}, 80);
  await tell(url, silent);
  await tell(url, silent, { n: 2 });
  assertEquals(got, ["xxx", "xx"]);
  await assertRejects(
    () => tell("file:///none.ts", silent),
    Error,
    "no lesson",
  );
});

Deno.test("say(), bars(), timeline(), table(), code(): each tells what stands before it", async () => {
  const double = (x: number) => x * 2;
  const text = await told(async () => {
    // One.
    say("Measured.");
    // Two.
    bars({ a: 1 }, String);
    // Three.
    timeline([]);
    // Four.
    table([{ n: 1000 }]);
    // Five.
    code(double);
    // Six.
    await pause(0);
    // Seven.
    showError(() => {
      throw new TypeError("no");
    });
  });
  const order = text.match(
    /One|Measured|Two|█+|Three|nothing ran|Four|1 000|Five|const double|Six|Seven|TypeError: no/g,
  );
  assertEquals(order?.map((it) => it.replace(/█+/, "bar")), [
    ...["One", "Measured", "Two", "bar", "Three", "nothing ran", "Four"],
    ...["1 000", "Five", "const double", "Six", "Seven", "TypeError: no"],
  ]);
  assertStringIncludes(text, "const double = (x) => x * 2;");
});

Deno.test("measure() prints each row as it comes, and gives what was measured", async () => {
  const lines: string[] = [];
  const seen: string[] = [];
  async function* times() {
    yield { n: 1, ms: 2000 };
    await null;
    seen.push(lines.at(-1)!);
    yield { n: 20, ms: 0.007 };
  }
  const url = "file:///course/lessons/96_test.ts";
  let all: unknown;
  lesson({ url, main: false } as ImportMeta, async () => {
    // How long.
    all = await measure(times(), ({ n, ms }) => ({ n, took: duration(ms) }));
  });
  await tell(url, terminal((line) => lines.push(stripAnsiCode(line)), 80));
  assertEquals(seen, ["1  2.00 s"]);
  assertEquals(all, [{ n: 1, ms: 2000 }, { n: 20, ms: 0.007 }]);
  assertStringIncludes(lines.join("\n"), "How long.\n\nn ");
  assertStringIncludes(
    lines.join("\n"),
    "n    took\n-  ------\n1  2.00 s\n20    7 µs",
  );
});

Deno.test("show() and showError() give what they showed; showError() fails if nothing is thrown", async () => {
  await told(async () => {
    assertEquals(show(() => 4), 4);
    assertEquals(await show(() => Promise.resolve("x")), "x");
    const error = new TypeError("no");
    const thrown = showError(() => {
      throw error;
    });
    assert(thrown === error);
    assert(await showError(() => Promise.reject(error)) === error);
    assertThrows(() => showError(() => 1), Error, "showError: 1 threw nothing");
    await assertRejects(
      () => showError(() => Promise.resolve(1)),
      Error,
      "threw nothing",
    );
    assertThrows(() => show(() => JSON.parse("{")), SyntaxError);
  });
});

Deno.test("long expressions, values and errors fit the line", async () => {
  const text = await told(() => {
    show(() =>
      Array.from({ length: 9 }, (_, i) => `item ${i}`).map((it) =>
        it.toUpperCase()
      )
    );
    showError(() => {
      throw new Error("word ".repeat(30));
    });
  }, 60);
  for (const line of text.split("\n")) assert(line.length <= 60, line);
  assertStringIncludes(text, "\n    → [\n");
});

Deno.test("partsOf() cuts a story into paragraphs and statements", () => {
  const story = [
    "async ()=>{",
    "  // One,",
    "  // two.",
    "  const x = {",
    "    a: 1",
    "  };",
    "  if (x) {",
    "    // inner",
    "    y();",
    "  } else z();",
    "  //",
    "// Last.",
    "}",
  ].join("\n");
  assertEquals(partsOf(story), [
    { kind: "prose", text: "One, two." },
    { kind: "code", text: "const x = {\n  a: 1\n};" },
    { kind: "code", text: "if (x) {\n  // inner\n  y();\n} else z();" },
    { kind: "prose", text: "Last." },
  ]);
  assertEquals(partsOf("()=>{}"), []);
});

Deno.test("expressionOf() gives an expression on one line, as one would write it", () => {
  const add = (...numbers: number[]) => numbers.length;
  assertEquals(expressionOf(() => add(1, 2)), "add(1, 2)");
  assertEquals(
    expressionOf(() => [1, 2, 3].map((x) => x * 2)),
    "[1, 2, 3].map((x) => x * 2)",
  );
  assertEquals(expressionOf(() => ({ a: [1], b: 2 })), "{ a: [1], b: 2 }");
  assertEquals(expressionOf(async () => await add(1)), "await add(1)");
  assertEquals(expressionOf(() => "a  b =>[ c ]"), '"a  b =>[ c ]"');
});

Deno.test("tidy() puts spaces and lines back, and leaves strings and comments alone", () => {
  const cases: [string, string][] = [
    ["(x)=>x", "(x) => x"],
    ["{\n  next () {\n    x();\n  }\n}", "{\n  next() {\n    x();\n  }\n}"],
    ["join().catch(f)", "join().catch(f)"],
    [
      "for(let i = 0; i < n; i++)if (i) yield i;",
      "for (let i = 0; i < n; i++) if (i) yield i;",
    ],
    ["while(x){\n  y();\n}", "while (x) {\n  y();\n}"],
    ["f([\n  1,\n  2\n], {\n  a: [\n    3\n  ]\n});", "f([1, 2], { a: [3] });"],
    ["function*() {\n  yield 1;\n}", "function* () {\n  yield 1;\n}"],
    ["'[\\n 1]' + \"for(x)=>{\"", "'[\\n 1]' + \"for(x)=>{\""],
    ["a(); // x=>{y}", "a(); // x=>{y}"],
    ["`a${b}=>`", "`a${b}=>`"],
  ];
  for (const [code, expected] of cases) assertEquals(tidy(code), expected);
  assertEquals(tidy("[\n  100,\n  200\n]", 8), "[\n  100,\n  200\n]");
});

Deno.test("codeOf() leaves out the marks of exercises, and names arrow functions", () => {
  function half(x: number): number {
    // #region solution: divide by two
    return x / 2;
    // #endregion solution
  }
  const twice = (x: number) => x * 2;
  class Box {
    value = 1;
  }
  assertEquals(codeOf(half, 80), "function half(x) {\n  return x / 2;\n}");
  assertEquals(codeOf(twice, 80), "const twice = (x) => x * 2;");
  assertMatch(codeOf(Box, 80), /^class Box \{\n {2}value = 1;\n\}$/);
});

Deno.test("wrap() breaks at spaces; a longer word stands alone", () => {
  assertEquals(wrap("one two  three", 7), ["one two", "three"]);
  assertEquals(wrap("a extraordinary b", 5), ["a", "extraordinary", "b"]);
  assertEquals(wrap("", 5), [""]);
});

Deno.test("wrap() keeps a number together, with its unit", () => {
  for (const number of ["4 000 000", "3 400 ×", "20 %", "1.5 ms", "16.4 kB"]) {
    const lines = wrap(`roughly ${number} altogether`, 10);
    assertEquals(lines, ["roughly", number, "altogether"]);
  }
  assertEquals(wrap("only 5 sales in 2025", 6), [
    "only 5",
    "sales",
    "in",
    "2025",
  ]);
});

Deno.test("wrapCode() breaks outside of strings, and indents what follows", () => {
  assertEquals(wrapCode("lazy(count()).filter(isEven).take(3)", 30), [
    "lazy(count()).filter(isEven)",
    "    .take(3)",
  ]);
  assertEquals(wrapCode('  call("a b c d e f", two)', 22), [
    '  call("a b c d e f",',
    "      two)",
  ]);
  assertEquals(wrapCode("short\n  lines", 30), ["short", "  lines"]);
  // A word is whole, and has what it belongs to: `return`, `new`.
  const hired = "const pool = hire(navigator.hardwareConcurrency);";
  assertEquals(wrapCode(hired, 40), [
    "const pool =",
    "    hire(navigator.hardwareConcurrency);",
  ]);
  const later =
    "  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));";
  assertEquals(wrapCode(later, 56), [
    "  return new Promise((resolve) => setTimeout(() =>",
    "      resolve(ms), ms));",
  ]);
  assertEquals(wrapCode("if (x) throw new RangeError(y);", 25), [
    "if (x) throw",
    "    new RangeError(y);",
  ]);
  assertEquals(
    wrapCode("const f = g(1, (x) => [x, 2]);", 26),
    ["const f = g(1,", "    (x) => [x, 2]);"],
  );
  assertEquals(wrapCode("push({ first, second });", 21), [
    "push({ first,",
    "    second });",
  ]);
  assertEquals(
    wrapCode("x".repeat(25), 10).join("").replace(/ /g, ""),
    "x".repeat(25),
  );
});

/** All lines of a table. */
const linesOf = (rows: Row[], columns: number) => {
  const layout = layOutTable(rows, columns);
  return plain([...layout.heads, ...rows.flatMap((row) => layout.row(row))]);
};

Deno.test("a table has text to the left, numbers to the right, and groups digits", () => {
  assertEquals(
    linesOf([
      { name: "a", time: "12.5 ms", n: 1, ok: true },
      { name: "long", time: "3 ms", n: 1000n, ok: false },
    ], 80),
    [
      "name     time      n  ok",
      "----  -------  -----  ---",
      "a     12.5 ms      1  yes",
      "long     3 ms  1 000  no",
    ],
  );
});

Deno.test("a table that does not fit has a block of lines for each row", () => {
  assertEquals(
    linesOf([{ name: "a", text: "one two three four" }], 18),
    ["name  a", "text  one two", "      three four"],
  );
});

Deno.test("a table of no rows is no error", () => {
  assertEquals(linesOf([], 80), ["", ""]);
});

Deno.test("formatBars() makes the largest value the longest bar", () => {
  const lines = (columns: number) =>
    plain(formatBars({ a: 10, bb: 20, none: 0 }, (x) => `${x} ms`, columns));
  assertEquals(lines(80), [
    `a     ${"█".repeat(20)} 10 ms`,
    `bb    ${"█".repeat(40)} 20 ms`,
    "none  ▏ 0 ms",
  ]);
  for (const line of lines(40)) assert(line.length <= 40, line);
});

Deno.test("formatCurve() draws each gain beside the ideal, and names the share", () => {
  const gains = [1, 2, 4].map((workers) => (
    // Half of the work is parallel: Amdahl's law.
    { workers, gain: 1 / (0.5 + 0.5 / workers) }
  ));
  assertEquals(plain(formatCurve(gains, 4, 62)), [
    "1 worker    1.00 × ━━━━━━━━━━━",
    "2 workers   1.33 × ━━━━━━━━━━━━━━········",
    "4 workers   1.60 × ━━━━━━━━━━━━━━━━━··························",
    "",
    "━ measured, · ideal. By Amdahl's law, 50 % of the work ran in",
    "parallel: unless other programs kept processors busy, it",
    "cannot be more than 2.0 × as fast, however many there are.",
  ]);
  // Two processors do no more, however many workers there are.
  const two = [{ workers: 2, gain: 2 }, { workers: 8, gain: 2 }];
  // A clock that counts in milliseconds may find no time at all.
  const none = [{ workers: 1, gain: 0 }, { workers: 2, gain: 0 }];
  assertEquals(parallelShare(none, 2), 0);
  assertEquals(parallelShare(two, 2), 1);
  assertEquals(parallelShare([{ workers: 1, gain: 1 }], 2), undefined);
  // Amdahl's law says nothing of what has gained nothing.
  const said = (gains: Gain[], cores: number) =>
    formatCurve(gains, cores, 200).at(-1)!;
  assertMatch(
    said([{ workers: 4, gain: 0.9 }], 1),
    /ideal\. One processor, or/,
  );
  assertMatch(
    said([{ workers: 1, gain: 0.9 }], 4),
    /ideal\. One processor, or one/,
  );
  assertMatch(
    said([{ workers: 4, gain: 0.02 }], 2),
    /gained nothing: the tasks/,
  );
});

Deno.test("formatTimeline() draws two tasks side by side, and idle gaps", () => {
  const spans = [
    { worker: 1, task: 0, from: 100, to: 105 },
    { worker: 2, task: 1, from: 100, to: 110 },
    { worker: 1, task: 2, from: 107, to: 110 },
  ];
  assertEquals(plain(formatTimeline(spans, 20)), [
    "          0  10.0 ms",
    "Worker 1  0━━━━··2━━",
    "Worker 2  1━━━━━━━━━",
  ]);
  // From an earlier start on, there was nothing to do at first.
  assertEquals(plain(formatTimeline(spans, 20, 90)), [
    "          0  20.0 ms",
    "Worker 1  ·····0━━·2",
    "Worker 2  ·····1━━━━",
  ]);
});

Deno.test("formatTimeline() draws no tasks, one task, and tasks too short to see", () => {
  assertEquals(formatTimeline([], 80), ["(nothing ran)"]);
  const one = plain(
    formatTimeline([{ worker: 3, task: 7, from: 5, to: 5 }], 20),
  );
  assertEquals(one, ["          0     0 µs", "Worker 3  7·········"]);
  const spans = Array.from({ length: 200_000 }, (_, task) => ({
    worker: 1 + task % 2,
    task,
    from: task,
    to: task + 1,
  }));
  const lines = plain(formatTimeline(spans, 60));
  assertEquals(lines.length, 3);
  for (const line of lines) assert(line.length <= 60, line);
});

Deno.test("duration(), bytes(), count() and speedup() choose the unit", () => {
  assertEquals(
    [0, 0.0071, 0.4126, 1, 12.46, 999.4, 999.9, 1234.5, 61_000].map(duration),
    [
      ...["0 µs", "7 µs", "413 µs", "1.00 ms", "12.5 ms", "999 ms"],
      ...["1.00 s", "1.23 s", "61.0 s"],
    ],
  );
  assertEquals(bytes(800_056), "800 kB");
  assertEquals([1, 999, 1000, 4_000_000, -1234.5, 10n ** 6n].map(count), [
    ...["1", "999", "1 000", "4 000 000", "-1 234.5", "1 000 000"],
  ]);
  assertEquals(
    [speedup(173, 100), speedup(1, 3712), speedup(1, 1), speedup(500, 2)],
    ["1.73 ×", "3 700 × slower", "1.00 ×", "250 ×"],
  );
  assertEquals(speedup(0, 5), "too quick to tell");
});

/** What a story prints in a terminal whose reader types these lines. */
async function guessed(
  story: () => unknown,
  guesses: (string | null)[],
  columns = 80,
): Promise<{ text: string; result: string; left: number }> {
  const url = "file:///course/lessons/95_test.ts";
  lesson({ url, main: false } as ImportMeta, story);
  const lines: string[] = [];
  const quiz = new Quiz(() => {
    const guess = guesses.shift() ?? null;
    lines.push(`    ? ${guess}`);
    return guess;
  });
  await tell(url, terminal((line) => lines.push(line), columns, quiz))
    .catch((error) => lines.push(error.name));
  const text = stripAnsiCode(lines.join("\n")).split("\n\n")
    .slice(1).join("\n\n").split("\n\nRead on")[0]!;
  return { text, result: quiz.result, left: guesses.length };
}

Deno.test("a guess is asked for before the value, and judged after it", async () => {
  let evaluated = "";
  const range = (to: number): unknown => {
    throw new RangeError(`${to} is too far`);
  };
  const { text, result } = await guessed(async () => {
    // Three sums.
    show(() => evaluated = "yes"); // "yes"
    show(() => 1 + 1); // 2
    await show(() => Promise.resolve([1, 2])); // [ 1, 2 ]
    const error = showError(() => range(5)); // RangeError: 5 is too far
    assert(error instanceof RangeError);
  }, ["'yes'", "3", "", " RangeError "]);
  assertEquals(
    text,
    [
      "Three sums.",
      "",
      '  evaluated = "yes"',
      "    ? 'yes'",
      '    → "yes"',
      "      right",
      "  1 + 1",
      "    ? 3",
      "    → 2",
      "      wrong: you said 3",
      "  Promise.resolve([1, 2])",
      "    ? ",
      "    → [ 1, 2 ]",
      "  range(5)",
      "    ?  RangeError ",
      "    → RangeError: 5 is too far",
      "      right",
    ].join("\n"),
  );
  assertEquals([evaluated, result], ["yes", "Your guesses: 2 of 4 right."]);
});

Deno.test("the paragraphs below a heading are told before what they explain is computed", async () => {
  const url = "file:///course/lessons/96_test.ts";
  const lines: string[] = [];
  lesson({ url, main: false } as ImportMeta, () => {
    // How long?
    lines.push("computed");
    show(() => 1); // 1

    section("And now");
    // Longer.
    //
    // Much longer.
    lines.push("computed again");
    show(() => 2); // 2
  });
  await tell(url, terminal((line) => lines.push(line), 80));
  const told = lines.filter((line) => /longer|How|^comp|And|→/i.test(line));
  assertEquals(told, [
    "How long?",
    "computed",
    "  1 → 1",
    "And now",
    "Longer.",
    "Much longer.",
    "computed again",
    "  2 → 2",
  ]);
});

Deno.test("what differs from run to run is not asked for", async () => {
  const { text, result } = await guessed(() => {
    show(() => 5542); // ≈ 5542
    show(() => [1, 2, 3]); // [ 1, …, 3 ]
    show(() => 7);
    for (const x of [1, 2]) {
      show(() => x); // ≈ 1
    }
  }, []);
  assertEquals(
    text,
    "  5542 → 5542\n  [1, 2, 3] → [ 1, 2, 3 ]\n  7 → 7\n  x → 1\n  x → 2",
  );
  assertMatch(result, /^Nothing was asked/);
});

Deno.test("a wrong guess fits a narrow terminal, and so does the value", async () => {
  const { text } = await guessed(
    () => {
      show(() => Array.from({ length: 9 }, (_, i) => `item ${i}`)); // [ "item 0" ]
    },
    ["one guess ".repeat(12)],
    60,
  );
  const printed = text.split("\n").filter((line) => !line.startsWith("    ?"));
  for (const line of printed) assert(line.length <= 60, line);
  assertStringIncludes(text, "\n      wrong: you said one guess");
});

Deno.test("a reader who stops ends the story where it is", async () => {
  const { text, result, left } = await guessed(() => {
    show(() => 1); // 1
    show(() => 2); // 2
    throw new Error("not reached");
  }, ["1", null, "never asked"]);
  assertStringIncludes(text, "  2\n    ? null\nStopped");
  assertEquals([result, left], ["Your guesses: 1 of 1 right.", 1]);
  const early = assertThrows(() => new Quiz(() => null).ask(), Stopped);
  assertEquals(early.message, "You ended the lesson.");
});

Deno.test("isRight(): spaces and kinds of quotes do not matter, values do", () => {
  const right: [guess: string, printed: string][] = [
    ["[1,2]", "[ 1, 2 ]"],
    ["[ 'a' ]", '[ "a" ]'],
    ["{value:undefined,done:true}", "{ value: undefined, done: true }"],
    ["True", "true"],
    ["1 000", "1000"],
    ["TypeError", "TypeError: 5 (number) is not iterable"],
    [
      "TypeError: 5 (number) is not iterable",
      "TypeError: 5 (number) is not iterable",
    ],
  ];
  for (const [guess, printed] of right) assert(isRight(guess, printed), guess);
  const wrong: [guess: string, printed: string][] = [
    ["[1]", "[ 1, 2 ]"],
    ["…", "4"],
    ["≈ 5", "4"],
    [".", "4"],
    ["a", '"a"'],
    ["true", '"true"'],
    ["RangeError", "TypeError: no"],
    ["Type", "TypeError: no"],
    ["", "TypeError: no"],
  ];
  for (const [guess, printed] of wrong) assert(!isRight(guess, printed), guess);
});

Deno.test("claimOf() finds the comment behind a call by what that is given", () => {
  const source =
    "  show(() => f(')', 1)); // 4\n  await showError(() =>\n    g()\n  ); // no";
  assertEquals(claimOf(source, "()=>g()"), "no");
  assertEquals(claimOf(source, "()=>f(')', 1)"), "4");
  assertEquals(claimOf(source, "()=>g"), undefined);
});

Deno.test("a path is printed with /, and in quotes where it has a space", async () => {
  const filename = "C:\\Users\\J M\\lessons\\01_processes.ts";
  const url = "file:///C:/Users/J%20M/lessons/01_processes.ts";
  lesson({ url, filename, main: false } as ImportMeta, () => {});
  const lines: string[] = [];
  await tell(url, terminal((line) => lines.push(line), 80));
  assertStringIncludes(
    lines.join("\n"),
    'Lesson 2: Workers\n  deno run "C:/Users/J M/lessons/02_workers.ts"',
  );
});

Deno.test("the next lesson is named with the permission that it needs", async () => {
  const url = "file:///course/lessons/03_pool.ts";
  lesson({ url, main: false } as ImportMeta, () => {});
  const lines: string[] = [];
  await tell(url, terminal((line) => lines.push(line), 80));
  assertStringIncludes(
    lines.join("\n"),
    "Lesson 4: Child processes\n  deno run --allow-run --import-map=file:///course/deno.json file:///course/lessons/04_child_processes.ts",
  );
});

const options = {
  tasks: { default: 8, help: "how many tasks", min: 1, max: 10 },
  json: { default: false, help: "as JSON" },
  name: { default: "x", help: "a name" },
};

Deno.test("parseOptions() gives typed values, and defaults for what is not given", () => {
  assertEquals(parseOptions([], options), { tasks: 8, json: false, name: "x" });
  assertEquals(
    parseOptions(["--tasks", "3", "--json", "--name=5"], options),
    { tasks: 3, json: true, name: "5" },
  );
  assertEquals(
    parseOptions(["--tasks=2", "--tasks=3"], { tasks: options.tasks }),
    { tasks: 3 },
  );
  assertEquals(parseOptions(["--help"], options), "help");
  assertEquals(parseOptions(["-h"], {}), "help");
});

Deno.test("parseOptions() says what is wrong", () => {
  const wrong: [string[], string][] = [
    [["--tasks", "0"], '--tasks: "0" is not a whole number, 1 to 10'],
    [["--tasks", "11"], '--tasks: "11" is not a whole number, 1 to 10'],
    [["--tasks=-1"], '--tasks: "-1" is not a whole number, 1 to 10'],
    [["--tasks", "1.5"], '"1.5" is not a whole number'],
    [["--tasks", "many"], '"many" is not a whole number'],
    [["--tasks", "0x5"], '"0x5" is not a whole number'],
    [["--tasks"], "--tasks: a number is missing"],
    [["--name"], "--name: a value is missing"],
    [["--json=perhaps"], "--json: takes no value"],
    [["--colour"], "unknown option or argument: --colour"],
    [["extra"], "unknown option or argument: extra"],
  ];
  for (const [args, message] of wrong) {
    assertStringIncludes(String(parseOptions(args, options)), message);
  }
});

/** A lesson as a program: `lib/lesson.ts` in it stands for that file. */
const program = (story: string, settings = "{}") => `
  import { lesson, section, show, showError, table } from "lib/lesson.ts";
  lesson(import.meta, async (values) => {
${story}
  }, ${settings});`;

testWith(
  ["run"],
  "a lesson is told by the program that is started, without colours where there is no terminal",
  async () => {
    const { code, stdout, stderr } = await runProgram(
      program(
        "  // Why.\n  table([{ a: 1 }]);\n  show(() => [late]); // [ 1 ]",
      ) +
        "\nconst late = 1;",
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "\nWhy.\n\na\n-\n1\n\n  [late] → [ 1 ]\n");
    assertEquals(stdout, stripAnsiCode(stdout));
  },
);

testWith(["run"], "--brief prints results only", async () => {
  const story = "  // Why.\n  const x = 1;\n  show(() => x);";
  const { stdout } = await runProgram(program(story), [], ["--brief"]);
  assertMatch(stdout, /^.*\n=+\n\n {2}x → 1\n$/);
});

testWith(
  ["run"],
  "--help prints the usage and ends with 0; a wrong option ends with 2",
  async () => {
    const text = program(
      "",
      '{ options: { n: { default: 3, help: "how many" } } }',
    );
    const help = await runProgram(text, [], ["--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertMatch(help.stdout, /^Usage: deno run .* \[options\]\n\n/);
    assertStringIncludes(
      help.stdout,
      [
        "  --n <number>  how many (default: 3)",
        "  --brief       print results only",
        "  --predict     ask for each value before it is printed",
        "  --help        print this text and end",
        "",
      ].join("\n"),
    );
    const wrong = await runProgram(text, [], ["--m"]);
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
    assertStringIncludes(
      wrong.stderr,
      "unknown option or argument: --m\n\nUsage:",
    );
  },
);

testWith(
  ["run"],
  "a lesson that needs to start programs says so, if it may not, and ends with 1",
  async () => {
    const { code, stdout, stderr } = await runProgram(
      program("", "{ needsRun: true }"),
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^This lesson starts programs\. Deno allows that only with\n--allow-run, [^]*\ndeno run --allow-run .*\n$/,
    );
  },
);

testWith(
  ["run"],
  "what is left to write ends a lesson with its TODO and the way on, however it is thrown",
  async () => {
    const ways = [
      "todo();",
      "await Promise.reject(problem);",
      "showError(todo);",
      "await showError(() => Promise.reject(problem));",
      "await show(() => Promise.reject(problem));",
    ];
    for (const way of ways) {
      const { code, stderr } = await runProgram(program(`
      const problem = new Error("TODO half: divide by two");
      const todo = () => { throw problem; };
      ${way}`));
      assertEquals(
        { code, stderr },
        {
          code: 1,
          stderr:
            "TODO half: divide by two\nHow far you are: deno task exercise\n",
        },
        way,
      );
    }
  },
);

testWith(["run"], "--predict is refused without a terminal", async () => {
  const story = program("show(() => 1); // 1");
  const { code, stdout, stderr } = await runProgram(story, [], ["--predict"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "--predict: there is no terminal to ask in\n");
});

/** Types lines in a terminal, each when a lesson asks for one. */
async function typed(lines: string[], ...args: string[]): Promise<string> {
  const words = ["stty", "cols", "60", "&&", Deno.execPath(), "run", ...args];
  const child = new Deno.Command("script", {
    args: ["-qec", words.join(" "), "/dev/null"],
    cwd: new URL("../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const keys = child.stdin.getWriter();
  let text = "";
  let asked = 0;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    while (text.split("    ? ").length - 1 > asked && asked < lines.length) {
      await keys.write(new TextEncoder().encode(lines[asked++]));
    }
  }
  const { code } = await child.status;
  await keys.close().catch(() => {});
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[?\d;]*[A-Za-z]/g, "").replace(/\r/g, "");
  return `${plain}(${code})`;
}

// `script` makes a terminal; Windows has none, and the one of macOS differs.
if (Deno.build.os === "linux") {
  testWith(["run"], "--predict asks in a terminal, and counts", async () => {
    const story = ["[['x','y'],['x','y']]\r", "x\r", ...Array(40).fill("\r")];
    const text = await typed(story, "lessons/09_iterators.ts", "--predict");
    assertMatch(text, /wrong: you said x\n/);
    assertMatch(text, / \]\n {6}right\n/);
    assertMatch(text, /\nYour guesses: 1 of \d+ right\.\n\(0\)$/);
    const brief = await typed(
      story,
      "lessons/09_iterators.ts",
      "--predict",
      "--brief",
    );
    assertMatch(brief, /\nYour guesses: 1 of \d+ right\.\n\(0\)$/);
    for (const line of text.split("\n")) {
      assert(line.length <= 60 || line.includes("https://"), line);
    }
  });

  testWith(
    ["run"],
    "Ctrl-D and Ctrl-C end a lesson that asks, and what it has started",
    async () => {
      for (const key of ["\x04", "\x03"]) {
        // This lesson has workers by then.
        const args = ["lessons/11_lambdas.ts", "--predict"];
        const text = await typed([...Array(7).fill("\r"), key], ...args);
        assertMatch(
          text,
          /\nYou ended the lesson\. Your guesses: 0 of 7 right\.\n\(0\)$/,
        );
      }
    },
  );
}

testWith(["run"], "an error that is no TODO keeps its stack", async () => {
  const { code, stderr } = await runProgram(
    program('throw new Error("divided by zero");'),
  );
  assertEquals(code, 1);
  assertMatch(stderr, /Error: divided by zero\n[^]*\n {4}at /);
});
