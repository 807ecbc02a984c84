/**
 * The command line of a lesson.
 *
 * @module
 */

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
  if (args.includes("--help") || args.includes("-h")) return "help";
  const values = defaultsOf(options);
  const words = [...args];
  for (let word; (word = words.shift()) !== undefined;) {
    const [, name = "", given] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option) return `unknown option or argument: ${word}`;
    // A number below 0 is a value, and no option.
    const isSplit = given === undefined &&
      typeof option.default !== "boolean" &&
      /^(?!-\D)/.test(words[0] ?? "--");
    const text = isSplit ? words.shift() : given;
    const problem = problemOf(text, option);
    if (problem) return `--${name}: ${problem}`;
    values[name] = valueOf(text, option);
  }
  return values as OptionValues<O>;
}

/** What is wrong with the text of an option's value, if anything is. */
function problemOf(
  text: string | undefined,
  { default: value, min = 0, max }: Option,
): string | undefined {
  if (typeof value === "boolean") {
    const fits = [undefined, "true", "false"].includes(text);
    return fits ? undefined : "takes no value, or true or false";
  }
  const isNumber = typeof value === "number";
  if (!text) return `a ${isNumber ? "number" : "value"} is missing`;
  const number = Number(text);
  const fits = /^-?\d+$/.test(text) && Number.isSafeInteger(number) &&
    number >= min && number <= (max ?? Infinity);
  if (!isNumber || fits) return undefined;
  const range = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return `"${text}" is not a whole number, ${range}`;
}

function valueOf(text: string | undefined, option: Option): unknown {
  if (typeof option.default === "boolean") return text !== "false";
  return typeof option.default === "number" ? Number(text) : text;
}

/** What `--help` prints, for a command without its options. */
export function formatUsage(command: string, options: Options): string {
  const lines = Object.entries(options).map(([name, option]) => {
    const isBoolean = typeof option.default === "boolean";
    const left = isBoolean
      ? `--${name}`
      : `--${name} <${typeof option.default}>`;
    const fallback = isBoolean ? "" : ` (default: ${option.default})`;
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
