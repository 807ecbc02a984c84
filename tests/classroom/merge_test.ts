import { dirname } from "node:path";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { outputsOf } from "../../classroom/reports/outputs.ts";
import {
  formatJson,
  parseReport,
  type Report,
} from "../../classroom/reports/report.ts";
import { deno, testWith } from "../helper.ts";
import { classOf, shardsOf } from "./sample.ts";

const permissions = ["run", "read", "write"] as const;

/** Runs the command with the permissions of its task. */
function merge(...args: string[]) {
  const script = "classroom/grading/merge.ts";
  return deno(
    "run",
    "--allow-read",
    "--allow-write",
    "--no-prompt",
    script,
    ...args,
  );
}

/** Two shards of a class of five, as files in a folder. */
async function shardsIn(folder: string): Promise<string[]> {
  const files = [];
  for (const report of shardsOf(classOf(5), 2)) {
    const file = `${folder}/shard-${report.shard.index}.json`;
    await Deno.writeTextFile(file, formatJson(report));
    files.push(file);
  }
  return files;
}

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(
  permissions,
  "grade:merge prints the table and writes every file",
  () =>
    inFolder(async (folder) => {
      const shards = await shardsIn(folder);
      const out = (name: string) => `${folder}/new folder/${name}`;
      const { code, stdout, stderr } = await merge(
        ...shards,
        ...["--json", out("a.json"), "--junit", out("a.xml")],
        ...["--csv", out("a.csv"), `--html=${out("a.html")}`],
      );
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^student 000 +1\/1 1\/2 +2\/3\n +07 iteratorOf/m);
      assertStringIncludes(stdout, `wrote ${out("a.html")}\n`);
      const text = (name: string) => Deno.readTextFile(out(name));
      assertEquals(parseReport(await text("a.json")), classOf(5));
      assertStringIncludes(
        await text("a.xml"),
        '<testsuites name="grading" tests="15"',
      );
      assertStringIncludes(
        await text("a.csv"),
        "student 004,1,1,2,1,1,3,3,2026-09-01T08:30:00.000Z,",
      );
      assertStringIncludes(await text("a.html"), "<h1>Grading report</h1>");
    }),
);

testWith(
  permissions,
  "grade:merge ends with 1 if no report can be made",
  () =>
    inFolder(async (folder) => {
      const [one, two] = await shardsIn(folder) as [string, string];
      const bad = `${folder}/bad.json`;
      await Deno.writeTextFile(bad, '{"version":2}');
      const cases: [string[], string][] = [
        [[one], "there is no report of shard 2/2"],
        [[one, one], "the report of a shard is there twice"],
        [[one, bad], `cannot read ${bad}: no report: run: Invalid key`],
        [[one, `${folder}/none.json`], `cannot read ${folder}/none.json: `],
        // A folder cannot be written as a file.
        [[one, two, "--csv", folder], `cannot write ${folder}: `],
      ];
      for (const [args, message] of cases) {
        const { code, stderr } = await merge(...args);
        assertEquals(code, 1, stderr);
        assertStringIncludes(stderr, `grade:merge: ${message}`);
      }
    }),
);

testWith(
  permissions,
  "grade:merge ends with 2 for a wrong command line",
  async () => {
    const cases: [string[], string][] = [
      [[], "name the reports to merge"],
      [["a.json", "--xml", "b"], "there is no option --xml"],
      [["a.json", "--json"], "--json needs one file's name"],
      [["a.json", "--json", "b", "--html", "b"], "name the same file"],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await merge(...args);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
      assertStringIncludes(stderr, "--help");
    }
  },
);

testWith(permissions, "grade:merge --help names every option", async () => {
  const { code, stdout } = await merge("--help");
  assertEquals(code, 0);
  for (const option of ["--json F", "--junit F", "--csv F", "--html F"]) {
    assertStringIncludes(stdout, option);
  }
});

/** Whether there is GNU parallel; another program has the same name. */
function hasParallel(): boolean {
  const isGranted = ([...permissions, "env"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
  if (!isGranted) return false;
  try {
    const { stdout } = new Deno.Command("parallel", { args: ["--version"] })
      .outputSync();
    return new TextDecoder().decode(stdout).startsWith("GNU parallel");
  } catch {
    return false;
  }
}

Deno.test({
  name: "GNU parallel grades a class in shards, as classroom/README.md has it",
  ignore: !hasParallel(),
  fn: () =>
    inFolder(async (folder) => {
      const root = new URL("../../", import.meta.url);
      const text = (path: string) => Deno.readTextFile(new URL(path, root));
      // The third shard of four has nothing of lesson 9.
      const submitted = {
        a: ["09", "11"],
        b: ["11"],
        c: ["11"],
        d: [],
        e: ["09"],
      };
      const names = { "09": "09_iterators", "11": "11_lambdas" } as const;
      for (const [student, lessons] of Object.entries(submitted)) {
        const own = `${folder}/class/${student}/lessons`;
        await Deno.mkdir(own, { recursive: true });
        for (const lesson of lessons as (keyof typeof names)[]) {
          const file = `lessons/${names[lesson]}.ts`;
          const note = `export const by${student} = (x: number[]) =>\n` +
            "  x.filter((it) => it % 3 !== 0).map((it) => it ** 2).at(-1) ?? 0;\n";
          await Deno.writeTextFile(
            `${own}/${names[lesson]}.ts`,
            await text(file) + note,
          );
        }
      }
      const readme = (await text("classroom/README.md")).replaceAll(
        "\r\n",
        "\n",
      );
      const [, recipe] = /```sh\n(parallel [^`]*)```/.exec(readme)!;
      const commands = recipe!.replaceAll("../submissions", `${folder}/class`)
        .replaceAll("shards/", `${folder}/shards/`)
        .replaceAll("report.", `${folder}/report.`)
        .replace("--html", `--json ${folder}/merged.json --html`);
      const whole =
        `deno task grade ${folder}/class --json ${folder}/whole.json`;
      const { success, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-ec", `${commands}\n${whole}`],
        cwd: root,
        env: {
          NO_COLOR: "1",
          PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
        },
        stdin: "null",
      }).output();
      const said = [stdout, stderr].map((it) => new TextDecoder().decode(it));
      assert(success, said.join("\n"));
      const [merged, expected] = await Promise.all(
        ["merged", "whole"].map(async (name) =>
          withoutTimes(
            parseReport(await Deno.readTextFile(`${folder}/${name}.json`)),
          )
        ),
      );
      assertEquals(merged, expected);
      assertEquals(expected!.lessons, ["09", "11"]);
      assert(expected!.similar.length > 0);
      assertEquals(
        expected!.students.map(({ student }) => student),
        Object.keys(submitted),
      );
    }),
});

/** A report without what is different each time. */
function withoutTimes(report: Report): Report {
  return {
    ...report,
    run: { ...report.run, date: "" },
    students: report.students.map(({ student, lessons }) => ({
      student,
      lessons: lessons.map((lesson) => ({ ...lesson, elapsed: 0 })),
    })),
  };
}

testWith(
  ["read"],
  "grade.yml may only read, and merges every shard it grades",
  async () => {
    const file = new URL("../../classroom/grade.yml", import.meta.url);
    const yaml = (await Deno.readTextFile(file)).replaceAll("\r\n", "\n");
    assertStringIncludes(yaml, "\npermissions:\n  contents: read\n\n");
    assertEquals(yaml.match(/permissions:|: write/g), ["permissions:"]);
    for (const [, action] of yaml.matchAll(/uses: (.*)/g)) {
      assertMatch(action!, /^[\w-]+\/[\w-]+@v\d+$/);
    }
    // Inputs within a command would be code.
    for (const [command] of yaml.matchAll(/run: \|\n(?: {10}.*\n)+/g)) {
      assertEquals(command.includes("${{"), false, command);
    }
    assertStringIncludes(
      yaml,
      "SHARD: ${{ matrix.shard }}/${{ strategy.job-total }}",
    );
    const shards = JSON.parse(/shard: (\[.*\])/.exec(yaml)![1]!);
    assertEquals(shards, shards.map((_: number, i: number) => i + 1));
    const command = /deno task grade:merge shards\/\*\.json (.*)/.exec(
      yaml.replaceAll(/ \\\n +/g, " "),
    )![1]!;
    assertEquals(outputsOf(parseArgs(command.split(" "))), {
      json: "report/report.json",
      junit: "report/report.xml",
      csv: "report/report.csv",
      html: "report/report.html",
    });
  },
);
