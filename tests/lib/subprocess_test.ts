import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CalledProcessError,
  type Command,
  type Input,
  OutputLimitExceeded,
  pipe,
  Queue,
  run,
  type RunOptions,
  spawn,
  Subprocess,
  SubprocessError,
  TimeoutExpired,
} from "../../mod.ts";
import { Output } from "../../lib/subprocess/output.ts";
import { deno, testWith } from "../helper.ts";

const isWindows = Deno.build.os === "windows";

/** A program that runs some code: Deno itself, so that it is everywhere. */
function program(code: string, ...args: string[]): Command {
  return [Deno.execPath(), "eval", code, ...args];
}

/** Deno is no small program; tests that start many take this one. */
const quick: Command = isWindows ? ["cmd", "/c", "exit 0"] : ["true"];

/** Code that prints a line and then never ends. */
const ready = "console.log('ready'); setInterval(() => {}, 1000);";
/** The same, deaf to SIGTERM. */
const deaf = `Deno.addSignalListener('SIGTERM', () => {}); ${ready}`;
/** Code that prints what it reads. */
const echo = "await Deno.stdin.readable.pipeTo(Deno.stdout.writable)";

/**
 * Code that starts a program that holds this one's outputs open and never
 * ends, prints that one's id, and then does what is asked.
 */
function withGrandchild(
  then: string,
  inner = "setInterval(() => {}, 1000)",
): string {
  return `const { pid } = new Deno.Command(Deno.execPath(), {
    args: ['eval', ${JSON.stringify(inner)}],
    stdin: 'null', stdout: 'inherit', stderr: 'inherit',
  }).spawn();
  console.log(pid); ${then}`;
}

/** What the system says of a process, if it is there. */
const look: Partial<Record<typeof Deno.build.os, (pid: number) => Command>> = {
  linux: (pid) => ["cat", `/proc/${pid}/stat`],
  windows: (pid) => ["tasklist", "/nh", "/fo", "csv", "/fi", `pid eq ${pid}`],
};

/**
 * Whether a process runs. One that has ended stays there, with the state Z,
 * until its parent notices; that of an orphan is the system, which may take its
 * time.
 */
async function isThere(pid: number): Promise<boolean> {
  const command = look[Deno.build.os] ??
    ((pid) => ["ps", "-o", "pid=,stat=", "-p", `${pid}`]);
  const { stdout } = await run(command(pid));
  return stdout.includes(String(pid)) && !/ Z/.test(stdout);
}

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  while (await isThere(pid)) await new Promise((done) => setTimeout(done, 5));
}

/** The error that a promise rejects with. */
async function failure<E extends Error>(
  promise: Promise<unknown>,
  // deno-lint-ignore no-explicit-any
  type: abstract new (...args: any[]) => E,
): Promise<E> {
  return await assertRejects(() => promise, type) as E;
}

// Arguments: checked before anything is started, so these need no permission.

Deno.test("run() says how to write a command that was given as one string", async () => {
  const error = await failure(
    run("ls -l" as unknown as string[]),
    TypeError,
  );
  assertEquals(
    error.message,
    'run: give the command as a list of words, ["ls", "-l"]: received "ls -l" (string)',
  );
});

const wrong: [
  what: string,
  command: unknown,
  options: unknown,
  says: string,
][] = [
  ["an empty command", [], {}, "run: the command is empty"],
  ["an empty name", [""], {}, "run: the command is empty"],
  ["no command", undefined, {}, "must be a list of words: received undefined"],
  [
    "Python's way to merge outputs",
    [Deno.execPath()],
    { stderr: "stdout" },
    "expected one of `inherit`, `piped`, `null`",
  ],
  [
    "Python's way to ask for a shell",
    ["a"],
    { shell: true },
    'name the shell in the command, ["sh", "-c", "ls | wc"]',
  ],
  ["a bare number", ["a"], 5, "as in { timeout: 5000 }: received 5"],
  [
    "a controller as signal",
    ["a"],
    { signal: new AbortController() },
    "signal must be an AbortSignal: received an AbortController",
  ],
  [
    "a timeout that is text",
    ["a"],
    { timeout: "5" },
    "timeout must be milliseconds",
  ],
];

for (const [what, command, options, says] of wrong) {
  Deno.test(`run() refuses ${what}`, async () => {
    const error = await failure(
      run(command as Command, options as RunOptions),
      TypeError,
    );
    assertStringIncludes(error.message, says);
  });
}

Deno.test("run() refuses numbers out of range", async () => {
  await failure(run(["a"], { timeout: -1 }), RangeError);
  await failure(run(["a"], { killAfter: NaN }), RangeError);
  await failure(run(["a"], { maxOutput: 0 }), RangeError);
});

Deno.test("an aborted signal starts nothing", async () => {
  const reason = new Error("too late");
  const error = await failure(
    run(["no such program"], { signal: AbortSignal.abort(reason) }),
    Error,
  );
  assertEquals(error, reason);
});

testWith(["run"], "wait() and communicate() refuse a bare number", async () => {
  await using child = spawn(quick);
  for (const wrong of [100, null] as unknown as { timeout: number }[]) {
    const says = "options must be an object, as in { timeout: 5000 }";
    await assertRejects(() => child.wait(wrong), TypeError, says);
    await assertRejects(() => child.communicate("", wrong), TypeError, says);
  }
});

Deno.test("spawn() checks as run() does", () => {
  assertThrows(() => spawn([]), TypeError, "spawn: the command is empty");
});

// Running to the end.

testWith(
  ["run"],
  "run() gives the outputs, the exit code and the id",
  async () => {
    const done = await run(program(
      "console.log(Deno.pid); console.error('oh'); Deno.exit(3)",
    ));
    assertEquals(done.stdout, `${done.pid}\n`);
    assertEquals(done.stderr, "oh\n");
    assertEquals([done.code, done.signal, done.success], [3, null, false]);
    assertEquals(done.args[1], "eval");
    assert(done.elapsed > 0);
  },
);

testWith(
  ["run"],
  "run() passes words on as they are: there is no shell",
  async () => {
    const words = ["two words", "", "$HOME", "*", 'quo"te', "a&b|c;d", "ünï"];
    const { stdout } = await run(
      program("console.log(JSON.stringify(Deno.args))", ...words),
    );
    assertEquals(JSON.parse(stdout), words);
  },
);

testWith(["run"], "run() reads an empty input unless given one", async () => {
  assertEquals((await run(program(echo))).stdout, "");
  assertEquals((await run(program(echo), { input: "" })).stdout, "");
});

testWith(["run"], "run() writes text, bytes, and chunks of both", async () => {
  const input = "héllo";
  const bytes = new TextEncoder().encode(input);
  async function* chunks() {
    yield bytes.subarray(0, 2);
    yield* [bytes.subarray(2), "!"];
  }
  const outputs = [
    input,
    bytes,
    chunks(),
    ["héllo", "!"],
    new Blob([input]).stream(),
  ]
    .map((input) => run(program(echo), { input }));
  assertEquals(
    (await Promise.all(outputs)).map(({ stdout }) => stdout),
    ["héllo", "héllo", "héllo!", "héllo!", "héllo"],
  );
});

testWith(
  ["run"],
  "run() gives bytes if asked to, whatever they are",
  async () => {
    const input = new Uint8Array([0, 255, 128, 13, 10]);
    const { stdout, stderr } = await run(program(echo), {
      input,
      encoding: "bytes",
    });
    assertEquals(stdout, input);
    assertEquals(stderr, new Uint8Array());
  },
);

testWith(["run"], "run() writes and reads 10 MB at once", async () => {
  const input = new Uint8Array(10_000_000).map((_, i) => i);
  const { stdout } = await run(program(echo), { input, encoding: "bytes" });
  assertEquals(stdout.length, input.length);
  assert(stdout.every((byte, i) => byte === input[i]));
});

testWith(["run"], "run() reads much of both outputs at once", async () => {
  const { stdout, stderr } = await run(program(
    "const big = new Uint8Array(1e6).fill(97);" +
      "Deno.stderr.writeSync(big); Deno.stdout.writeSync(big);" +
      "Deno.stderr.writeSync(big);",
  ));
  assertEquals([stdout.length, stderr.length], [1_000_000, 2_000_000]);
});

testWith(
  ["run"],
  "run() does not mind a program that leaves its input unread",
  async () => {
    const input = new Uint8Array(1_000_000);
    const { code } = await run(program("Deno.exit(0)"), { input });
    assertEquals(code, 0);
  },
);

testWith(["run"], "run() does not wait for an input that goes on", async () => {
  const more = Promise.withResolvers<never>();
  async function* endless() {
    yield "once";
    await more.promise;
  }
  const { code } = await run(program("Deno.exit(4)"), { input: endless() });
  assertEquals(code, 4);
});

/** A program that reads nothing and ends. */
const deafToInput = program("Deno.exit(4)");
/** A program that takes one chunk of input and ends. */
const takesOne = program(
  "await Deno.stdin.read(new Uint8Array(9)); Deno.exit(4)",
);

/** Runs a program to its end in each of the ways that take an input. */
const waysToFeed: Record<string, (input: Input) => Promise<unknown>> = {
  "run()": (input) => run(deafToInput, { input }),
  "a timeout": (input) =>
    failure(run(program(ready), { input, timeout: 200 }), TimeoutExpired),
  "communicate()": async (input) => {
    await using child = spawn(deafToInput);
    await child.communicate(input);
  },
  "communicate() given up": async (input) => {
    await using child = spawn(program(ready));
    await failure(child.communicate(input, { timeout: 50 }), TimeoutExpired);
  },
};

for (const [way, feed] of Object.entries(waysToFeed)) {
  testWith(["run"], `a Queue as input loses no item: ${way}`, async () => {
    const queue = new Queue<string>();
    await feed(queue);
    await queue.put("for somebody else");
    assertEquals(await queue.get(), "for somebody else");
  });

  testWith(["run"], `a Connection as input is let go: ${way}`, async () => {
    const [here, there] = pipe<string>();
    await feed(there);
    await here.send("for somebody else");
    assertEquals(await there.recv(), "for somebody else");
    there.close();
  });

  testWith(["run"], `a stream as input is cancelled: ${way}`, async () => {
    const cancelled = Promise.withResolvers<void>();
    const stream = new ReadableStream<string>({
      cancel: () => cancelled.resolve(),
    });
    await feed(stream);
    await cancelled.promise;
    assertEquals(stream.locked, false);
  });

  testWith(["run"], `a generator as input is closed: ${way}`, async () => {
    const ended = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    async function* chunks() {
      try {
        await ended.promise;
        yield "too late";
      } finally {
        closed.resolve();
      }
    }
    await feed(chunks());
    ended.resolve();
    await closed.promise;
  });
}

testWith(
  ["run"],
  "a program that closes its input at once goes on",
  async () => {
    const closed = Promise.withResolvers<void>();
    function* chunks() {
      try {
        for (;;) yield "x".repeat(100_000);
      } finally {
        closed.resolve();
      }
    }
    const code =
      "Deno.stdin.close(); setTimeout(() => console.log('done'), 10)";
    const { stdout } = await run(program(code), { input: chunks() });
    assertEquals(stdout, "done\n");
    await closed.promise;
  },
);

testWith(["run"], "a program that never reads is ended in time", async () => {
  const input = new Uint8Array(10_000_000);
  const error = await failure(
    run(program(ready), { input, timeout: 200 }),
    TimeoutExpired,
  );
  assertNotEquals(error.code, null);
});

testWith(["run"], "an input that has begun is closed, too", async () => {
  const [here, there] = pipe<string>();
  await here.send("one");
  await run(takesOne, { input: there });
  await here.send("two");
  assertEquals(await there.recv(), "two");
  there.close();
});

testWith(
  ["run"],
  "a Connection as input does not keep this program from ending",
  async () => {
    const mod = new URL("../../mod.ts", import.meta.url);
    const { stdout } = await deno(
      "eval",
      `import { pipe, run } from "${mod}";
      const [here, there] = pipe();
      globalThis.here = here;
      const { code } = await run([Deno.execPath(), "eval", "Deno.exit(4)"], { input: there });
      console.log(code);`,
    );
    assertEquals(stdout, "4\n");
  },
);

testWith(
  ["run"],
  "an input that cannot be closed changes nothing about the result",
  async () => {
    const input = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.withResolvers<never>().promise,
        return: () => Promise.reject(new Error("cannot be closed")),
      }),
    };
    assertEquals((await run(deafToInput, { input })).code, 4);
    const throwing = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.withResolvers<never>().promise,
        return() {
          throw new Error("cannot be closed");
        },
      }),
    };
    assertEquals((await run(deafToInput, { input: throwing })).code, 4);
  },
);

testWith(["run"], "run() ends the program if its input fails", async () => {
  // deno-lint-ignore require-yield
  async function* failing() {
    await Promise.resolve();
    throw new RangeError("no more");
  }
  const error = await failure(
    run(program(echo), { input: failing() }),
    RangeError,
  );
  assertEquals(error.message, "no more");
  const none = await failure(
    run(program(echo), { input: 5 as unknown as string }),
    TypeError,
  );
  assertStringIncludes(none.message, "input must be text or bytes");
});

testWith(["run"], "run() runs in cwd, with env added or alone", async () => {
  const code = "console.log(Deno.cwd()); console.log(Deno.env.get('MINE'))";
  const cwd = new URL(".", import.meta.url);
  const { stdout } = await run(program(code), { cwd, env: { MINE: "a=b" } });
  assertMatch(stdout, /[/\\]tests[/\\]lib\r?\na=b\n$/);

  const names = program("console.log(Object.keys(Deno.env.toObject()).length)");
  const [all, none] = await Promise.all([
    run(names),
    // Windows does not start Deno without this one.
    run(names, { clearEnv: true, env: { SystemRoot: "C:\\Windows" } }),
  ]);
  assertLess(Number(none.stdout), Number(all.stdout));
});

testWith(["run"], "run() leaves out what is not piped", async () => {
  const done = await run(program("console.log(1); console.error(2)"), {
    stdout: "null",
    stderr: "null",
  });
  assertEquals([done.stdout, done.stderr, done.code], ["", "", 0]);
});

testWith(
  ["run"],
  "run() lets a program print where this one prints",
  async () => {
    const mod = new URL("../../mod.ts", import.meta.url);
    const { code, stdout, stderr } = await deno(
      "eval",
      `import { run } from "${mod}";
    const code = "console.log('out'); console.error('err')";
    await run([Deno.execPath(), "eval", code], { stdout: "inherit", stderr: "inherit" });`,
    );
    assertEquals([code, stdout, stderr], [0, "out\n", "err\n"]);
  },
);

testWith(["run"], "40 programs run at once, and none is left", async () => {
  const children = Array.from({ length: 40 }, () => spawn(quick));
  const codes = await Promise.all(children.map((child) => child.wait()));
  assertEquals(codes, Array(40).fill(0));
  await Promise.all(children.map(({ pid }) => gone(pid)));
});

// Errors.

testWith(
  ["run"],
  "check tells the command, how it ended, and its last words",
  async () => {
    const code =
      "console.log('out'); for (const i of [1, 2, 3, 4, 5, 6, 7]) console.error('err ' + i); Deno.exit(3)";
    const error = await failure(
      run(program(code), { check: true }),
      CalledProcessError,
    );
    assertInstanceOf(error, SubprocessError);
    assertEquals([error.code, error.signal, error.stdout], [3, null, "out\n"]);
    assertStringIncludes(error.stderr as string, "err 1\n");
    assertEquals(error.args, program(code));
    assert(error.elapsed > 0);
    const [first, ...rest] = error.message.split("\n");
    assertMatch(first!, /^run: .* failed with exit code 3$/);
    assertEquals(rest, ["err 3", "err 4", "err 5", "err 6", "err 7"]);
  },
);

testWith(["run"], "check is content with exit code 0", async () => {
  assertEquals((await run(quick, { check: true })).success, true);
});

testWith(
  ["run"],
  "a program, a directory and a permission that are missing are three errors",
  async () => {
    const program = await failure(run(["gitt"]), Deno.errors.NotFound);
    assertEquals(
      program.message,
      'run: no program named "gitt" (is it installed, and on PATH?)',
    );
    const below = `${Deno.execPath()}/tool`; // below a file, not a directory
    const noTool = await failure(run([below]), Deno.errors.NotFound);
    assertStringIncludes(noTool.message, "is the path right?");
    const directory = await failure(
      run(quick, { cwd: "no/such/directory" }),
      Deno.errors.NotADirectory,
    );
    assertEquals(
      directory.message,
      'run: no directory "no/such/directory" to run in (its cwd)',
    );
    const mod = new URL("../../mod.ts", import.meta.url);
    const { stdout } = await deno(
      "eval",
      `import { FunctionWorker } from "${mod}"; FunctionWorker;
    await Deno.permissions.revoke({ name: "run" });
    const { run } = await import("${mod}");
    try { await run([Deno.execPath()]) } catch (error) {
      console.log(error.name); console.log(error.message.replaceAll(Deno.execPath(), "deno"));
    }`,
    );
    assertEquals(
      stdout.replaceAll(JSON.stringify(Deno.execPath()), '"deno"'),
      "NotCapable\n" +
        'run: no permission to run "deno" (start Deno with --allow-run=deno)\n',
    );
  },
);

testWith(
  ["run"],
  "what a shell would have cut up or expanded gets a hint",
  async () => {
    const notFound = async (command: Command) =>
      (await failure(run(command), Deno.errors.NotFound)).message;
    assertEquals(
      await notFound(["gitt status -s"]),
      'run: no program named "gitt status -s" (each word is a string of its ' +
        'own: ["gitt", "status", "-s"])',
    );
    assertStringIncludes(await notFound(["~/gitt"]), "nothing expands the ~");
    const inHome = await failure(
      run(quick, { cwd: "~/no such" }),
      Deno.errors.NotADirectory,
    );
    assertStringIncludes(inHome.message, "nothing expands the ~");
    for (const word of ["*.ts", "~", "~/x", "$HOME"]) {
      const error = await failure(
        run(program("Deno.exit(2)", word), { check: true }),
        CalledProcessError,
      );
      assertStringIncludes(
        error.message,
        `exit code 2 (there is no shell: "${word}" is passed on as it is)`,
      );
    }
  },
);

testWith(
  ["run", "read", "write"],
  "a script that cannot be run says why",
  async () => {
    const folder = await Deno.makeTempDir();
    const script = async (text: string) => {
      const path = `${folder}/script${isWindows ? ".exe" : ""}`;
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, 0o755).catch(() => {}); // Windows has no modes
      return path;
    };
    const message = async (text: string) => {
      const path = await script(text);
      const error = await assertRejects(() => run([path]), Error);
      return error.message.replace(path, "script");
    };
    try {
      if (isWindows) {
        assertStringIncludes(
          await message("x"),
          "is no program of this system",
        );
        return;
      }
      for (const text of ["#!/no/such/sh -e\n", "#!/bin/sh\r\necho\r\n"]) {
        assertStringIncludes(
          await message(text),
          "is the interpreter there that its first line names",
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  ["run", "read", "write"],
  "a directory of this program that was removed is named",
  async () => {
    if (isWindows) return; // which does not remove it
    const folder = await Deno.makeTempDir();
    const mod = new URL("../../mod.ts", import.meta.url);
    const { stdout } = await run(
      program(`import { run } from "${mod}"; Deno.removeSync(Deno.cwd());
        console.log(await run(["true"]).catch((error) => error.message));`),
      { cwd: folder },
    );
    assertEquals(
      stdout,
      "run: this program's own directory has been removed\n",
    );
  },
);

// Limits.

/** The error of a timeout that was long enough for the program to print. */
async function expire(code: string): Promise<TimeoutExpired> {
  for (let timeout = 200;; timeout *= 2) {
    const error = await failure(
      run(program(code), { timeout }),
      TimeoutExpired,
    );
    if (error.stdout.length > 0) return error;
  }
}

testWith(
  ["run"],
  "a timeout ends the program and gives the output so far",
  async () => {
    const error = await expire("console.error('why'); " + ready);
    assertEquals([error.stdout, error.stderr], ["ready\n", "why\n"]);
    assertMatch(error.message, /^run: .* has not ended after \d+ ms\nwhy$/);
    assertStringIncludes(error.message, `after ${error.timeout} ms`);
    assertNotEquals(error.code, null);
  },
);

testWith(["run"], "a program that ends in time is not touched", async () => {
  const { code } = await run(quick, {
    timeout: 600_000,
    signal: new AbortController().signal,
    maxOutput: 1,
  });
  assertEquals(code, 0);
});

/** Runs code that never ends until it has printed something, and aborts it. */
async function abortOnceReady(
  code: string,
  options: RunOptions = {},
): Promise<{ error: Error; printed: string }> {
  const controller = new AbortController();
  const child = spawn(program(code), { ...options, signal: controller.signal });
  let printed = "";
  const error = await failure(
    (async () => {
      for await (const line of child.lines()) {
        printed = line;
        controller.abort(new Error("enough"));
      }
    })(),
    Error,
  );
  assertNotEquals(child.poll(), null);
  return { error, printed };
}

testWith(
  ["run"],
  "an abort ends a program, even one that ignores SIGTERM",
  async () => {
    const { error } = await abortOnceReady(isWindows ? ready : deaf);
    assertEquals(error.message, "enough");
  },
);

testWith(
  ["run"],
  "with killAfter, a program is first asked to end",
  async () => {
    if (isWindows) return; // which has no such signal
    const code = `Deno.addSignalListener('SIGTERM', () => {
    console.error('bye'); Deno.exit(7);
  }); ${ready}`;
    const controller = new AbortController();
    const child = spawn(program(code), {
      signal: controller.signal,
      killAfter: 600_000,
    });
    for await (const _ of child.lines()) {
      controller.abort();
      break;
    }
    assertEquals(child.poll(), 7);
  },
);

/** The ways in which a program is ended. */
const waysToEnd: Record<
  string,
  (child: Subprocess, limit: AbortController) => unknown
> = {
  "terminate()": (child) => child.terminate(),
  "kill()": (child) => child.kill(),
  "the end of await using": (child) => child[Symbol.asyncDispose](),
  "a limit": (_, limit) => limit.abort(),
};

for (const [way, end] of Object.entries(waysToEnd)) {
  testWith(["run"], `${way} ends what the program has started`, async () => {
    // The program ends at once, and what it has started heeds no SIGTERM.
    const inner = (isWindows ? ready : deaf).replace("'ready'", "Deno.pid");
    const limit = new AbortController();
    const command = program(
      withGrandchild("setInterval(() => {}, 1000)", inner),
    );
    const child = spawn(command, { signal: limit.signal, killAfter: 60_000 });
    const lines = child.lines();
    const pids = [(await lines.next()).value, (await lines.next()).value];
    await end(child, limit);
    await child.wait().catch(() => {});
    for (const pid of pids) await gone(Number(pid));
  });
}

testWith(
  ["run"],
  "a timeout does not wait for whoever else holds the outputs",
  async () => {
    const code = withGrandchild("setInterval(() => {}, 1000)");
    const error = await expire(code);
    // Far below the hour that the grandchild would hold the pipe for.
    assertLess(error.elapsed, 60_000);
    await gone(Number(error.stdout));
  },
);

testWith(
  ["run"],
  "a program that has ended is not kept waiting for by what it has started",
  async () => {
    const { stdout, code } = await run(program(withGrandchild("Deno.exit(5)")));
    assertEquals(code, 5);
    const pid = Number(stdout);
    // On Windows, Deno takes along what it has started.
    if (isWindows) return;
    assert(await isThere(pid), "what it has started is left alone");
    Deno.kill(pid, "SIGKILL");
    await gone(pid);
  },
);

testWith(
  ["run"],
  "a grandchild that prints for ever does not keep run() from ending",
  async () => {
    const chatty = `new Deno.Command(Deno.execPath(), {
    args: ['eval', 'for (;;) Deno.stdout.writeSync(new Uint8Array(100))'],
    stdin: 'null', stdout: 'inherit', stderr: 'null',
  }).spawn(); Deno.exit(6)`;
    // It dies of the broken pipe.
    assertEquals((await run(program(chatty))).code, 6);
  },
);

testWith(["run"], "output without end is cut at maxOutput", async () => {
  const code = "for (;;) Deno.stdout.writeSync(new Uint8Array(1000).fill(97))";
  const error = await failure(
    run(program(code), { maxOutput: 100_000 }),
    OutputLimitExceeded,
  );
  assertEquals(error.maxOutput, 100_000);
  assertEquals(error.stdout, "a".repeat(100_000));
  assertMatch(error.message, /printed more than 100000 bytes and was ended$/);
});

testWith(
  ["run"],
  "output past maxOutput is found of a program that has ended, too",
  async () => {
    const child = spawn(program("console.log('too much')"), { maxOutput: 5 });
    while (child.poll() === null) await new Promise((go) => setTimeout(go, 5));
    const error = await failure(child.communicate(), OutputLimitExceeded);
    assertEquals(error.stdout, "too m");
  },
);

testWith(
  ["run"],
  "maxOutput is for each output, and exactly as much is allowed",
  async () => {
    const code =
      "Deno.stdout.writeSync(new Uint8Array(10)); Deno.stderr.writeSync(new Uint8Array(Number(Deno.args[0])))";
    assertEquals((await run(program(code, "10"), { maxOutput: 10 })).code, 0);
    await failure(
      run(program(code, "11"), { maxOutput: 10 }),
      OutputLimitExceeded,
    );
  },
);

testWith(
  ["run"],
  "the narrowest permission is enough, also to end a program",
  async () => {
    const mod = new URL("../../mod.ts", import.meta.url);
    const code = `import { run, spawn } from "${mod}";
  const endless = [Deno.execPath(), "eval", "setInterval(() => {}, 1000)"];
  const { name } = await run(endless, { timeout: 300 }).catch((error) => error);
  await using child = spawn(endless);
  child.terminate();
  console.log(name, await child.wait() > 0);`;
    const { stdout, stderr } = await deno(
      "run",
      "--no-prompt",
      `--allow-run=${Deno.execPath()}`,
      `data:application/typescript,${encodeURIComponent(code)}`,
    );
    assertEquals([stdout, stderr], ["TimeoutExpired true\n", ""]);
  },
);

for (const [which, code] of Object.entries({ ready, deaf })) {
  testWith(
    ["run"],
    `Ctrl-C ends a program with a timeout: ${which}`,
    async () => {
      if (isWindows) return; // whose consoles send it to every program
      const mod = new URL("../../mod.ts", import.meta.url);
      const prints = code.replace("log('ready')", "error(Deno.pid)");
      const parent = `import { run } from "${mod}";
        run([Deno.execPath(), "eval", ${JSON.stringify(prints)}],
          { timeout: 600_000, stderr: "inherit" });
        await Deno.stdin.read(new Uint8Array(1));
        console.log("waits for it");`;
      const child = spawn(program(parent), { stdin: "piped" });
      const pid = Number((await child.lines("stderr").next()).value);
      await child.stdin.write("\n");
      await child.lines().next();
      Deno.kill(child.pid, "SIGINT");
      assertEquals(await child.wait(), 130);
      await gone(pid);
    },
  );
}

const endings: Record<string, { rest?: string; signal?: Deno.Signal }> = {
  "is killed": { signal: "SIGKILL" },
  "is asked to end": { signal: "SIGTERM" },
  "exits": { rest: "Deno.exit()" },
  "fails": { rest: "throw new Error()" },
};
/** The flags that let a program run Deno: all programs, or that one alone. */
const permissions = ["--allow-run", `--allow-run=${Deno.execPath()}`];

/** A program that spawns others of the library. */
function spawning(permission: string, code: string): Command {
  const mod = new URL("../../mod.ts", import.meta.url);
  const text = `import { spawn } from "${mod}"; ${code}`;
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  return [Deno.execPath(), "run", "--no-prompt", permission, url];
}

for (const [how, { rest = "", signal }] of Object.entries(endings)) {
  for (const permission of permissions) {
    testWith(
      ["run"],
      `a program ends with this one, and what it has started: ${how}, ${
        permission === "--allow-run" ? "may run all" : "may run Deno"
      }`,
      async () => {
        if (isWindows) return; // where Deno sees to the program alone
        const inner = withGrandchild("setInterval(() => {}, 1000)");
        const child = spawn(spawning(
          permission,
          `const child = spawn([Deno.execPath(), "eval", ${
            JSON.stringify(inner)
          }]);
          console.log((await child.lines().next()).value, child.pid); ${rest}`,
        ));
        const { value } = await child.lines().next();
        if (signal) Deno.kill(child.pid, signal);
        await child.wait();
        for (const pid of value!.split(" ")) await gone(Number(pid));
      },
    );
  }
}

for (const end of ["exit()", "kill(Deno.pid, 'SIGKILL')", "fail()"]) {
  testWith(
    ["run"],
    `programs end with this one in the turn in which they start: ${end}`,
    async () => {
      if (isWindows) return; // where Deno sees to it
      const { stdout } = await run(spawning(
        "--allow-run",
        `const start = () => {
          const { pid } = spawn([Deno.execPath(), "eval", "${ready}"]);
          console.log(pid);
        };
        start(); start();
        // By now the guard listens, and is written to at once.
        await new Promise((done) => setTimeout(done, 50));
        start(); start();
        Deno.${end};`,
      ));
      const pids = stdout.trim().split("\n");
      assertEquals(pids.length, 4);
      for (const pid of pids) await gone(Number(pid));
    },
  );
}

testWith(
  ["run"],
  "who may run one program alone can end that one",
  async () => {
    if (isWindows) return; // which has no program for it
    const { stdout } = await run(spawning(
      "--allow-run=sleep",
      `const child = spawn(["sleep", "1000"]);
      child.terminate();
      console.log(await child.wait());
      const other = spawn(["sleep", "1000"], { timeout: 1 });
      console.log(await other.wait().catch((error) => error.name));`,
    ));
    assertEquals(stdout, "143\nTimeoutExpired\n");
  },
);

testWith(
  ["run"],
  "a listener hears of Ctrl-C once in a pool of processes, too",
  async () => {
    if (isWindows) return; // where nothing is done about signals
    const mod = new URL("../../mod.ts", import.meta.url);
    await using child = spawn(program(`import { Pool } from "${mod}";
    const pool = new Pool({ isolation: "process", workers: 1 });
    const square = (x) => x ** 2;
    console.log(await pool.apply(square, [5]));
    let calls = 0;
    Deno.addSignalListener("SIGINT", () => console.log("SIGINT", calls += 1));
    Deno.addSignalListener("SIGUSR2", async () => {
      console.log(await pool.apply(square, [6]));
      await pool.close();
      Deno.exit();
    });
    console.log("listening");`));
    const lines = child.lines();
    assertEquals((await lines.next()).value, "25");
    assertEquals((await lines.next()).value, "listening");
    Deno.kill(child.pid, "SIGINT");
    assertEquals((await lines.next()).value, "SIGINT 1");
    Deno.kill(child.pid, "SIGUSR2");
    assertEquals(await Array.fromAsync(lines), ["36"]);
  },
);

// Talking to a program.

testWith(["run"], "a Subprocess tells whether it runs", async () => {
  const child = spawn(program(ready));
  assertInstanceOf(child, Subprocess);
  assertEquals(child.poll(), null);
  assertMatch(Deno.inspect(child), /^Subprocess \{.*code: null/s);
  child.kill();
  const code = await child.wait();
  assertEquals(child.poll(), code);
  assertNotEquals(code, 0);
});

testWith(
  ["run"],
  "signalling a program that has ended does nothing",
  async () => {
    await using child = spawn(quick);
    await child.wait();
    child.terminate();
    child.kill();
    assertEquals(child.poll(), 0);
  },
);

testWith(
  ["run"],
  "wait() with a timeout leaves the program running",
  async () => {
    await using child = spawn(program(ready));
    const error = await failure(child.wait({ timeout: 1 }), TimeoutExpired);
    assertEquals(error.code, null);
    assertEquals(child.poll(), null);
  },
);

testWith(
  ["run"],
  "wait() is not blocked by outputs that nobody reads",
  async () => {
    const child = spawn(program(
      "Deno.stdout.writeSync(new Uint8Array(1e6).fill(97)); Deno.exit(9)",
    ));
    assertEquals(await child.wait(), 9);
    assertEquals((await child.communicate()).stdout.length, 1_000_000);
  },
);

testWith(["run"], "communicate() after a timeout loses nothing", async () => {
  const child = spawn(program(echo));
  const first = new TransformStream<string, string>();
  const writer = first.writable.getWriter();
  writer.write("one ").catch(() => {});
  await failure(
    child.communicate(first.readable, { timeout: 500 }),
    TimeoutExpired,
  );
  await failure(child.communicate(undefined, { timeout: 1 }), TimeoutExpired);
  writer.write("two").catch(() => {});
  writer.close().catch(() => {});
  assertEquals((await child.communicate()).stdout, "one two");
  assertEquals((await child.communicate()).stdout, "one two");
});

testWith(["run"], "communicate() refuses a second input", async () => {
  const child = spawn(program(echo));
  await child.communicate("one");
  const error = await failure(child.communicate("two"), TypeError);
  assertEquals(error.message, "spawn: the input was given before");
});

testWith(["run"], "a program is talked to: a line in, a line out", async () => {
  await using child = spawn(program(echo));
  const lines = child.lines();
  for (const word of ["one", "two", "three"]) {
    await child.stdin.write(`${word}\n`);
    assertEquals((await lines.next()).value, word);
  }
  await child.stdin.close();
  assertEquals((await lines.next()).done, true);
  assertEquals(await child.wait(), 0);
});

/** Waits for the end of a program that reads its input, in each of the ways. */
const waysToWait: Record<string, (child: Subprocess) => Promise<unknown>> = {
  "wait()": (child) => child.wait(),
  "lines()": (child) => Array.fromAsync(child.lines()),
  "communicate()": (child) => child.communicate(),
};

for (const [way, wait] of Object.entries(waysToWait)) {
  testWith(
    ["run"],
    `a program that nobody writes to reads an empty input: ${way}`,
    async () => {
      await using child = spawn(program(echo));
      await wait(child);
      assertEquals(await child.wait(), 0);
    },
  );
}

testWith(
  ["run"],
  'a program that speaks first is answered with stdin: "piped"',
  async () => {
    const code = `console.log("name?"); ${echo}`;
    await using child = spawn(program(code), { stdin: "piped" });
    const lines = child.lines();
    assertEquals((await lines.next()).value, "name?");
    await child.stdin.write("Ada\n");
    assertEquals((await lines.next()).value, "Ada");

    await using other = spawn(program(code));
    await other.lines().next();
    const error = await failure(
      other.stdin.write("Ada\n"),
      Deno.errors.BrokenPipe,
    );
    assertMatch(error.message, /does not read any more: its input was closed/);
  },
);

testWith(
  ["run"],
  "a long answer is written while lines are being read",
  async () => {
    await using child = spawn(program(echo), { stdin: "piped" });
    await child.stdin.write("x\n");
    let count = 0;
    for await (const line of child.lines()) {
      assertEquals(line, "x");
      // More than the pipes hold: it comes back before it has been written.
      if (count === 0) await child.stdin.write("x\n".repeat(1_000_000));
      if (count === 0) await child.stdin.close();
      count += 1;
    }
    assertEquals(count, 1_000_001);
  },
);

Deno.test("an output is read no further once nobody waits for it", async () => {
  let pulled = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(10));
    },
  }, { highWaterMark: 0 });
  const turn = Promise.resolve();
  const output = new Output(stream, { limit: 1e9, onLimit() {}, turn });
  const stop = output.keepReading();
  while (pulled < 3) await Promise.resolve();
  stop();
  // The read that is under way ends, and no other one begins.
  const before = pulled;
  for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
  assertEquals(pulled, before);
});

testWith(["run"], "20 programs with an input run at once", async () => {
  const command = isWindows ? program(echo) : ["cat"];
  const input = "x".repeat(300_000);
  const all = Array.from({ length: 20 }, () => run(command, { input }));
  for (const { stdout } of await Promise.all(all)) assertEquals(stdout, input);
});

testWith(
  ["run"],
  "writing much is not blocked by outputs that nobody reads",
  async () => {
    const child = spawn(program(echo));
    for (let i = 0; i < 10; i++) {
      await child.stdin.write(
        new Uint8Array(500_000),
      );
    }
    const { stdout } = await child.communicate();
    assertEquals(stdout.length, 5_000_000);
  },
);

testWith(
  ["run"],
  "writing to a program that has ended is a broken pipe",
  async () => {
    const child = spawn(quick, { stdin: "piped" });
    await child.wait();
    const error = await failure(
      child.stdin.write("too late"),
      Deno.errors.BrokenPipe,
    );
    assertStringIncludes(error.message, "does not read any more");
  },
);

testWith(
  ["run"],
  "what is not piped can be neither written nor read",
  async () => {
    const child = spawn(quick, {
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    assertThrows(() => child.stdin, TypeError, 'stdin has to be "piped"');
    assertThrows(() => child.lines(), TypeError, "stdout is not piped");
    await failure(child.communicate("x"), TypeError);
    assertEquals(await child.wait(), 0);
  },
);

/** The lines of a program that prints those pieces, one after the other. */
async function linesOf(...pieces: (string | number[])[]): Promise<string[]> {
  // It says of each piece when it has been printed.
  const code = `for await (const piece of Deno.stdin.readable) {
    await Deno.stdout.write(piece);
    console.error("printed");
  }`;
  await using child = spawn(program(code));
  const lines: string[] = [];
  const read = (async () => {
    for await (const line of child.lines()) lines.push(line);
  })();
  const printed = child.lines("stderr");
  for (const piece of pieces) {
    await child.stdin.write(
      typeof piece === "string" ? piece : new Uint8Array(piece),
    );
    await printed.next();
  }
  await child.stdin.close();
  await read;
  return lines;
}

testWith(
  ["run"],
  "lines() ends lines at LF and CRLF, and nowhere else",
  async () => {
    assertEquals(await linesOf(), []);
    assertEquals(await linesOf("a\nb\r\nc\n"), ["a", "b", "c"]);
    assertEquals(await linesOf("\n\r\n\n"), ["", "", ""]);
    assertEquals(await linesOf("a\rb\n\rc"), ["a\rb", "\rc"]);
    assertEquals(await linesOf("a\nlast"), ["a", "last"]);
  },
);

testWith(["run"], "lines() puts together what comes in pieces", async () => {
  const [a, b, c] = new TextEncoder().encode("€");
  assertEquals(await linesOf("x", [a!], [b!], [c!], "\r", "\ny"), ["x€", "y"]);
  assertEquals(await linesOf([a!, b!]), ["\ufffd"]);
  // Of bytes that are no UTF-8, what is wrong is replaced, and no more.
  assertEquals(await linesOf("x", [0xf0, 0x9f], "y\n", [0xff]), [
    "x\ufffdy",
    "\ufffd",
  ]);
});

testWith(
  ["run"],
  "a byte order mark is none of the text at the start, and text elsewhere",
  async () => {
    const pieces = ["\ufeffa\n", "\ufeffb\n", "c\ufeff\n", "\ufeff"];
    const lines = ["a", "\ufeffb", "c\ufeff", "\ufeff"];
    assertEquals(await linesOf(...pieces), lines);
    assertEquals(await linesOf(pieces.join("")), lines);
    assertEquals(await linesOf([0xef], [0xbb], [0xbf], "a"), ["a"]);
    assertEquals(await linesOf("a\n", "\ufeffb\n"), ["a", "\ufeffb"]);
    const { stdout } = await run(program(echo), { input: pieces.join("") });
    assertEquals(stdout, lines.join("\n"));
  },
);

testWith(["run"], "lines() reads many lines, and long ones", async () => {
  const child = spawn(program(
    "console.log('é'.repeat(200_000)); for (let i = 0; i < 50_000; i++) console.log(i)",
  ));
  const lines = await Array.fromAsync(child.lines());
  assertEquals(lines.length, 50_001);
  assertEquals(lines[0], "é".repeat(200_000));
  assertEquals(lines.at(-1), "49999");
});

testWith(
  ["run"],
  "lines() of stderr, while stdout fills up and is kept",
  async () => {
    const child = spawn(program(
      "Deno.stdout.writeSync(new Uint8Array(300_000).fill(97)); console.error('done')",
    ));
    assertEquals(await Array.fromAsync(child.lines("stderr")), ["done"]);
    assertEquals((await child.communicate()).stdout.length, 300_000);
  },
);

testWith(
  ["run"],
  "lines() end with the program, whoever else holds its output",
  async () => {
    const child = spawn(program(withGrandchild("Deno.exit(5)")));
    const [line, ...more] = await Array.fromAsync(child.lines());
    assertEquals([more, await child.wait()], [[], 5]);
    Deno.kill(Number(line), "SIGKILL");
    await gone(Number(line));
  },
);

testWith(["run"], "lines() of both outputs at once", async () => {
  const child = spawn(program("console.log('out'); console.error('err')"));
  const [out, err] = await Promise.all([
    Array.fromAsync(child.lines()),
    Array.fromAsync(child.lines("stderr")),
  ]);
  assertEquals([out, err], [["out"], ["err"]]);
});

testWith(["run"], "lines() reads an output once at a time", async () => {
  await using child = spawn(program(ready));
  const lines = child.lines();
  await lines.next();
  assertThrows(() => child.lines(), TypeError, "stdout is being read already");
});

testWith(
  ["run"],
  "leaving the loop early ends the program and waits for it",
  async () => {
    const child = spawn(program("for (let i = 0;; i++) console.log(i)"));
    for await (const line of child.lines()) {
      if (line === "1000") break;
    }
    assertNotEquals(child.poll(), null);
    await gone(child.pid);
  },
);

testWith(["run"], "an error in the loop ends the program too", async () => {
  const child = spawn(program(ready));
  await failure(
    (async () => {
      for await (const _ of child.lines()) throw new RangeError();
    })(),
    RangeError,
  );
  assertNotEquals(child.poll(), null);
});

testWith(["run"], "a program waits when nobody takes its lines", async () => {
  const code = `const line = new Uint8Array(1000).fill(97); line[999] = 10;
    for (let i = 1; ; i++) { Deno.stdout.writeSync(line); Deno.stderr.writeSync(new Uint8Array(1)); }`;
  await using child = spawn(program(code), { maxOutput: 10_000 });
  const lines = child.lines();
  for (let i = 0; i < 500; i++) assertEquals((await lines.next()).done, false);
  // 500 lines were taken; a few more are in pipes and buffers. Were they all
  // read ahead, stderr would have gone past maxOutput.
  assertEquals(child.poll(), null);
  await lines.return();
});

testWith(["run"], "lines() counts bytes, of each line for itself", async () => {
  const print = (text: string, maxOutput: number) =>
    Array.fromAsync(
      spawn(
        program(
          "await Deno.stdout.write(new TextEncoder().encode(Deno.args[0]))",
          text,
        ),
        {
          maxOutput,
        },
      ).lines(),
    );
  // "é" is one UTF-16 unit, and two bytes.
  await failure(print("ééé", 5), OutputLimitExceeded);
  await failure(print("ok\nééé\nok\n", 5), OutputLimitExceeded);
  assertEquals(await print("ééé\r\nééé\nééé", 6), ["ééé", "ééé", "ééé"]);
});

testWith(
  ["run"],
  "lines() gives the lines before one that is too long",
  async () => {
    const child = spawn(
      program("console.log('one\\ntwo\\n12345'); console.log('six')"),
      { maxOutput: 4 },
    );
    const lines = child.lines();
    assertEquals((await lines.next()).value, "one");
    assertEquals((await lines.next()).value, "two");
    await failure(lines.next(), OutputLimitExceeded);
    assertEquals((await lines.next()).done, true);
    assertNotEquals(child.poll(), null);
  },
);

testWith(
  ["run"],
  "lines() asked for several lines at once keeps their order",
  async () => {
    const child = spawn(
      program("for (let i = 0; i < 20_000; i++) console.log(i)"),
    );
    const lines = child.lines();
    const numbers: number[] = [];
    for (let i = 0; i < 200; i++) {
      const asked = Array.from({ length: 100 }, () => lines.next());
      for (const { value } of await Promise.all(asked)) {
        numbers.push(
          Number(value),
        );
      }
    }
    assertEquals(numbers, Array.from({ length: 20_000 }, (_, i) => i));
    assertEquals(await Promise.all([lines.next(), lines.next()]), [
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  },
);

testWith(
  ["run"],
  "lines() can be left while a line is waited for",
  async () => {
    const child = spawn(program(ready));
    const lines = child.lines();
    assertEquals((await lines.next()).value, "ready");
    const line = lines.next();
    await lines.return();
    assertEquals(await line, { value: undefined, done: true });
    assertNotEquals(child.poll(), null);
  },
);

testWith(["run"], "a line longer than maxOutput ends the program", async () => {
  const child = spawn(
    program("for (;;) Deno.stdout.writeSync(new Uint8Array(1000).fill(97))"),
    { maxOutput: 500_000 },
  );
  await failure(Array.fromAsync(child.lines()), OutputLimitExceeded);
  assertNotEquals(child.poll(), null);
});

testWith(
  ["run"],
  "disposing of a program lets it end by itself first",
  async () => {
    if (isWindows) return; // which has no such signal
    const code =
      `Deno.addSignalListener('SIGTERM', () => Deno.exit(7)); ${ready}`;
    const child = spawn(program(code));
    await child.lines().next();
    await child[Symbol.asyncDispose]();
    assertEquals(child.poll(), 7);
  },
);

testWith(
  ["run"],
  "disposing of a program ends it, by force if need be",
  async () => {
    let left: Subprocess;
    {
      await using child = spawn(program(isWindows ? ready : deaf), {
        killAfter: 50,
      });
      await child.lines().next();
      left = child;
    }
    assertNotEquals(left.poll(), null);
    if (!isWindows) assertEquals(left.poll(), 137);
  },
);
