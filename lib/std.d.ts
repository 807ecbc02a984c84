/**
 * Types of the `@std` functions in use.
 *
 * deno.json takes `@std` from an npm package that holds the same source, built
 * without types. These declarations are those of the originals, cut down to
 * what the project calls.
 */

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertFalse(expr: unknown, msg?: string): asserts expr is
    | false
    | 0
    | ""
    | null
    | undefined;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(
    actual: T,
    expected: T,
    msg?: string,
  ): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    msg?: string,
  ): asserts actual is T;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  export function assertExists<T>(
    actual: T,
    msg?: string,
  ): asserts actual is NonNullable<T>;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(
    actual: T,
    expected: T,
    msg?: string,
  ): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(
    actual: T,
    expected: T,
    msg?: string,
  ): void;
  export function assertInstanceOf<
    // deno-lint-ignore no-explicit-any
    T extends abstract new (...args: any[]) => any,
  >(
    actual: unknown,
    expectedType: T,
    msg?: string,
  ): asserts actual is InstanceType<T>;
  export function assertMatch(
    actual: string,
    expected: RegExp,
    msg?: string,
  ): void;
  export function assertNotMatch(
    actual: string,
    expected: RegExp,
    msg?: string,
  ): void;
  export function assertStringIncludes(
    actual: string,
    expected: string,
    msg?: string,
  ): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  export function assertRejects(
    fn: () => PromiseLike<unknown>,
    msg?: string,
  ): Promise<unknown>;
  export function fail(msg?: string): never;
}

declare module "@std/cli/parse-args" {
  export interface ParseOptions {
    readonly alias?: Readonly<Record<string, string | readonly string[]>>;
    readonly boolean?: boolean | string | readonly string[];
    readonly collect?: string | readonly string[];
    readonly default?: Readonly<Record<string, unknown>>;
    readonly negatable?: string | readonly string[];
    readonly stopEarly?: boolean;
    readonly string?: string | readonly string[];
    readonly unknown?: (
      arg: string,
      key?: string,
      value?: unknown,
    ) => unknown;
  }
  export type Args = { _: (string | number)[] } & Record<string, unknown>;
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): Args;
}

declare module "@std/fmt/bytes" {
  export interface FormatOptions {
    bits?: boolean;
    binary?: boolean;
    signed?: boolean;
    locale?: boolean | string | string[];
    minimumFractionDigits?: number;
    maximumFractionDigits?: number;
  }
  export function format(num: number, options?: FormatOptions): string;
}

declare module "@std/fmt/colors" {
  export function setColorEnabled(value: boolean): void;
  export function getColorEnabled(): boolean;
  export function bold(str: string): string;
  export function dim(str: string): string;
  export function red(str: string): string;
  export function green(str: string): string;
  export function yellow(str: string): string;
  export function blue(str: string): string;
  export function magenta(str: string): string;
  export function cyan(str: string): string;
  export function stripAnsiCode(string: string): string;
}
