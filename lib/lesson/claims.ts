/**
 * The comments that say what `show` prints, whether it does, and whether a
 * reader's guess is right.
 *
 * @module
 */

/** A value as a comment claims it, and of which call. */
export interface Claim {
  /** The line of the call, from 1. */
  readonly line: number;
  /** What the call is given, as it is written. */
  readonly argument: string;
  readonly value: string;
}

/**
 * What stands behind each `show(…);` and `showError(…);`, in order.
 *
 * @param source A lesson.
 * @returns The claims; a call without a comment has none.
 */
export function claimsOf(source: string): Claim[] {
  const starts = source.matchAll(
    /^ *(?:const \w+ = )?(?:await )?show(?:Error)?\(/gm,
  );
  return [...starts].flatMap(({ index, 0: start }) => {
    const from = index + start.length;
    const end = closingOf(source, from);
    const line = source.slice(0, index).split("\n").length;
    const rest = source.slice(end).split("\n", 1)[0]!;
    const value = /^\);? *\/\/ (.+)$/.exec(rest)?.[1];
    const argument = source.slice(from, end);
    return value === undefined ? [] : [{ line, argument, value }];
  });
}

/** What stands behind the call that is given an argument, whatever its spaces. */
export function claimOf(source: string, argument: string): string | undefined {
  const squeeze = (text: string) => text.replace(/\s+/g, "");
  const isIt = (claim: Claim) => squeeze(claim.argument) === squeeze(argument);
  return claimsOf(source).find(isIt)?.value;
}

/** Where the parenthesis closes that was opened just before `from`. */
function closingOf(source: string, from: number): number {
  const tokens =
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\/\/.*|[()]/g;
  tokens.lastIndex = from;
  for (let depth = 1, token; (token = tokens.exec(source));) {
    if (token[0] === "(") depth += 1;
    if (token[0] === ")") depth -= 1;
    if (depth === 0) return token.index;
  }
  return source.length;
}

/**
 * Whether a value is what a comment claims. `…` stands for any text. After `≈`,
 * a number stands for any number, alone or inside of a text. White space does
 * not matter.
 *
 * @param claim What the comment says.
 * @param printed The value as it was printed.
 * @returns Whether they agree.
 */
export function agrees(claim: string, printed: string): boolean {
  const [, about, value] = /^(≈ )?(.*)$/.exec(claim)!;
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const number = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;
  const anyNumber = number.source;
  const pattern = value!.split("…").map((part) =>
    about ? part.split(number).map(literal).join(anyNumber) : literal(part)
  ).join(".*");
  return new RegExp(`^${pattern}$`, "s").test(printed.replace(/\s+/g, " "));
}

/** Whether a reader can guess what a comment claims: it is the same in each run. */
export function canGuess(claim: string): boolean {
  return !claim.startsWith("≈") && (!claim.includes("…") || isError(claim));
}

/**
 * Whether a reader's guess is right. White space does not matter, nor which
 * quotes stand around a text. The name of an error is enough.
 *
 * @param guess What the reader typed.
 * @param printed The value or the error, as it is printed.
 * @returns Whether it is right.
 */
export function isRight(guess: string, printed: string): boolean {
  const plain = (text: string) =>
    text.replace(/\s+/g, "").replace(/['`]/g, '"')
      // As Python spells them.
      .replace(/\b(True|False)\b/g, (word) => word.toLowerCase());
  const [name = ""] = isError(printed) ? printed.split(":") : [];
  return plain(guess) === plain(printed) || plain(guess) === name;
}

/** Whether a text is that of an error: `TypeError: …`, `NotFound: …`. */
function isError(text: string): boolean {
  return /^[A-Z]\w+: /.test(text);
}
