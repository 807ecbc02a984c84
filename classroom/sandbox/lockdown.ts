/**
 * Inside the sandbox: makes what the harness and the tests rely on unchangeable
 * for the code that runs after it, and takes away what no lesson needs.
 *
 * The idea is that of `lockdown` in Hardened JavaScript (SES): once every object
 * that code shares without being given it is frozen, code in the same realm can
 * compute, and cannot change how others compute.
 *
 * @module
 */

/** The globals that lessons, their tests and the library may use. */
const allowed: readonly string[] = `
  Object Function Array Number parseFloat parseInt Infinity NaN undefined
  Boolean String Symbol Date Promise RegExp Error AggregateError EvalError
  RangeError ReferenceError SyntaxError TypeError URIError SuppressedError
  globalThis JSON Math Intl ArrayBuffer SharedArrayBuffer Atomics Uint8Array
  Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array
  BigInt64Array Uint8ClampedArray Float16Array Float32Array Float64Array
  DataView Map BigInt Set Iterator WeakMap WeakSet Proxy Reflect
  FinalizationRegistry WeakRef decodeURI decodeURIComponent encodeURI
  encodeURIComponent escape unescape eval isFinite isNaN DisposableStack
  AsyncDisposableStack Temporal console Deno queueMicrotask AbortController
  AbortSignal Blob DOMException ErrorEvent Event EventTarget
  MessageEvent Performance PromiseRejectionEvent TextDecoder TextEncoder URL
  URLSearchParams MessageChannel MessagePort Worker atob btoa crypto
  performance reportError process setImmediate clearImmediate
  ReadableStream WritableStream TransformStream TextDecoderStream
  TextEncoderStream CustomEvent BroadcastChannel setInterval setTimeout clearInterval clearTimeout structuredClone
  Window self Navigator navigator name close closed onerror
  onunhandledrejection
  WorkerGlobalScope DedicatedWorkerGlobalScope WorkerNavigator WorkerLocation
  location postMessage onmessage onmessageerror
`.trim().split(/\s+/);

/** What of `Deno` reaches below the language, and no lesson needs. */
const forbidden: readonly string[] = [
  ...["internal", "dlopen", "UnsafeCallback", "UnsafePointer"],
  ...["UnsafePointerView", "UnsafeFnPointer", "jupyter", "telemetry"],
  ...["bench", "lint", "serve", "serveHttp", "upgradeWebSocket"],
];

/**
 * Takes away from the realm it runs in whatever reaches the runtime below the
 * language. It travels to workers as text, as the next two do, so it uses nothing
 * but its arguments and the globals.
 *
 * @param allowed The names of the globals that stay.
 * @param forbidden The names of the properties of `Deno` that go.
 */
function disarm(
  allowed: readonly string[],
  forbidden: readonly string[],
): void {
  const scope = globalThis as unknown as Record<PropertyKey, unknown>;
  const deno = Deno as unknown as Record<PropertyKey, unknown>;
  const internal = deno["internal"] as symbol | undefined;
  if (internal) delete deno[internal];
  for (const name of forbidden) Reflect.deleteProperty(deno, name);
  const stays = new Set<PropertyKey>(allowed);
  for (const name of Object.getOwnPropertyNames(scope)) {
    if (!stays.has(name)) delete scope[name];
  }
}

/** Of Node's globals, gives what tells the time, and what comes later. */
function giveNodes(): void {
  const { performance, setTimeout, clearTimeout, queueMicrotask } = globalThis;
  const [toBigInt, round] = [BigInt, Math.round];
  const now = () => round(performance.now() * 1e6);
  const hrtime = (before: readonly number[] = [0, 0]) => {
    const passed = now() - (before[0]! * 1e9 + before[1]!);
    const rest = passed % 1e9;
    return [(passed - rest) / 1e9, rest];
  };
  type Job = (...args: unknown[]) => void;
  const nodes = {
    process: {
      hrtime: Object.assign(hrtime, { bigint: () => toBigInt(now()) }),
      nextTick: (job: Job, ...args: unknown[]) =>
        queueMicrotask(() => job(...args)),
      uptime: () => performance.now() / 1000,
      memoryUsage: () => Deno.memoryUsage(),
      cwd: () => Deno.cwd(),
      pid: Deno.pid,
      platform: Deno.build.os === "windows" ? "win32" : Deno.build.os,
    },
    setImmediate: (job: Job, ...args: unknown[]) => setTimeout(job, 0, ...args),
    clearImmediate: (id: number) => clearTimeout(id),
  };
  for (const [name, value] of Object.entries(nodes)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}

/**
 * Lets workers, which are realms of their own, begin with the same.
 *
 * @param names The names of the globals that stay, and of those of Deno that go.
 * @param sources The text of `disarm`, `giveNodes` and this function.
 */
function guardWorkers(
  names: readonly [readonly string[], readonly string[]],
  sources: readonly [string, string, string],
): void {
  const RealWorker = globalThis.Worker;
  if (!RealWorker) return;
  // The code that runs after this may change what these names stand for.
  const [{ construct }, { stringify }] = [Reflect, JSON];
  const [encode, text] = [encodeURIComponent, String];

  // A worker can be a Blob without a type; what is imported cannot.
  const [RealBlob, addressOf] = [Blob, URL.createObjectURL];
  const type = "text/javascript";
  URL.createObjectURL = (blob) =>
    addressOf(
      blob instanceof RealBlob && blob.type === ""
        ? new RealBlob([blob], { type })
        : blob,
    );
  // What a worker imports is read later than the program of a plain one.
  URL.revokeObjectURL = () => {};

  const [one, two, three] = sources;
  const given = names.map((list) => stringify(list)).join(", ");
  const program = `(${one})(${given}); (${two})(); ` +
    `(${three})(${stringify(names)}, ${stringify(sources)});`;
  const first = addressOf(new Blob([program], { type }));
  const GuardedWorker = new Proxy(RealWorker, {
    construct(target, args: unknown[], newTarget) {
      const url = stringify(text(args[0]));
      const program = `import ${stringify(first)}; import ${url};`;
      const wrapped = `data:text/javascript,${encode(program)}`;
      return construct(target, [wrapped, args[1]], newTarget);
    },
  });
  Object.defineProperty(RealWorker.prototype, "constructor", {
    value: GuardedWorker,
  });
  globalThis.Worker = GuardedWorker;
}

/** What a lock-down takes in, and leaves out. */
export interface LockDownOptions {
  /** What else to freeze, with all that can be reached from it. */
  readonly freeze: readonly unknown[];
  /** What is left as it is. */
  readonly open?: readonly object[];
}

/**
 * Takes dangerous means away, in this realm and in the workers it starts, and
 * freezes the rest.
 *
 * @param options What else to freeze, and to keep.
 */
export function lockDown(
  { freeze, open = [] }: LockDownOptions,
): void {
  // Deno replaces this global when it is first called.
  queueMicrotask(() => {});
  disarm(allowed, forbidden);
  giveNodes();
  guardWorkers(
    [allowed, forbidden],
    [String(disarm), String(giveNodes), String(guardWorkers)],
  );
  const roots = [...globalValues(), ...hiddenIntrinsics(), ...freeze];
  mendOverrides();
  freezeAll(roots, open);
}

/**
 * Lets a student's own tests run in a realm that is like the one of grading: the
 * language's own objects are frozen, and other globals are not there. Deno and
 * Node are left as they are, as whatever runs the tests needs them.
 */
export function freezeLanguage(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(scope)) {
    if (!allowed.includes(name)) delete scope[name];
  }
  const open = [Deno, scope["process"] as object];
  const shared = allowed.map((name) => scope[name])
    .filter((value) => value !== scope && !open.includes(value as object));
  const roots = [...shared, ...hiddenIntrinsics()];
  mendOverrides();
  freezeAll(roots, open);
}

/** The values of all globals, which are made constant. */
function globalValues(): unknown[] {
  const scope = globalThis as unknown as Record<string, unknown>;
  const values: unknown[] = [Object.getPrototypeOf(scope)];
  // What code assigns to take part in events stays assignable.
  const assignable = /^on|^(name|closed)$/;
  for (const name of Object.getOwnPropertyNames(scope)) {
    if (assignable.test(name)) continue;
    const value = scope[name];
    values.push(value);
    const { enumerable = false } = Object.getOwnPropertyDescriptor(
      scope,
      name,
    )!;
    Object.defineProperty(scope, name, {
      value,
      enumerable,
      writable: false,
      configurable: false,
    });
  }
  // Deno makes some of its own when they are first asked for.
  for (const name of Object.getOwnPropertyNames(Deno)) {
    if (forbidden.includes(name)) continue;
    const value = (Deno as unknown as Record<string, unknown>)[name];
    values.push(value);
    if (Object.getOwnPropertyDescriptor(Deno, name)!.configurable) {
      Object.defineProperty(Deno, name, { value, writable: false });
    }
  }
  return values;
}

/** The intrinsics that no global leads to, reached by an object of each kind. */
function hiddenIntrinsics(): unknown[] {
  // A timer leads to those before and after it.
  const timer = setTimeout(() => {}, 0) as unknown as Record<string, object>;
  const neighbours = Object.values(timer).filter((one) =>
    typeof one === "object" && one !== null
  );
  const timers = [
    timer,
    ...neighbours,
    ...neighbours.flatMap((one) => Object.values(one)),
  ];
  return [...timers, ...ofEachKind()].flatMap((object) => {
    const chain: unknown[] = [];
    for (
      let proto = Object.getPrototypeOf(Object(object));
      proto !== null;
      proto = Object.getPrototypeOf(proto)
    ) {
      chain.push(proto);
    }
    return chain;
  });
}

function ofEachKind(): unknown[] {
  return [
    crypto.subtle,
    function* () {},
    async function () {},
    async function* () {},
    (function* () {})(),
    (async function* () {})(),
    [].values(),
    new Map().entries(),
    new Set().values(),
    ""[Symbol.iterator](),
    "".matchAll(/./g),
    [].values().map(() => {}),
    Iterator.from({ next: () => ({ done: true, value: undefined }) }),
    new Intl.Segmenter().segment("")[Symbol.iterator](),
    new Intl.Segmenter().segment(""),
    new URLSearchParams().entries(),
    (function () {
      return arguments;
    })(),
  ];
}

/**
 * In a frozen world, `this.name = "MyError"` would fail because the prototype's
 * `name` is read-only (the "override mistake"). As accessors, the properties
 * that programs override by assignment can be overridden still.
 */
function mendOverrides(): void {
  const errors = [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
    SuppressedError,
    ...Object.values(Deno.errors),
  ];
  const names = (owner: object) => Object.getOwnPropertyNames(owner);
  mend(Object.prototype, names(Object.prototype));
  mend(Function.prototype, ["constructor", "name", "toString"]);
  mend(Array.prototype, ["toString", Symbol.iterator]);
  mend(Iterator.prototype, [Symbol.iterator]);
  const texts = ""[Symbol.iterator]();
  for (const it of [[].values(), new Map().keys(), new Set().keys(), texts]) {
    mend(Object.getPrototypeOf(it), ["next"]);
  }
  // The library closes generators in its own way, by assignment.
  for (const fn of [function* () {}, async function* () {}]) {
    const generator = Object.getPrototypeOf(fn).prototype;
    mend(generator, ["next", "return", "throw"]);
  }
  // Deno 2.8 gives each port methods of its own, by assignment.
  for (const { prototype } of [...errors, MessagePort, EventTarget]) {
    mend(prototype, names(prototype));
  }
}

function mend(owner: object, keys: readonly PropertyKey[]): void {
  for (const key of keys) {
    const found = Object.getOwnPropertyDescriptor(owner, key);
    if (found === undefined || !("value" in found) || !found.configurable) {
      continue;
    }
    const { value, enumerable = false } = found;
    Object.defineProperty(owner, key, {
      get: () => value,
      set(this: object, own: unknown) {
        if (this === owner) {
          throw new TypeError(
            `Cannot assign to read only property '${String(key)}'`,
          );
        }
        Object.defineProperty(this, key, {
          value: own,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
      enumerable,
      configurable: false,
    });
  }
}

/** Freezes objects and all that their properties and prototypes lead to. */
function freezeAll(roots: readonly unknown[], open: readonly object[]): void {
  // The global object has to take new variables, and its listeners.
  const seen = new Set<unknown>([globalThis, ...open]);
  const waiting = [...roots];
  const visit = (value: unknown) => {
    const isObject = typeof value === "object" && value !== null;
    if ((isObject || typeof value === "function") && !seen.has(value)) {
      seen.add(value);
      waiting.push(value);
    }
  };
  for (const root of roots) seen.add(root);
  while (waiting.length > 0) {
    const object = waiting.pop();
    if (
      object === globalThis || object === null || open.includes(object!) ||
      typeof object !== "object" && typeof object !== "function"
    ) continue;
    // A typed array's items cannot be frozen; no shared one holds any.
    if (!ArrayBuffer.isView(object)) Object.freeze(object);
    visit(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key)!;
      visit(property.value);
      visit(property.get);
      visit(property.set);
    }
  }
}
