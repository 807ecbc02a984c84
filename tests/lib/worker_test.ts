import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  FunctionProcess,
  FunctionWorker,
  Queue,
  WorkerDiedError,
} from "../../mod.ts";
import { runProgram, testWith } from "../helper.ts";

/** Exported, so that a worker can import it. */
export function usesAnImport(x: number): number {
  assert(x > 0);
  return x + 1;
}

// FunctionProcess has the life of a FunctionWorker, so one table is for both.
const kinds = [FunctionWorker, FunctionProcess as unknown] as [
  typeof FunctionWorker,
  typeof FunctionWorker,
];

for (const Kind of kinds) {
  const test = (name: string, fn: () => void | Promise<void>) =>
    testWith(Kind === FunctionWorker ? [] : ["run"], name, fn);

  /** Runs a function and gives what its join() rejects with. */
  const failureOf = async <Args extends unknown[]>(
    target: (...args: Args) => unknown,
    ...args: Args
  ): Promise<unknown> => {
    const worker = new Kind(target, { args });
    worker.start();
    try {
      await worker.join();
    } catch (error) {
      assertEquals(worker.state, "failed");
      return error;
    }
    throw new Error("the worker did not fail");
  };

  test(`${Kind.name} goes from initial to started to finished`, async () => {
    const worker = new Kind((a: number, b: number) => a + b, {
      args: [1, 2],
    });
    assertEquals([worker.state, worker.isAlive], ["initial", false]);
    worker.start();
    assertEquals([worker.state, worker.isAlive], ["started", true]);
    assertEquals(await worker.join(), 3);
    assertEquals([worker.state, worker.isAlive], ["finished", false]);
    assertEquals(await worker.join(), 3);
  });

  test(`${Kind.name} names its workers one after another`, () => {
    const number = (worker: { name: string }) =>
      Number(/-(\d+)$/.exec(worker.name)?.[1]);
    const first = new Kind(() => {});
    const second = new Kind(() => {});
    assertEquals(number(second), number(first) + 1);
  });

  test(`${Kind.name}.start() cannot be called twice`, async () => {
    const worker = new Kind(() => 1, { name: "W" });
    worker.start();
    assertThrows(
      () => worker.start(),
      Error,
      "W cannot be started: it is started",
    );
    await worker.join();
    assertThrows(() => worker.start(), Error, "it is finished");
  });

  test(`${Kind.name}.join() rejects before start()`, async () => {
    const worker = new Kind(() => 1, { name: "W" });
    await assertRejects(() => worker.join(), Error, "W cannot be joined");
  });

  test(`${Kind.name}.join() gives up after a timeout, and the worker lives on`, async () => {
    const gate = new Queue<never>();
    const worker = new Kind(async (gate: Queue<never>) => {
      for await (const _ of gate);
      return "late";
    }, { args: [gate] });
    worker.start();
    const error = await assertRejects(
      () => worker.join({ timeout: 1 }),
      DOMException,
      "has not ended after 1 ms",
    );
    assertEquals(error.name, "TimeoutError");
    assertEquals(worker.isAlive, true);
    gate.close();
    assertEquals(await worker.join({ timeout: Infinity }), "late");
  });

  test(`${Kind.name}.join() refuses a timeout that is none`, async () => {
    const worker = new Kind(() => 1);
    worker.start();
    await assertRejects(() => worker.join({ timeout: -1 }), RangeError, "-1");
    await assertRejects(() => worker.join({ timeout: NaN }), RangeError, "NaN");
    await assertRejects(
      () => worker.join({ timeout: "1" as unknown as number }),
      TypeError,
      '"1" (string)',
    );
    await worker.join();
  });

  test(`${Kind.name}.terminate() ends it, and join() rejects`, async () => {
    const worker = new Kind(() => new Promise(() => {}), { name: "W" });
    worker.start();
    const joined = worker.join();
    worker.terminate();
    worker.terminate();
    assertEquals([worker.state, worker.isAlive], ["terminated", false]);
    const error = await assertRejects(
      () => joined,
      DOMException,
      "W was termi",
    );
    assertEquals(error.name, "AbortError");
  });

  test(`${Kind.name}.terminate() changes nothing after the end`, async () => {
    const worker = new Kind(() => 1);
    worker.start();
    await worker.join();
    worker.terminate();
    assertEquals(worker.state, "finished");
    assertEquals(await worker.join(), 1);
  });

  test(`${Kind.name} that is terminated cannot be started`, () => {
    const worker = new Kind(() => 1, { name: "W" });
    worker.terminate();
    assertEquals(worker.state, "terminated");
    assertThrows(() => worker.start(), Error, "it is terminated");
  });

  test(`${Kind.name} ends with its using block`, async () => {
    const outside: FunctionWorker<[], unknown>[] = [];
    {
      using worker = new Kind(() => new Promise(() => {}));
      worker.start();
      outside.push(worker);
    }
    assertEquals(outside[0]!.state, "terminated");
    await assertRejects(() => outside[0]!.join(), DOMException);
  });

  test(`${Kind.name} refuses what is no function, before it starts`, () => {
    assertThrows(
      () => new Kind(5 as never),
      TypeError,
      "must be a function: received 5 (number)",
    );
  });

  test(`${Kind.name} refuses arguments that are no list`, () => {
    assertThrows(
      () => new Kind((_: string) => {}, { args: "a" as never }),
      TypeError,
      'args must be an array: received "a" (string)',
    );
  });

  test(`${Kind.name} says which part of an argument cannot be sent`, async () => {
    const error = await failureOf(
      (_: unknown) => {},
      { by: new Map([["key", new Set([Symbol("s")])]]) },
    );
    assertInstanceOf(error, TypeError);
    assertStringIncludes(
      error.message,
      'args[0].by.get("key"), member 0: a symbol cannot be sent',
    );
  });

  test(`${Kind.name}'s errors say where they were thrown and asked for`, async () => {
    const error = await failureOf(function explode() {
      throw new Error("boom");
    });
    assertInstanceOf(error, Error);
    assertMatch(error.stack!, /at explode \(worker:explode:\d+:\d+\)/);
    assertMatch(error.stack!, /in explode on (Worker|Process)-\d+/);
    assertMatch(error.stack!, /at failureOf \(.*worker_test\.ts/);
  });

  test(`${Kind.name} reports a worker that ends before its function`, async () => {
    const error = await failureOf(() => Deno.exit(3));
    assertInstanceOf(error, WorkerDiedError);
    assertMatch(error.message, /exited with code 3$/);
    assertMatch(error.worker, /^(Worker|Process)-\d+$/);
    assertEquals(error.exitCode, 3);
  });

  test(`${Kind.name} moves what is to be transferred`, async () => {
    const buffer = new ArrayBuffer(8);
    const worker = new Kind(
      (buffer: ArrayBuffer) => buffer.byteLength,
      { args: [buffer], transfer: [buffer] },
    );
    worker.start();
    assertEquals(buffer.byteLength, 0);
    assertEquals(await worker.join(), 8);
  });

  testWith(
    ["read", "run"],
    `${Kind.name} imports a task from its module`,
    async () => {
      const worker = new Kind(usesAnImport, {
        args: [1],
        module: import.meta.url,
      });
      worker.start();
      assertEquals(await worker.join(), 2);
    },
  );

  testWith(
    ["read", "run"],
    `${Kind.name} names a task that its module does not export`,
    async () => {
      const worker = new Kind(function hidden() {}, {
        module: import.meta.url,
      });
      worker.start();
      await assertRejects(
        () => worker.join(),
        TypeError,
        "exports no function named hidden",
      );
    },
  );
}

Deno.test("FunctionWorker prints its name and state", () => {
  const worker = new FunctionWorker(() => {}, { name: "Worker-1" });
  assertEquals(
    Deno.inspect(worker),
    'FunctionWorker { name: "Worker-1", state: "initial" }',
  );
});

Deno.test("FunctionWorker shares memory that is made to be shared", async () => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new FunctionWorker((cell: Int32Array) => {
    Atomics.add(cell, 0, 7);
  }, { args: [cell] });
  worker.start();
  await worker.join();
  assertEquals(cell[0], 7);
});

Deno.test("FunctionWorkers run at the same time: two wait for each other", async () => {
  const cells = new Int32Array(new SharedArrayBuffer(8));
  const meet = (cells: Int32Array, me: number) => {
    Atomics.store(cells, me, 1);
    Atomics.notify(cells, me);
    return Atomics.wait(cells, 1 - me, 0, 60_000);
  };
  const workers = [0, 1].map((me) =>
    new FunctionWorker(meet, { args: [cells, me] })
  );
  for (const worker of workers) worker.start();
  for (const worker of workers) {
    assert(await worker.join() !== "timed-out", "the other one did not run");
  }
});

testWith(
  ["run"],
  "FunctionWorker prints nothing of what join() rejects with",
  async () => {
    const program = `
    import { FunctionWorker } from "mod.ts";
    for (const target of [
      () => { throw new Error("now") },
      () => { setTimeout(() => { throw new Error("late") }); return new Promise(() => {}) },
      () => { Promise.reject(new Error("unhandled")); return new Promise(() => {}) },
      () => Deno.exit(1),
    ]) {
      const worker = new FunctionWorker(target);
      worker.start();
      // A timer that is left would keep the program from ending.
      await worker.join({ timeout: Infinity })
        .catch(() => console.log("rejected"));
    }`;
    const { code, stdout, stderr } = await runProgram(program);
    assertEquals(stderr, "");
    assertEquals([code, stdout], [0, "rejected\n".repeat(4)]);
  },
);
