/** Classes as they come: who is in them, and what each submitted. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipWriter,
} from "npm:@zip.js/zip.js@2.24.0";
import {
  findClass,
  type Submission,
} from "../../classroom/grading/submissions.ts";
import { UsageError } from "../../classroom/grading/usage.ts";
import { testWith } from "../helper.ts";
import { archiveOf } from "./zips.ts";

const lessons = new Map([["03", "03_pool"], ["09", "09_iterators"]]);
const isWindows = Deno.build.os === "windows";

/** What files hold, by path. */
type Files = Readonly<Record<string, string | Uint8Array>>;

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

async function zip(files: Files): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
  });
  for (const [path, content] of Object.entries(files)) {
    await writer.add(path, new Uint8ArrayReader(bytesOf(content)));
  }
  return await writer.close();
}

const test = (name: string, fn: (folder: string) => Promise<void>) =>
  testWith(["read", "write"], name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "class-" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = `${folder}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(file, bytesOf(content));
  }
}

/** What each student of a class submitted, as text by lesson. */
async function read(path: string) {
  const { students, notes } = await findClass(path, lessons);
  const submissions: Submission[] = [];
  for (const { read } of students) submissions.push(await read());
  const found = submissions.map(({ student, files }) => [
    student,
    Object.fromEntries([...files].map(([number, file]) => [
      number,
      "problem" in file
        ? file.problem
        : [new TextDecoder().decode(file.source), ...file.notes].join("; "),
    ])),
  ]);
  return {
    found: Object.fromEntries(found),
    notes: [
      ...notes,
      ...submissions.flatMap(({ student, notes }) =>
        notes.map((note) => `${student}: ${note}`)
      ),
    ],
  };
}

const moodle = async () => ({
  "Anna Muster_101_assignsubmission_file_/class.zip": await zip({
    "class/lessons/03_pool.ts": "anna 3",
    "class/lessons/09_iterators.ts": "anna 7",
  }),
  "Anna Muster_101_assignsubmission_onlinetext_/onlinetext.html": "<p>done",
  "Bela O'Neil_102_assignsubmission_file_/03_pool.ts": "bela 3",
  "Cem Ğ_103_assignsubmission_file_/work.zip": await zip({
    "a/b/lessons/09_iterators.ts": "cem 7",
  }),
  "Anna Muster_104_assignsubmission_file_/lessons/03_pool.ts": "other anna 3",
  "Dana_105_assignsubmission_file_/essay.pdf": "%PDF",
});

const moodleClass = {
  "Anna Muster (101)": { "03": "anna 3", "09": "anna 7" },
  "Anna Muster (104)": { "03": "other anna 3" },
  "Bela O'Neil": { "03": "bela 3" },
  "Cem Ğ": { "09": "cem 7" },
  Dana: {},
};

test("Moodle's export is read unpacked, packed, and in a folder of its own", async (folder) => {
  const files = await moodle();
  await write(`${folder}/unpacked`, files);
  await write(`${folder}/wrapped/Course-Pools-77`, files);
  await write(folder, { "class.zip": await zip(files) });
  await write(`${folder}/one`, { "class.zip": await zip(files) });
  for (const name of ["unpacked", "wrapped", "class.zip", "one"]) {
    const { found, notes } = await read(`${folder}/${name}`);
    assertEquals(found, moodleClass, name);
    assertEquals(notes, ["Dana: there is no lesson, but essay.pdf"], name);
  }
});

test("Moodle's export without folders is read", async (folder) => {
  await write(folder, {
    "Anna Muster_101_assignsubmission_file_03_pool.ts": "anna 3",
    "Anna Muster_101_assignsubmission_file_09_iterators.ts": "anna 7",
    "Anna Muster_101_assignsubmission_onlinetext_onlinetext.html": "<p>",
    "Bela_102_assignsubmission_file_class.zip": await zip({
      "lessons/03_pool.ts": "bela 3",
    }),
  });
  const { found, notes } = await read(folder);
  assertEquals(found, {
    "Anna Muster": { "03": "anna 3", "09": "anna 7" },
    Bela: { "03": "bela 3" },
  });
  assertEquals(notes, []);
});

test("Canvas' export is read: flat, late, submitted again", async (folder) => {
  const files = {
    "musteranna_12_901_03_pool.ts": 'import "./helpers.ts";',
    "musteranna_12_902_09_iterators-2.ts": "anna 7",
    "musteranna_12_903_helpers.ts": "help",
    "oneilbela_LATE_13_904_03_pool-1.ts": "bela 3",
    "cem_14_905_class.zip": await zip({ "c/lessons/03_pool.ts": "cem, first" }),
    "cem_14_906_class-1.zip": await zip({ "c/lessons/03_pool.ts": "cem 3" }),
    "musteranna_15_907_03_pool.ts": "other anna 3",
  };
  await write(`${folder}/unpacked`, files);
  await write(folder, { "submissions.zip": await zip(files) });
  for (const name of ["unpacked", "submissions.zip"]) {
    const { found, notes } = await read(`${folder}/${name}`);
    assertEquals(found, {
      "musteranna (12)": { "03": 'import "./helpers.ts";', "09": "anna 7" },
      "musteranna (15)": { "03": "other anna 3" },
      oneilbela: { "03": "bela 3" },
      cem: {
        "03": "cem 3; class-1.zip/c/lessons/03_pool.ts was graded, " +
          "and not class.zip/c/lessons/03_pool.ts",
      },
    }, name);
    assertEquals(notes, []);
    const { students } = await findClass(`${folder}/${name}`, lessons);
    const anna = await students[1]!.read();
    const file = anna.files.get("03")!;
    assertEquals("helpers" in file && [...file.helpers.keys()], ["helpers.ts"]);
  }
});

test("a student's lessons are found in folders and archives of any kind", async (folder) => {
  await write(folder, {
    "anna/lessons/03_pool.ts": "anna 3",
    "bela/two/deep/lessons/03_pool.ts": "bela 3",
    "cem/03_pool (1).ts": "cem 3",
    "cem/node_modules/lessons/09_iterators.ts": "not cem's",
    "cem/__MACOSX/lessons/._09_iterators.ts": "not cem's",
    "dana.zip": await zip({ "lessons/03_pool.ts": "dana 3" }),
    "emil.ZIP": await zip({
      "inner.zip": await zip({ "03_pool.ts": "emil 3" }),
    }),
  });
  const { found, notes } = await read(folder);
  assertEquals(found, {
    anna: { "03": "anna 3" },
    bela: { "03": "bela 3" },
    cem: { "03": "cem 3" },
    dana: { "03": "dana 3" },
    emil: { "03": "emil 3" },
  });
  assertEquals(notes, []);
});

test("of several copies the one in its place is graded, and the others are named", async (folder) => {
  await write(folder, {
    "anna/class/lessons/03_pool.ts": "anna 3",
    "anna/03_pool.ts": "other",
    "anna/class/lessons/03_pool-1.ts": "another",
    "bela/class/lessons/03_pool.ts": "bela 3",
    "bela/class-copy/lessons/03_pool.ts": "bela 3",
  });
  const { found } = await read(folder);
  assertEquals(found, {
    anna: {
      "03": "anna 3; class/lessons/03_pool.ts was graded, " +
        "and not 03_pool.ts, class/lessons/03_pool-1.ts",
    },
    // The same twice is no reason to say anything.
    bela: { "03": "bela 3" },
  });
});

test("one student's own folder or archive is graded as that student's", async (folder) => {
  const files = {
    "lessons/03_pool.ts": "anna 3",
    "tests/03_pool_test.ts": "",
    "deno.json": "{}",
  };
  await write(`${folder}/anna`, files);
  await write(folder, { "bela.zip": await zip(files) });
  await write(`${folder}/cem`, { "03_pool.ts": "anna 3", "notes.txt": "" });
  for (const name of ["anna", "bela.zip", "cem"]) {
    const student = name.replace(".zip", "");
    const { found, notes } = await read(`${folder}/${name}/`.slice(0, -1));
    assertEquals(found, { [student]: { "03": "anna 3" } });
    assertEquals(notes, [
      `${folder}/${name} is one student's: graded as "${student}"`,
    ]);
  }
});

test("what cannot be read is named, and keeps nobody from being read", async (folder) => {
  await write(folder, {
    "anna/lessons/03_pool.ts": "anna 3",
    "anna/more.zip": "PK and nothing else",
    "bela.tar.gz": "1f8b",
    "cem.zip": "PK and nothing else",
    "dana/lessons/03_pool.ts": " ".repeat(2 ** 20 + 1),
    "emil.zip": await zip({ "../lessons/03_pool.ts": "emil 3" }),
    "essay.pdf": "%PDF",
  });
  await Deno.mkdir(`${folder}/fritz`);
  const { found, notes } = await read(folder);
  assertEquals(found, {
    anna: { "03": "anna 3" },
    "bela.tar.gz": {},
    cem: {},
    dana: {
      "03": "lessons/03_pool.ts has 1048577 bytes; 1048576 are allowed",
    },
    emil: {},
    fritz: {},
  });
  assertEquals(notes, [
    "essay.pdf is in nobody's folder or archive: not graded",
    "anna: more.zip cannot be unpacked: File format is not recognized",
    "bela.tar.gz: bela.tar.gz is no .zip",
    "cem: cem.zip cannot be unpacked: File format is not recognized",
    'emil: emil.zip has a forbidden path: "../lessons/03_pool.ts"',
    "fritz: there is no file",
  ]);
});

test("links are not followed, and named where they stand for a lesson", async (folder) => {
  if (isWindows) return; // where making one takes a privilege
  await write(folder, { "anna/lessons/03_pool.ts": "anna 3" });
  await Deno.mkdir(`${folder}/bela/lessons`, { recursive: true });
  const bela = `${folder}/bela/lessons`;
  await Deno.symlink(`${folder}/anna/lessons/03_pool.ts`, `${bela}/03_pool.ts`);
  await Deno.symlink(bela, `${bela}/loop`);
  await Deno.symlink(folder, `${folder}/cem`);
  const { found, notes } = await read(folder);
  assertEquals(found, {
    anna: { "03": "anna 3" },
    bela: { "03": "lessons/03_pool.ts is a link, and no file" },
  });
  assertEquals(notes, [
    "cem is in nobody's folder or archive: not graded",
  ]);
});

test("a bomb costs its student the archive, and nobody else anything", async (folder) => {
  const zeros = new Uint8Array(100 * 2 ** 20);
  await write(folder, {
    "anna.zip": await zip({ "lessons/03_pool.ts": zeros }),
    "bela.zip": await zip({ "inner.zip": zeros }),
    "cem.zip": await zip({ "lessons/03_pool.ts": "cem 3" }),
  });
  const { found, notes } = await read(folder);
  const size = `has ${zeros.length} bytes`;
  assertEquals(found, {
    anna: {
      "03": `anna.zip/lessons/03_pool.ts ${size}; 1048576 are allowed`,
    },
    bela: {},
    cem: { "03": "cem 3" },
  });
  assertMatch(notes[0]!, /^bela: bela.zip\/inner.zip has 104857600 bytes/);
});

test("archives of very many files cost their student the last of them", async (folder) => {
  const many = archiveOf(
    Array.from({ length: 30_000 }, (_, i) => ({ path: `${i}.txt` })),
  );
  await write(folder, {
    "anna/a.zip": many,
    "anna/b.zip": many,
    "anna/lessons/03_pool.ts": "anna 3",
  });
  const { found, notes } = await read(folder);
  assertEquals(found, { anna: { "03": "anna 3" } });
  assertEquals(notes, ["anna: b.zip makes it more than 50000 files"]);
});

test("students keep apart whatever they are called", async (folder) => {
  const names = [
    "same",
    "same.zip",
    "ÄÖ 漢字 🎉",
    'O\'Hara "Bo"',
    ...(isWindows ? [] : ["two\nlines", "tab\t", "C:\\x", "a<b>&"]),
  ].filter((name) => !isWindows || !/["<>]/.test(name));
  const packed = await zip({ "lessons/03_pool.ts": "zip" });
  for (const name of names) {
    await write(folder, {
      [name.endsWith(".zip") ? name : `${name}/lessons/03_pool.ts`]:
        name.endsWith(".zip") ? packed : name,
    });
  }
  const { found } = await read(folder);
  assertEquals(Object.keys(found).sort(), names.toSorted());
});

test("where there is no submission, the command is wrong", async (folder) => {
  const fails = (path: string, message: string) =>
    assertRejects(() => findClass(path, lessons), UsageError, message);
  await fails(`${folder}/none`, `there is no ${folder}/none`);
  await fails(folder, `there is no submission in ${folder}: it is empty`);
  await write(folder, { "notes.txt": "" });
  await fails(folder, "notes.txt is in nobody's folder or archive");
  await fails(`${folder}/notes.txt`, "is neither a folder nor a .zip");
});
