/**
 * What goes wrong in a task, and what the caller of the pool sees of it, for
 * both kinds of isolation.
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { Pool, type PoolOptions, Queue, WorkerDiedError } from "../../mod.ts";
import { deno, runProgram, testWith } from "../helper.ts";
import { sharedPools } from "./shared_pools.ts";

const mod = new URL("../../mod.ts", import.meta.url).href;

const toUrl = (program: string) =>
  `data:text/javascript,${encodeURIComponent(program)}`;

/** What a call rejects with; it may be no Error, so assertRejects is no use. */
async function thrownBy(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("the call succeeded");
}

for (const isolation of ["worker", "process"] as const) {
  let pool!: Pool;
  const withPool = sharedPools(() => [
    pool = new Pool({ workers: 2, isolation }),
  ]);
  const test = (name: string, fn: (pool: Pool) => Promise<void>) => {
    const run = withPool(async () => {
      await fn(pool);
      // Whatever happened, the pool goes on.
      assertEquals(await pool.apply((x: number) => x + 1, [41]), 42);
    });
    if (isolation === "worker") Deno.test(name, run);
    else testWith(["run"], `${name} (process)`, run);
  };

  test("A task's error arrives with its class, message, cause and fields", async (pool) => {
    const error = await thrownBy(() =>
      pool.apply(() => {
        class Overdrawn extends RangeError {
          override name = "Overdrawn";
          balance = -5n;
          owner = { id: 7 };
        }
        throw new Overdrawn("no money", { cause: new TypeError("inner") });
      })
    ) as RangeError & { balance: bigint; owner: unknown };
    assertInstanceOf(error, RangeError);
    assertEquals(error.constructor.name, "Overdrawn");
    assertEquals([error.name, error.message], ["Overdrawn", "no money"]);
    assertEquals([error.balance, error.owner], [-5n, { id: 7 }]);
    assertInstanceOf(error.cause, TypeError);
  });

  test("An error that leads back to itself arrives with the way back", async (pool) => {
    const own = await thrownBy(() =>
      pool.apply(() => {
        const error = new Error("its own cause");
        error.cause = error;
        throw error;
      })
    ) as Error;
    assert(own.cause === own);
    const first = await thrownBy(() =>
      pool.apply(() => {
        const third = new AggregateError([], "third");
        const second = new TypeError("second", { cause: third });
        const first = new RangeError("first", { cause: second });
        third.errors.push(first, second);
        throw first;
      })
    ) as Error & { cause: Error & { cause: AggregateError } };
    const { cause: second } = first;
    assertEquals([second.message, second.cause.message], ["second", "third"]);
    const [a, b] = second.cause.errors;
    assert(a === first && b === second);
  });

  test("An AggregateError arrives with its errors, a DOMException with its name, an error of Deno's as one", async (pool) => {
    const all = await thrownBy(() =>
      pool.apply(() => Promise.any([Promise.reject(new SyntaxError("one"))]))
    );
    assertInstanceOf(all, AggregateError);
    assertInstanceOf(all.errors[0], SyntaxError);
    const gone = await thrownBy(() =>
      pool.apply(() => {
        throw new DOMException("gone", "NotFoundError");
      })
    );
    assertInstanceOf(gone, DOMException);
    assertEquals([gone.name, gone.message], ["NotFoundError", "gone"]);
    const missing = await thrownBy(() =>
      pool.apply(() => {
        throw new Deno.errors.NotFound("no file");
      })
    );
    assertInstanceOf(missing, Deno.errors.NotFound);
  });

  test("What is thrown and is no Error arrives as that very value", async (pool) => {
    const values = [null, undefined, "text", 0, false, { code: 3 }, [1n]];
    for (const value of values) {
      const thrown = await thrownBy(() =>
        pool.apply((value: unknown) => {
          throw value;
        }, [value])
      );
      assertEquals(thrown, value);
    }
  });

  test("A result or a thrown thing that cannot be sent is named", async (pool) => {
    await assertRejects(
      () => pool.apply(() => ({ items: [0, 1, 2, { f: () => 1 }] })),
      TypeError,
      "result.items[3].f: a function cannot be sent",
    );
    await assertRejects(
      () =>
        pool.apply(() => {
          throw () => 1;
        }),
      Error,
      "a thrown function cannot be sent",
    );
    await assertRejects(
      () =>
        pool.apply(() => {
          throw { items: [0, { f: () => 1 }] };
        }),
      TypeError,
      "thrown.items[1].f: a function cannot be sent",
    );
    const cyclic = await pool.apply(() => {
      const node: { self?: unknown } = {};
      node.self = node;
      return node;
    });
    assertEquals(cyclic.self, cyclic);
  });

  const deaths: [how: string, die: () => unknown, message: RegExp][] = [
    ["exits", () => Deno.exit(7), /exited with code 7/],
    [
      "exits as in Node",
      () => (globalThis as unknown as { process: typeof Deno }).process.exit(7),
      /exited with code 7/,
    ],
    [
      "closes itself",
      () => (self.close(), new Promise(() => {})),
      /closed itself/,
    ],
    [
      "throws later, from a timer",
      () => {
        setTimeout(() => {
          throw new Error("late");
        });
        return new Promise(() => {});
      },
      /an error that nothing caught: Error: late$/,
    ],
    [
      "rejects a promise that nobody handles",
      () => {
        Promise.reject(new Error("alone"));
        return new Promise(() => {});
      },
      /a rejected promise that nobody handled: Error: alone$/,
    ],
    [
      "rejects a promise with what has no text",
      () => {
        Promise.reject({ toString: 1 });
        return new Promise(() => {});
      },
      /a rejected promise that nobody handled: an Object/,
    ],
  ];
  for (const [how, die, message] of deaths) {
    test(`A worker that ${how} fails its own task only`, async (pool) => {
      const [started, go] = [new Queue<string>(), new Queue<never>()];
      const wait = async (started: Queue<string>, go: Queue<never>) => {
        await started.put("here");
        for await (const _ of go);
        return "went on";
      };
      const other = pool.apply(wait, [started, go]);
      await started.get();
      const error = await thrownBy(() => pool.apply(die));
      go.close();
      assertEquals(await other, "went on");
      assertInstanceOf(error, WorkerDiedError);
      assertEquals(error.name, "WorkerDiedError");
      assertMatch(error.message, message);
      assertMatch(error.worker, /^Worker-[12]$/);
      if (/code 7/.test(error.message)) assertEquals(error.exitCode, 7);
    });
  }

  test("A result with a getter that throws fails its task only", async (pool) => {
    const error = await thrownBy(() =>
      pool.map(
        (x: number) => ({
          get half() {
            if (x > 1) throw new RangeError(`no half of ${x}`);
            return x / 2;
          },
        }),
        [1, 2],
        { chunkSize: 2 },
      )
    ) as Error;
    assertInstanceOf(error, RangeError);
    assertMatch(error.stack!, /no half of 2[^]*task 1 of map/);
  });

  test("What cannot be looked at fails its task only, also as what it throws", async (pool) => {
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable(new Error(), {});
      revoke();
      throw proxy;
    };
    const unreadable = () => {
      throw Object.assign(new ReferenceError("x is not defined"), { stack: 5 });
    };
    for (const task of [revoked, unreadable]) {
      const error = await thrownBy(() => pool.apply(task));
      assert(!(error instanceof WorkerDiedError), String(error));
      assertInstanceOf(error, Error);
      assertMatch(error.message, /cannot be read: .*revoked|uses "x"/);
    }
  });

  test("Errors that are hard to rebuild arrive with what they are", async (pool) => {
    const coded = await thrownBy(() =>
      pool.apply(() => {
        const error = new DOMException("m", "DataError");
        throw Object.defineProperty(error, "code", {
          value: 5,
          enumerable: true,
        });
      })
    ) as DOMException;
    assertInstanceOf(coded, DOMException);
    assertEquals([coded.name, coded.message], ["DataError", "m"]);
    const both = await thrownBy(() =>
      pool.apply(() => {
        throw new SuppressedError(new RangeError("a"), new Error("b"), "both");
      })
    ) as SuppressedError;
    assertInstanceOf(both, SuppressedError);
    assertInstanceOf(both.error, RangeError);
    assertEquals([both.message, both.suppressed.message], ["both", "b"]);
    const trap = await thrownBy(() =>
      pool.apply(() => {
        throw new WebAssembly.RuntimeError("trap");
      })
    );
    assertInstanceOf(trap, WebAssembly.RuntimeError);
    const unreadable = await thrownBy(() =>
      pool.apply(() => {
        throw Object.defineProperty(new Error(), "message", {
          get() {
            throw new Error("trap");
          },
        });
      })
    );
    assertMatch(String(unreadable), /cannot be read: Error: trap/);
    const odd = await thrownBy(() =>
      pool.apply(() => {
        const error = new Error("odd", { cause: Symbol("s") });
        throw Object.assign(error, { constructor: undefined });
      })
    ) as Error;
    assertInstanceOf(odd, Error);
    assertEquals(odd.message, "odd");
  });

  test("A returned error keeps its class, name and fields", async (pool) => {
    const { list: [error] } = await pool.apply(() => {
      class Odd extends TypeError {
        override name = "Odd";
        field = 2;
      }
      return { list: [new Odd("q", { cause: new RangeError("r") })] };
    });
    assertInstanceOf(error, TypeError);
    assertEquals(error.constructor.name, "Odd");
    assertEquals([error.name, error.message, error.field], ["Odd", "q", 2]);
    assertInstanceOf(error.cause, RangeError);
  });

  test("A program may change what a stack is", async (pool) => {
    const { prepareStackTrace } = Error as { prepareStackTrace?: unknown };
    Object.assign(Error, {
      prepareStackTrace: (_: Error, all: unknown) => all,
    });
    try {
      const error = await thrownBy(() =>
        pool.map(() => {
          throw new Error("x");
        }, [1])
      );
      assertEquals((error as Error).message, "x");
    } finally {
      Object.assign(Error, { prepareStackTrace });
    }
  });

  test("A call is aborted by an error that is frozen", async (pool) => {
    const reason = Object.freeze(new Error("frozen"));
    const aborted = new AbortController();
    const started = new Queue<string>();
    const wait = async (started: Queue<string>) => {
      await started.put("started");
      await new Promise(() => {});
    };
    const { signal } = aborted;
    const call = pool.apply(wait, [started], { signal });
    await started.get();
    aborted.abort(reason);
    assertEquals(await thrownBy(() => call), reason);
  });

  test("Endless recursion fails the task, and no other", async (pool) => {
    const deeper = () => {
      const call = (n: number): number => call(n + 1) + 1;
      return call(0);
    };
    await assertRejects(() => pool.apply(deeper), RangeError, "call stack");
  });

  test("An input that throws delivers what was done and is closed once", async (pool) => {
    let closed = 0;
    function* source() {
      try {
        yield* [1, 2, 3];
        throw new Error("dry");
      } finally {
        closed++;
      }
    }
    const results: number[] = [];
    const error = await thrownBy(async () => {
      for await (const x of pool.imap((x: number) => x * 2, source())) {
        results.push(x);
      }
    });
    assertEquals((error as Error).message, "dry");
    assertEquals([results, closed], [[2, 4, 6], 1]);
    await assertRejects(
      () => pool.map((x: number) => x, source()),
      Error,
      "dry",
    );
  });

  test("Leaving an endless input stops it and closes it once", async (pool) => {
    let taken = 0;
    let closed = 0;
    function* source() {
      try {
        for (;;) yield taken++;
      } finally {
        closed++;
      }
    }
    for await (const _ of pool.imap((x: number) => x, source())) break;
    const before = taken;
    await pool.apply(() => {});
    assertEquals([taken, closed], [before, 1]);
  });

  const name = (text: string) =>
    isolation === "worker" ? text : `${text} (process)`;

  testWith(
    isolation === "worker" ? [] : ["run"],
    name("500 waiting calls all reject once when the pool is terminated"),
    async () => {
      const pool = new Pool({ workers: 2, isolation });
      let settled = 0;
      const calls = Array.from(
        { length: 500 },
        () =>
          thrownBy(() => pool.apply(() => new Promise(() => {}))).finally(() =>
            settled++
          ),
      );
      pool.terminate();
      const reasons = await Promise.all(calls);
      assert(
        reasons.every((reason) => (reason as Error).name === "AbortError"),
      );
      assertEquals(settled, 500);
      await pool.close();
    },
  );

  testWith(
    ["run"],
    name(
      "A task that starts a pool of its own works, and the pool ends with it",
    ),
    async () => {
      // The outer program ends, so nothing of the inner pool keeps it alive.
      const program = `
        import { Pool } from "mod.ts";
        const inner = async (url, isolation) => {
          const { Pool } = await import(url);
          const pool = new Pool({ workers: 2, isolation });
          return await pool.map((x) => x + 1, [1, 2, 3]);
        };
        const permissions = { read: true, run: true };
        await using pool = new Pool({
          workers: 1,
          isolation: "${isolation}",
          ${isolation === "process" ? "permissions," : ""}
        });
        console.log(await pool.apply(inner, ["mod.ts", "${isolation}"]));`;
      const flags = ["--allow-run", "--allow-read"];
      const { code, stdout, stderr } = await runProgram(program, flags);
      assertEquals([code, stdout, stderr], [0, "[ 2, 3, 4 ]\n", ""]);
    },
  );

  testWith(
    ["run"],
    name("Many pools one after another leave nothing behind"),
    async () => {
      const program = `
        import { Pool } from "${mod}";
        const isolation = "${isolation}";
        const count = (folder) => {
          try {
            return [...Deno.readDirSync(folder)].length;
          } catch {
            return 0; // There is no such folder on this system.
          }
        };
        const work = async () => {
          const pool = new Pool({ workers: 2, isolation });
          await pool.map((x) => x, [1, 2]);
          await pool.close();
        };
        const look = () => ({
          files: count("/proc/self/fd"),
          threads: count("/proc/self/task"),
          memory: Deno.memoryUsage().heapUsed / 2 ** 20,
        });
        // The first few start threads of Deno's own, which stay.
        for (let i = 0; i < 5; i++) await work();
        const first = look();
        for (let i = 0; i < 20; i++) await work();
        // Some end a little later.
        const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
        const isMore = ({ files, threads }) =>
          files >= first.files + 15 || threads >= first.threads + 15;
        for (let i = 0; i < 200 && isMore(look()); i++) await turn();
        console.log(JSON.stringify([first, look()]));`;
      const { stdout, stderr } = await deno(
        "run",
        "--allow-all",
        toUrl(program),
      );
      assertEquals(stderr, "");
      const [first, last] = JSON.parse(stdout);
      // One left by each pool would make twenty.
      assert(last.files < first.files + 15, stdout);
      assert(last.threads < first.threads + 15, stdout);
      assert(last.memory <= first.memory + 20, stdout);
    },
  );
}

/** A pool of processes that is gone at the end of the test. */
async function withProcesses(
  options: PoolOptions,
  fn: (pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = new Pool({ ...options, isolation: "process" });
  try {
    await fn(pool);
  } finally {
    pool.terminate();
    await pool.close();
  }
}

testWith(
  ["run"],
  "A process that is killed by a signal fails its own task only",
  async () => {
    await withProcesses({ workers: 2 }, async (pool) => {
      const pids = new Queue<number>();
      const victim = pool.apply(async (pids: Queue<number>) => {
        await pids.put(Deno.pid);
        await new Promise(() => {});
      }, [pids]);
      Deno.kill(await pids.get(), "SIGKILL");
      const error = await thrownBy(() => victim);
      assertInstanceOf(error, WorkerDiedError);
      if (Deno.build.os !== "windows") {
        assertEquals(error.signal, "SIGKILL");
        assertMatch(error.message, /Worker-1 was killed by SIGKILL/);
      }
      assertEquals(await pool.apply(() => "goes on"), "goes on");
    });
  },
);

testWith(
  ["run"],
  "A process that runs out of memory fails its own task only",
  async () => {
    await withProcesses(
      { workers: 2, memory: 40, onOutput: () => {} },
      async (pool) => {
        const fill = () => {
          const all: unknown[] = [];
          for (;;) all.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
        };
        const error = await thrownBy(() => pool.apply(fill));
        assertInstanceOf(error, WorkerDiedError);
        assertMatch(error.message, /ran out of memory \(it may use 40 MB\)/);
        assertEquals(await pool.apply(() => "goes on"), "goes on");
      },
    );
  },
);

testWith(["run"], "An endless loop ends at its timeout", async () => {
  await withProcesses({ workers: 1 }, async (pool) => {
    await pool.apply(() => "started");
    const error = await thrownBy(() =>
      pool.apply(
        () => {
          for (;;);
        },
        [],
        { timeout: 50 },
      )
    ) as DOMException;
    assertEquals(error.name, "TimeoutError");
    assertEquals(await pool.apply(() => "goes on"), "goes on");
    // close() waits for the process that was ended; it does not hang.
  });
});

for (const how of ["ends", "SIGINT", "SIGTERM", "SIGKILL"]) {
  // With the full permission, groups are guarded as well.
  for (const permission of ["--allow-run", `--allow-run=${Deno.execPath()}`]) {
    const isFull = permission === "--allow-run";
    testWith(
      ["run"],
      `No process survives a program that ${
        how === "ends" ? "ends" : `is ended by ${how}`
      }${isFull ? "" : " and may run Deno alone"}`,
      async () => {
        const isKnown = how === "ends" || how === "SIGKILL";
        if (Deno.build.os === "windows" && !isKnown) return;
        const observer = ["tests/lib/survivors.ts", how, permission];
        const { stdout } = await deno("run", "--allow-all", ...observer);
        assertEquals(stdout, "both are gone\n");
      },
    );
  }
}
