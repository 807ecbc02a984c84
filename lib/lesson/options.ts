/**
 * The command line of a lesson.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** An option of the command line; its default decides its type. */
export interface Option {
  /** The value without the option. Numbers are whole numbers. */
  readonly default: number | boolean | string;
  /** What the option does, for `--help`. */
  readonly help: string;
  /** The least value of a number; 0 unless given. */
  readonly min?: number;
  /** The greatest value of a number. */
  readonly max?: number;
}

/** A set of options, by name without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** The values of a set of options. */
export type OptionValues<O extends Options> = {
  readonly [Name in keyof O]: O[Name]["default"] extends number ? number
    : O[Name]["default"] extends boolean ? boolean
    : string;
};

/** The values of options that are not given. */
export function defaultsOf(options: Options): Record<string, unknown> {
  const all = Object.entries(options);
  return Object.fromEntries(
    all.map(([name, option]) => [name, option.default]),
  );
}

/**
 * Reads options from the words of a command line: gives their values, `"help"`,
 * or a sentence that says what is wrong.
 */
export function parseOptions<const O extends Options>(
  args: readonly string[],
  options: O,
): OptionValues<O> | string {
  const names = Object.keys(options);
  const isBoolean = (name: string) =>
    typeof options[name]?.default === "boolean";
  const unknown: string[] = [];
  const given = parseArgs(args, {
    alias: { help: "h" },
    boolean: [...names.filter(isBoolean), "help"],
    string: names.filter((name) => !isBoolean(name)),
    unknown: (word) => void unknown.push(word),
  });
  if (given["help"]) return "help";
  if (unknown.length > 0) return `unknown option or argument: ${unknown[0]}`;

  const values = defaultsOf(options);
  for (const [name, option] of Object.entries(options)) {
    const text = given[name];
    const word = args.findLast((word) =>
      word === `--${name}` || word.startsWith(`--${name}=`)
    );
    if (word === undefined) continue;
    if (typeof option.default === "number") {
      const problem = wrongNumber(String(text), option);
      if (problem) return `--${name}: ${problem}`;
      values[name] = Number(text);
    } else if (isBoolean(name) && /=(?!(true|false)$)/.test(word)) {
      return `--${name}: takes no value, or true or false`;
    } else if (text === "") {
      return `--${name}: a value is missing`;
    } else {
      values[name] = text;
    }
  }
  return values as OptionValues<O>;
}

/** What is wrong with a number, if anything is. */
function wrongNumber(
  text: string,
  { min = 0, max }: Option,
): string | undefined {
  if (text === "") return "a number is missing";
  const value = Number(text);
  const range = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  const fits = /^-?\d+$/.test(text) && Number.isSafeInteger(value) &&
    value >= min && value <= (max ?? Infinity);
  return fits ? undefined : `"${text}" is not a whole number, ${range}`;
}

/** What `--help` prints, for a command without its options. */
export function formatUsage(command: string, options: Options): string {
  const lines = Object.entries(options).map(([name, option]) => {
    const isBoolean = typeof option.default === "boolean";
    const left = isBoolean
      ? `--${name}`
      : `--${name} <${typeof option.default}>`;
    const isNone = isBoolean || option.default === "";
    const fallback = isNone ? "" : ` (default: ${option.default})`;
    return [left, option.help + fallback] as const;
  });
  const all = [...lines, ["--help", "print this text and end"] as const];
  const margin = Math.max(...all.map(([left]) => left.length));
  return [
    `Usage: ${command} [options]`,
    "",
    ...all.map(([left, right]) => `  ${left.padEnd(margin)}  ${right}`),
  ].join("\n");
}
