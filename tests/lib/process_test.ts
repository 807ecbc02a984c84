import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  Barrier,
  type Connection,
  FunctionProcess,
  Lock,
  pipe,
  Pool,
  Queue,
  WorkerDiedError,
} from "../../mod.ts";
import { deno, runProgram, testWith } from "../helper.ts";

const test = (name: string, fn: () => Promise<void>) =>
  testWith(["run"], name, fn);

const endless = () => {
  for (;;);
};

/** Starts a process and waits for what its function returns. */
async function outcome<Args extends unknown[], Result>(
  target: (...args: Args) => Result | PromiseLike<Result>,
  options: ConstructorParameters<typeof FunctionProcess<Args, Result>>[1] = {},
): Promise<Result> {
  const child = new FunctionProcess(target, options);
  child.start();
  return await child.join();
}

test("FunctionProcess has an id and memory of its own", async () => {
  const child = new FunctionProcess(() => [Deno.pid, Deno.ppid]);
  assertEquals(child.pid, undefined);
  child.start();
  assertNotEquals(child.pid, Deno.pid);
  assertEquals(await child.join(), [child.pid, Deno.pid]);
});

Deno.test("FunctionProcess prints its name, its parent's id, its state and id", () => {
  const child = new FunctionProcess(() => {}, { name: "Process-1" });
  assertEquals(
    Deno.inspect(child, { breakLength: Infinity }),
    `FunctionProcess { name: "Process-1", parent: ${Deno.pid}, state: "initial", pid: undefined }`,
  );
});

test("FunctionProcess ends with code 0 after a return, 1 after a throw", async () => {
  const good = new FunctionProcess(() => 5);
  good.start();
  await good.join();
  assertEquals([good.exitCode, good.signal], [0, undefined]);

  const bad = new FunctionProcess(() => {
    throw new Error("bad");
  });
  bad.start();
  await assertRejects(() => bad.join(), Error, "bad");
  assertEquals([bad.exitCode, bad.signal], [1, undefined]);
});

test("FunctionProcess is terminated in the middle of a computation", async () => {
  const started = new Queue<string>();
  const child = new FunctionProcess(async (started: Queue<string>) => {
    await started.put("started");
    for (;;);
  }, { args: [started] });
  child.start();
  // A child that dies before that is an error, and nothing to wait for.
  const first = await Promise.race([started.get(), child.join()]);
  assertEquals(first, "started");
  assertEquals([child.exitCode, child.signal], [undefined, undefined]);
  child.terminate();
  assertEquals(child.state, "terminated");
  const error = await assertRejects(() => child.join(), DOMException);
  assertEquals(error.name, "AbortError");
  if (Deno.build.os === "windows") return;
  assertEquals([child.exitCode, child.signal], [143, "SIGTERM"]);
});

test("FunctionProcess that does not heed SIGTERM is killed", async () => {
  if (Deno.build.os === "windows") return;
  const ready = new Queue<string>();
  const child = new FunctionProcess(async (ready: Queue<string>) => {
    Deno.addSignalListener("SIGTERM", () => {});
    await ready.put("deaf");
    await new Promise(() => {});
  }, { args: [ready] });
  child.start();
  await ready.get();
  child.terminate();
  await assertRejects(() => child.join(), DOMException, "was terminated");
  assertEquals([child.exitCode, child.signal], [137, "SIGKILL"]);
});

test("FunctionProcess is gone at the end of an await using block", async () => {
  const outside: FunctionProcess<[], never>[] = [];
  {
    await using child = new FunctionProcess(endless);
    child.start();
    outside.push(child);
  }
  assertEquals(outside[0]!.state, "terminated");
  assertNotEquals(outside[0]!.exitCode, undefined);
});

test("FunctionProcess says which signal killed it", async () => {
  const child = new FunctionProcess(endless, { name: "P" });
  child.start();
  Deno.kill(child.pid!, "SIGKILL");
  const error = await assertRejects(() => child.join(), WorkerDiedError);
  assertEquals(child.state, "failed");
  if (Deno.build.os === "windows") return;
  assertEquals(error.message, "P was killed by SIGKILL");
  assertEquals([error.signal, child.signal], ["SIGKILL", "SIGKILL"]);
});

testWith(
  ["run", "read"],
  "FunctionProcess may do nothing unless it is given",
  async () => {
    const tries = {
      read: () => Deno.readTextFileSync("deno.json").length > 0,
      env: () => Deno.env.get("PATH") !== "",
      run: () => new Deno.Command(Deno.execPath()).outputSync().code > 0,
      write: () => Deno.mkdirSync("not-made"),
      net: () => Deno.listen({ port: 0 }),
    };
    for (const attempt of Object.values<() => unknown>(tries)) {
      const error = await outcome(attempt).catch((error) => error);
      assertInstanceOf(error, Deno.errors.NotCapable, String(attempt));
    }
    const file = new URL("../../deno.json", import.meta.url);
    const read = (file: string) => Deno.readTextFileSync(new URL(file)).length;
    const args: [string] = [file.href];
    const given = { args, permissions: { read: [file] } };
    assert(await outcome(read, given) > 0);
    const other = new URL("../../mod.ts", import.meta.url);
    await assertRejects(
      () => outcome(read, { ...given, args: [other.href] }),
      Deno.errors.NotCapable,
    );
  },
);

testWith(
  ["run", "env"],
  "FunctionProcess gets the permissions that are given",
  async () => {
    const home = () => Deno.env.get("PATH");
    const path = Deno.env.get("PATH");
    assertEquals(await outcome(home, { permissions: { env: true } }), path);
    assertEquals(await outcome(home, { permissions: { env: ["PATH"] } }), path);
    await assertRejects(
      () => outcome(home, { permissions: { env: ["HOME"] } }),
      Deno.errors.NotCapable,
    );
    await assertRejects(
      () => outcome(home, { permissions: { env: false, net: [] } }),
      Deno.errors.NotCapable,
    );
  },
);

test("FunctionProcess may use no more memory than it is given", async () => {
  const fill = () => {
    const all: unknown[] = [];
    for (;;) all.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
  };
  const options = { name: "P", memory: 40, onOutput: () => {} };
  const error = await assertRejects(
    () => outcome(fill, options),
    WorkerDiedError,
  );
  assertEquals(error.message, "P ran out of memory (it may use 40 MB)");
});

test("FunctionProcess gives what it prints to onOutput, apart from results", async () => {
  const printed = { stdout: "", stderr: "" };
  const result = await outcome(() => {
    console.log("to the output");
    console.error("to the errors");
    // Bytes of its own must not disturb the messages.
    Deno.stdout.writeSync(new Uint8Array([104, 105, 10, 0, 255]));
    return "result";
  }, {
    onOutput: (text, stream) => {
      printed[stream] += text;
    },
  });
  assertEquals(result, "result");
  assertEquals(printed.stdout, "to the output\nhi\n\0\ufffd");
  assertEquals(printed.stderr, "to the errors\n");
});

test("FunctionProcess prints on standard error unless told otherwise", async () => {
  const program = `
    import { FunctionProcess } from "mod.ts";
    const child = new FunctionProcess(() => {
      console.log("hello");
      console.error("oops");
    });
    child.start();
    await child.join();
    console.log("joined");`;
  const { stdout, stderr } = await runProgram(program, ["--allow-run"]);
  assertEquals([stdout, stderr], ["joined\n", "hello\noops\n"]);
});

test("A character that a process prints byte by byte comes out whole", async () => {
  const printed = { stdout: "", stderr: "" };
  await outcome(() => {
    for (const byte of [0xc3, 0xa9, 0x0a, 0xc3]) {
      Deno.stdout.writeSync(Uint8Array.of(byte));
    }
  }, {
    onOutput: (text, stream) => {
      printed[stream] += text;
    },
  });
  // The last character never came to its end.
  assertEquals(printed, { stdout: "é\n\ufffd", stderr: "" });
});

test("What a task's programs print is no part of its result", async () => {
  if (Deno.build.os === "windows") return;
  const program = `
    import { Pool } from "mod.ts";
    await using pool = new Pool({
      workers: 1,
      isolation: "process",
      permissions: { run: true },
    });
    const run = async () => {
      const options = { args: ["-c", "cat; printf '%05000d' 1"], stdin: "inherit" };
      await new Deno.Command("sh", { ...options, stdout: "inherit" }).spawn().status;
      // One that is left behind must not eat what is meant for this process.
      new Deno.Command("cat", { stdin: "inherit", stdout: "null" }).spawn();
      return [1, { a: "b" }];
    };
    console.log(JSON.stringify([await pool.apply(run), await pool.apply(() => 2)]));`;
  const { stdout, stderr } = await runProgram(program, ["--allow-run"]);
  assertEquals([stdout, stderr], [
    '[[1,{"a":"b"}],2]\n',
    "1".padStart(5_000, "0"),
  ]);
});

test("FunctionProcess carries what structured clone carries", async () => {
  const shared = { once: true };
  const cyclic: { self?: unknown; list: unknown[] } = {
    list: [shared, shared],
  };
  cyclic.self = cyclic;
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const values = [
    undefined,
    null,
    -0,
    NaN,
    10n ** 40n,
    "\u0000 é 😀 \ud800",
    new Date(5),
    /x/gi,
    new Map<unknown, unknown>([[{ a: 1 }, new Set([1n])]]),
    [1, , 3],
    new Float64Array([0.5]),
    [bytes.subarray(1, 3), bytes.buffer],
    new DataView(new ArrayBuffer(3), 1),
    new RangeError("far", { cause: 1 }),
    Object.assign(Object.create(null), { bare: true }),
    cyclic,
  ];
  const back = await outcome((...values: unknown[]) => values, {
    args: values,
  });
  assertEquals(Object.is(back[2], -0), true);
  const copied = values.map((value) => structuredClone(value));
  assertEquals(back.slice(0, -1), copied.slice(0, -1));
  const copy = back.at(-1) as typeof cyclic;
  assertEquals(copy.self, copy);
  assertEquals(copy.list[0], copy.list[1]);
});

test("FunctionProcess carries the buffer of a view, and views that share one", async () => {
  const { buffer } = new Uint8Array([1, 2, 3, 4]);
  const part = new Uint8Array(buffer, 1, 2);
  await using pool = new Pool({ workers: 1, isolation: "process" });
  for (const args of [[part], [part, buffer], [part, new DataView(buffer)]]) {
    const echo = (...all: unknown[]) => all as ArrayBufferView[];
    const back = await pool.apply(echo, args);
    assertEquals([back[0]!.byteOffset, back[0]!.byteLength], [1, 2]);
    const buffers = back.map((one) => one.buffer ?? one as never);
    assertEquals(new Set(buffers).size, 1);
    assertEquals(buffers[0], buffer);
  }
});

test("FunctionProcess carries 100 MB there and back", async () => {
  const bytes = new Uint8Array(100 * 2 ** 20);
  bytes[bytes.length - 1] = 7;
  const back = await outcome((bytes: Uint8Array) => bytes, { args: [bytes] });
  assertEquals([back.length, back.at(-1)], [bytes.length, 7]);
});

test("What a process cannot have is named", async () => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const emptyModule = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const cases: [unknown, string][] = [
    [
      { cell },
      "args[0].cell: an Int32Array cannot be sent to a process, which",
    ],
    [
      [cell.buffer],
      "args[0][0]: a SharedArrayBuffer cannot be sent to a process, which",
    ],
    [{ lock: new Lock() }, "args[0].lock: a Lock cannot be sent to a process"],
    [new Barrier(2), "args[0]: a Barrier cannot be sent to a process"],
    [new Blob(["x"]), "args[0]: a Blob cannot be sent to a process"],
    [new URL("file:///a"), "args[0]: a URL cannot be sent to a process"],
    [() => 1, "args[0]: a function cannot be sent"],
    [
      { add: new WebAssembly.Module(emptyModule) },
      "args[0].add: a Module cannot be sent to a process",
    ],
  ];
  await using pool = new Pool({ workers: 1, isolation: "process" });
  const take = (_: unknown) => {};
  for (const [value, message] of cases) {
    await assertRejects(() => pool.apply(take, [value]), TypeError, message);
  }
  const { port1, port2 } = new MessageChannel();
  await assertRejects(
    () => pool.apply(take, [1], { transfer: [port1] }),
    TypeError,
    "a MessagePort cannot be moved to a process",
  );
  port1.close();
  port2.close();
  await assertRejects(
    () => pool.apply(() => ({ memory: new SharedArrayBuffer(1) })),
    TypeError,
    "result.memory: a SharedArrayBuffer cannot be sent to a process, which",
  );
  await assertRejects(
    () =>
      pool.apply(() => {
        throw new SharedArrayBuffer(1);
      }),
    Error,
    "a thrown object cannot be sent",
  );
});

test("What cannot be moved fails its call, and nothing is sent", async () => {
  await using pool = new Pool({ workers: 1, isolation: "process" });
  const { buffer } = new WebAssembly.Memory({ initial: 1 }) as {
    buffer: ArrayBuffer;
  };
  const gone = new ArrayBuffer(1);
  structuredClone(gone, { transfer: [gone] });
  for (const part of [buffer, gone]) {
    await assertRejects(() => pool.apply(() => 1, [], { transfer: [part] }));
    assertEquals(await pool.apply(() => 2), 2);
  }
});

test("FunctionProcess rejects with an error without what cannot be sent", async () => {
  const error = await assertRejects(
    () =>
      outcome(() => {
        const fields = { code: 5, memory: new SharedArrayBuffer(1) };
        throw Object.assign(new RangeError("odd"), fields);
      }),
    RangeError,
    "odd",
  );
  assertEquals({ ...error }, { code: 5 } as unknown as RangeError);
});

test("A task that reads its input finds it empty", async () => {
  const read = async () => {
    const buffer = new Uint8Array(10);
    const { default: process } = await import("node:process");
    return [
      Deno.stdin.readSync(buffer),
      await Deno.stdin.read(buffer),
      await new Response(Deno.stdin.readable).text(),
      (await Array.fromAsync(process.stdin)).length,
    ];
  };
  assertEquals(await outcome(read), [null, null, "", 0]);
});

test("What onOutput throws stops neither the tasks nor the pool", async () => {
  const thrown: string[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    thrown.push(event.error.message);
  };
  addEventListener("error", onError);
  try {
    await using pool = new Pool({
      workers: 1,
      isolation: "process",
      onOutput: () => {
        throw new Error("not now");
      },
    });
    const print = (x: number) => (console.log("printed"), x);
    assertEquals(await pool.apply(print, [1]), 1);
  } finally {
    removeEventListener("error", onError);
  }
  assertEquals(thrown, ["not now"]);
});

Deno.test("FunctionProcess refuses options that are wrong", () => {
  const make = (options: object) => () =>
    new FunctionProcess(() => {}, options);
  assertThrows(make({ memory: 0 }), RangeError, "memory must be a whole");
  assertThrows(make({ permissions: { disk: true } }), TypeError, '"disk"');
  assertThrows(make({ permissions: { read: "x" } }), TypeError, "or a list");
  for (const permissions of ["inherit", ["read"], null, true]) {
    assertThrows(
      make({ permissions }),
      TypeError,
      "permissions must be an object, such as { read: true }: received",
    );
  }
  assertThrows(make({ onOutput: 5 }), TypeError, "received 5 (number)");
  assertThrows(
    () => new Pool({ memory: 64 }),
    TypeError,
    'memory is for isolation: "process"',
  );
});

test("Without --allow-run, FunctionProcess says which command line to use", async () => {
  const program = `
    import { FunctionProcess, Pool } from "mod.ts";
    const child = new FunctionProcess(() => 1);
    try { child.start(); } catch (error) { console.log(error.name, error.message); }
    console.log(child.state);
    using pool = new Pool({ isolation: "process" });
    await pool.apply(() => 1).catch((error) => console.log(error.message));`;
  const { stdout } = await runProgram(program);
  const [first, state, last] = stdout.trim().split("\n");
  assertMatch(first!, /^NotCapable FunctionProcess: .*deno run --allow-run=\S/);
  assertEquals(state, "initial");
  assertMatch(last!, /^Pool: .*deno run --allow-run=\S/);
});

test("Permission to run Deno alone is enough for a FunctionProcess", async () => {
  const program = `
    import { FunctionProcess } from "mod.ts";
    const child = new FunctionProcess(() => { for (;;); });
    child.start();
    child.terminate();
    await child.join().catch((error) => console.log(error.name));`;
  const { stdout, stderr } = await runProgram(program, [
    `--allow-run=${Deno.execPath()}`,
  ]);
  assertEquals([stdout, stderr], ["AbortError\n", ""]);
});

test("Connection works in a process, both ways, and closes with it", async () => {
  const [here, there] = pipe<string, number>();
  const child = new FunctionProcess(
    async (connection: Connection<number, string>) => {
      for await (const text of connection) await connection.send(text.length);
      return "closed";
    },
    { args: [there] },
  );
  child.start();
  await here.send("hello");
  assertEquals(await here.recv(), 5);
  await assertRejects(
    () => here.send(new SharedArrayBuffer(1) as never),
    TypeError,
    "value: a SharedArrayBuffer cannot be sent to a process",
  );
  here.close();
  assertEquals(await child.join(), "closed");

  const [ours, theirs] = pipe<never, string>();
  const last = new FunctionProcess(async (connection: typeof theirs) => {
    for (let i = 0; i < 1_000; i++) await connection.send(String(i));
  }, { args: [theirs] });
  last.start();
  const received = await Array.fromAsync(ours);
  assertEquals(received, Array.from({ length: 1_000 }, (_, i) => String(i)));
  await last.join();
});

test("Connection joins two processes, and goes on through a connection", async () => {
  const [a, b] = pipe<string>();
  const [way, out] = pipe<typeof b>();
  const first = new FunctionProcess(async (end: typeof a) => {
    await end.send("ping");
    return await end.recv();
  }, { args: [a] });
  const second = new FunctionProcess(async (out: typeof way) => {
    const end = await out.recv();
    await end.send(`${await end.recv()} pong`);
  }, { args: [out] });
  first.start();
  second.start();
  await way.send(b);
  assertEquals(await first.join(), "ping pong");
  await second.join();
});

test("A process that dies or is terminated closes its connections", async () => {
  for (const how of ["dies", "terminated"]) {
    const [here, there] = pipe<string>();
    const child = new FunctionProcess(
      async (connection: typeof there, dies: boolean) => {
        await connection.send("last words");
        await connection.recv();
        if (dies) Deno.exit(3);
        await new Promise(() => {});
      },
      { args: [there, how === "dies"] },
    );
    child.start();
    const received: string[] = [];
    for await (const text of here) {
      received.push(text);
      if (how === "terminated") child.terminate();
      else await here.send("heard");
    }
    assertEquals(received, ["last words"]);
    await assertRejects(() => child.join());
  }
});

test("Queue works in processes: each item once, each producer's in order", async () => {
  const queue = new Queue<[number, number]>({ capacity: 5 });
  await using pool = new Pool({ workers: 2, isolation: "process" });
  const produce = async (queue: Queue<[number, number]>, who: number) => {
    for (let i = 0; i < 100; i++) await queue.put([who, i]);
  };
  const produced = pool.starmap(produce, [[queue, 0], [queue, 1]]);
  void produced.then(() => queue.close());
  const items = await Array.fromAsync(queue);
  for (const who of [0, 1]) {
    const own = items.filter((item) => item[0] === who).map((item) => item[1]);
    assertEquals(own, Array.from({ length: 100 }, (_, i) => i));
  }
});

test("Queue tells a process its size, and that it is closed", async () => {
  const queue = new Queue<number>();
  await queue.put(1);
  await queue.put(2);
  const child = new FunctionProcess(async (queue: Queue<number>) => {
    const sizes = [queue.size];
    const items = [await queue.get()];
    for await (const item of queue) {
      items.push(item);
      sizes.push(queue.size);
    }
    return { sizes, items };
  }, { args: [queue] });
  child.start();
  queue.close();
  const { sizes, items } = await child.join();
  assertEquals(items, [1, 2]);
  assertEquals(sizes[0], 2);
});

test("Queue tells a process when its size changes", async () => {
  const queue = new Queue<number>();
  const ready = new Queue<string>();
  const child = new FunctionProcess(
    async (queue: Queue<number>, ready: Queue<string>) => {
      await ready.put("ready");
      while (queue.size < 2) await new Promise((turn) => setTimeout(turn));
      return queue.size;
    },
    { args: [queue, ready] },
  );
  child.start();
  await ready.get();
  await queue.put(1);
  await queue.put(2);
  assertEquals(await child.join({ timeout: 60_000 }), 2);
});

test("A process ends although its function left something computing", async () => {
  // There, what is sent leaves a process only when that waits for something.
  if (Deno.build.os === "windows") return;
  const child = new FunctionProcess(() => {
    // Begins once the result is on its way, before anything else is read.
    queueMicrotask(() => {
      for (;;);
    });
    return "returned";
  });
  child.start();
  assertEquals(await child.join(), "returned");
  assertEquals(child.state, "finished");
});

test("Pool.close() resolves when its processes are gone", async () => {
  const pool = new Pool({ workers: 2, isolation: "process" });
  const pids = await pool.map(() => Deno.pid, [1, 2]);
  await pool.close();
  if (Deno.build.os === "windows") return;
  for (const pid of pids) {
    assertThrows(() => Deno.kill(pid, "SIGCONT"), Deno.errors.NotFound);
  }
});

test("A consumer process that is killed takes no waiting item with it", async () => {
  const queue = new Queue<string>();
  const waiting = new Queue<string>();
  const child = new FunctionProcess(
    async (queue: Queue<string>, waiting: Queue<string>) => {
      const item = queue.get();
      await waiting.put("waits");
      return await item;
    },
    { args: [queue, waiting] },
  );
  child.start();
  await waiting.get();
  Deno.kill(child.pid!, "SIGKILL");
  await assertRejects(() => child.join(), WorkerDiedError);
  await queue.put("kept");
  assertEquals(await queue.get({ timeout: 60_000 }), "kept");
});

test("Queue passes from a process to a process of its own", async () => {
  const program = `
    import { FunctionProcess, Queue } from "mod.ts";
    const queue = new Queue();
    const outer = async (url, queue) => {
      const { FunctionProcess } = await import(url);
      const inner = async (queue) => {
        await queue.put("from within");
        return await queue.get();
      };
      const child = new FunctionProcess(inner, { args: [queue] });
      child.start();
      return await child.join();
    };
    const child = new FunctionProcess(outer, {
      args: ["mod.ts", queue],
      permissions: { read: true, run: true },
    });
    child.start();
    console.log(await child.join(), queue.size);`;
  const { stdout, stderr } = await runProgram(program, ["--allow-run"]);
  assertEquals([stdout, stderr], ["from within 0\n", ""]);
});

test("FunctionProcess works from a worker too", async () => {
  const program = `
    import { FunctionWorker } from "mod.ts";
    const outer = async (url) => {
      const { FunctionProcess } = await import(url);
      const child = new FunctionProcess(() => Deno.pid);
      child.start();
      return await child.join() === child.pid;
    };
    const worker = new FunctionWorker(outer, { args: ["mod.ts"] });
    worker.start();
    console.log(await worker.join());`;
  const { stdout, stderr } = await runProgram(program, ["--allow-run"]);
  assertEquals([stdout, stderr], ["true\n", ""]);
});

test("A process that closes its standard output goes on", async () => {
  assertEquals(await outcome(() => (Deno.stdout.close(), 5)), 5);
});

test("A process that cannot be started fails its task", async () => {
  const { execPath } = Deno;
  Deno.execPath = () => "no-such-deno";
  try {
    const child = new FunctionProcess(() => 1, { name: "P" });
    child.start();
    await assertRejects(
      () => child.join(),
      WorkerDiedError,
      "P cannot be started: ",
    );
  } finally {
    Deno.execPath = execPath;
  }
});

test("A process ends that may do more than was asked for", async () => {
  const program = `
    import { FunctionProcess } from "mod.ts";
    const node = process.getBuiltinModule("node:child_process");
    const { spawn } = node;
    node.spawn = (program, args, options) =>
      spawn(program, args.map((arg) => arg === "--deny-ffi" ? "-A" : arg), options);
    const child = new FunctionProcess(() => Deno.readTextFileSync("deno.json"), { name: "P" });
    child.start();
    await child.join().catch((error) => console.log(error.message));`;
  const { stdout } = await runProgram(program, ["--allow-run"]);
  assertEquals(stdout, "P may read, which was not asked for\n");
});

testWith(
  ["run", "read", "write"],
  "A process has no permissions, however Deno's path is spelled",
  async () => {
    if (Deno.build.os === "windows") return;
    const folder = await Deno.makeTempDir();
    try {
      const path = Deno.execPath();
      const link = `${folder}/deno`;
      await Deno.symlink(path, link);
      const code = `
        import { FunctionProcess } from "${new URL(
        "../../mod.ts",
        import.meta.url,
      )}";
        const child = new FunctionProcess(() => Deno.readTextFileSync("/etc/hosts"));
        child.start();
        await child.join().catch((error) => console.log(error.name));`;
      const url = `data:text/javascript,${encodeURIComponent(code)}`;
      const here = path.split("/").slice(0, -1).join("/");
      for (
        const spelled of [
          path,
          link,
          `${here}/./deno`,
          `/..${path}`,
          `/${path}`,
        ]
      ) {
        const { stdout } = await new Deno.Command(spelled, {
          args: ["run", "--allow-import", "--allow-read", "--allow-run", url],
          stderr: "null",
        }).output();
        assertEquals(new TextDecoder().decode(stdout), "NotCapable\n", spelled);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test("A process works where there is no compiler, as with --jitless", async () => {
  const program = `
    import { FunctionProcess } from "mod.ts";
    const child = new FunctionProcess(() => 3);
    child.start();
    console.log(await child.join());`;
  const flags = ["--allow-run", "--v8-flags=--jitless"];
  assertEquals((await runProgram(program, flags)).stdout, "3\n");
});

test("What V8 cannot send fails its task, and the program goes on", async () => {
  await using pool = new Pool({ workers: 1, isolation: "process" });
  const same = (x: unknown) => x;
  const listOfArguments = function (_: unknown) {
    return arguments;
  };
  let asked = 0;
  const values: unknown[] = [
    new Proxy({}, {}),
    listOfArguments(1),
    {
      get [Symbol.toStringTag](): string {
        throw new Error("not to be asked");
      },
    },
    new WeakMap(),
    Symbol("s"),
    [Promise.resolve()],
    {
      get once() {
        if (asked++ > 0) throw new Error("not twice");
        return 1;
      },
    },
  ];
  for (const value of values) {
    const outcome = await pool.apply(same, [value]).catch((error) => error);
    assert(!/not to be asked/.test(String(outcome)));
    assert(!(outcome instanceof WorkerDiedError), String(outcome));
    assertEquals(await pool.apply(same, [5]), 5);
  }
  for (const task of [() => new Proxy({}, {}), listOfArguments]) {
    const error = await assertRejects(() => pool.apply(task, [1]));
    assert(!(error instanceof WorkerDiedError), String(error));
    assertEquals(await pool.apply(same, [6]), 6);
  }
});

/** Exported, so that a process can import it. */
export function usesAnImport(x: number): number {
  assert(x > 0);
  return x + 1;
}

testWith(
  ["run", "read"],
  "FunctionProcess imports its module without a permission to read",
  async () => {
    const options = { args: [1] as [number], module: import.meta.url };
    assertEquals(await outcome(usesAnImport, options), 2);
  },
);

testWith(
  ["run", "read", "write"],
  "FunctionProcess imports by the package.json beside its module",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const write = async (name: string, text: string) => {
        const file = new URL(name, `file://${folder}/`);
        await Deno.mkdir(new URL("./", file), { recursive: true });
        await Deno.writeTextFile(file, text);
        return file.href;
      };
      await write("package.json", '{ "dependencies": { "greet": "1.0.0" } }');
      await write("node_modules/greet/package.json", '{ "main": "main.js" }');
      await write("node_modules/greet/main.js", 'module.exports = () => "hi";');
      const module = await write(
        "sub/tasks.ts",
        'import greet from "greet"; export function hello() { return greet(); }',
      );
      assertEquals(
        await outcome(function hello() {}, { module }),
        "hi" as never,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test("What a process has started ends with it, also after a return", async () => {
  if (Deno.build.os === "windows") return;
  const program = `
    import { FunctionProcess, Queue } from "${new URL(
    "../../mod.ts",
    import.meta.url,
  )}";
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const held = new Queue();
    const start = async (url, held) => {
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-net", url],
      }).spawn();
      await held.get();
    };
    const inner = \`
      const hold = await Deno.connect({ port: \${listener.addr.port} });
      await hold.read(new Uint8Array(1));\`;
    const child = new FunctionProcess(start, {
      args: ["data:text/javascript," + encodeURIComponent(inner), held],
      permissions: { run: true },
    });
    child.start();
    using connection = await listener.accept();
    await held.put("held");
    await child.join();
    // Nothing is ever sent: only the end of what was started ends the read.
    await connection.read(new Uint8Array(1)).catch(() => {});
    console.log("gone");`;
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  const { stdout, stderr } = await deno("run", "--allow-all", url);
  assertEquals([stdout, stderr], ["gone\n", ""]);
});

test("A program ends when its processes have ended", async () => {
  const code = `
    import { FunctionProcess } from "${new URL(
    "../../mod.ts",
    import.meta.url,
  )}";
    const child = new FunctionProcess(() => 1);
    child.start();
    console.log(await child.join());`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { code: exit, stdout } = await deno("run", "--allow-all", url);
  assertEquals([exit, stdout], [0, "1\n"]);
});

test("A pool ends after its program has given back --allow-run", async () => {
  const program = `
    import { Pool } from "mod.ts";
    const pool = new Pool({ workers: 1, isolation: "process" });
    await pool.apply(() => 1);
    const busy = pool.apply(() => { for (;;); });
    Deno.permissions.revokeSync({ name: "run" });
    pool.terminate();
    await busy.catch((error) => console.log(error.name));
    await pool.close();
    console.log("closed");`;
  const { stdout, stderr } = await runProgram(program, ["--allow-run"]);
  assertEquals([stdout, stderr], ["AbortError\nclosed\n", ""]);
});
