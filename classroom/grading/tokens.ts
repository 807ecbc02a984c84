/**
 * Cuts TypeScript into tokens, whether it is correct or not.
 *
 * @module
 */

/** What sort of token it is. */
export type TokenKind =
  | "word"
  | "property"
  | "name"
  | "number"
  | "string"
  | "regex"
  | "punctuation";

/** A token, and where it stands in the source. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const words = new Set(
  ("abstract any as asserts async await bigint boolean break case catch class " +
    "const continue debugger declare default delete do else enum export " +
    "extends false finally for from function get if implements import in " +
    "infer instanceof interface is keyof let never new null number object of " +
    "private protected public readonly return satisfies set static string " +
    "super switch symbol this throw true try type typeof undefined unique " +
    "unknown using var void while with yield").split(" "),
);

/** After these words a slash begins a regular expression, after others not. */
const operands = new Set(["this", "super", "null", "true", "false"]);

// Each alternative begins with other characters than the rest, and what is not
// closed ends with its line or with the source: no input takes more than linear
// time, and every input is cut up to its end.
const patterns = {
  space: /\s+|\/\/.*|\/\*[^]*?(?:\*\/|$)/y,
  string: /"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?/y,
  // Up to its end or to the next `${`.
  template: /(?:\\[^]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y,
  regex: /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]?|[^/\\[\n])*(?:\/\w*)?/y,
  number: /(?:\d|\.\d)(?:[eE][+-]\d|[\w.])*/y,
  name: /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy,
  punctuation:
    /\.\.\.|=>|>>>=|[*<>&|?]{2}=|>>>|[=!]==?|[*<>&|?]{2}|\+\+|--|\?\.(?!\d)|[-+*/%&|^<>]=|[^]/uy,
};

/**
 * Cuts TypeScript into tokens. Never throws: code that does not parse gives the
 * tokens that it has. Comments and white space are left out.
 *
 * @param source TypeScript, or what a student took for it.
 * @returns The tokens, in their order. The parts of a template around its `${}`
 * are strings, what stands inside is cut like all code.
 */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  /** For each template that is open, how many braces are open inside `${}`. */
  const open: number[] = [];
  let at = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: TokenKind, text: string) => {
    tokens.push({ kind, text, start: at, end: at + text.length });
    at += text.length;
  };
  /** `start` is what the part begins with: a backtick or a closing brace. */
  const pushTemplate = (start: string) => {
    at += 1;
    const text = take(patterns.template) ?? "";
    at -= 1;
    push("string", start + text);
    if (text.endsWith("${")) open.push(0);
  };

  while (at < source.length) {
    const space = take(patterns.space);
    if (space) {
      at += space.length;
      continue;
    }
    const character = source[at]!;
    if (character === "`") {
      pushTemplate("`");
    } else if (character === "}" && open.at(-1) === 0) {
      open.pop();
      pushTemplate("}");
    } else {
      const [kind, text] = tokenAt(take, character, tokens.at(-1));
      push(kind, text);
      if (open.length > 0 && text === "{") open[open.length - 1]! += 1;
      if (open.length > 0 && text === "}") open[open.length - 1]! -= 1;
    }
  }
  return tokens;
}

function tokenAt(
  take: (pattern: RegExp) => string | undefined,
  character: string,
  previous: Token | undefined,
): [TokenKind, string] {
  if (character === '"' || character === "'") {
    return ["string", take(patterns.string)!];
  }
  const number = take(patterns.number);
  if (number) return ["number", number];
  const name = take(patterns.name);
  if (name) {
    if (isDot(previous)) return ["property", name];
    return [words.has(name) ? "word" : "name", name];
  }
  if (character === "/" && !isOperand(previous)) {
    return ["regex", take(patterns.regex)!];
  }
  // Half of a surrogate pair matches nothing else.
  return ["punctuation", take(patterns.punctuation) ?? character];
}

function isDot(token: Token | undefined): boolean {
  return token?.text === "." || token?.text === "?.";
}

/** Whether a slash after this token divides. */
function isOperand(token: Token | undefined): boolean {
  if (!token) return false;
  const { kind, text } = token;
  if (kind === "word") return operands.has(text);
  if (kind === "punctuation") return [")", "]", "}"].includes(text);
  return true;
}
