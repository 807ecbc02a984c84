/**
 * Opening and closing what items are taken from, by the language's own rules.
 *
 * @module
 */

import { checkIterable } from "../describe.ts";

/** A source whose items are there, or arrive over time. */
export type AnyIterable<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/**
 * Runs a generator over a source, and closes the source also if nobody asks for an
 * item: such a generator ends without having run, so that no loop in it could.
 */
export function over<T, R>(
  source: Iterable<T>,
  body: (items: Iterable<T>) => Generator<R, void, void>,
): Generator<R, void, void> {
  const opening = new Opening(checkIterable(source));
  const items = body(opening);
  const { return: end, throw: fail } = items;
  items.return = (value) => {
    const step = end.call(items, value);
    opening.skip();
    return step;
  };
  items.throw = (error) => {
    quietly(() => opening.skip());
    return fail.call(items, error);
  };
  return items;
}

/** A source that notices whether it has been opened. */
class Opening<T> implements Iterable<T> {
  #isOpen = false;
  readonly #source: Iterable<T>;

  constructor(source: Iterable<T>) {
    this.#source = source;
  }

  [Symbol.iterator](): Iterator<T> {
    this.#isOpen = true;
    return this.#source[Symbol.iterator]();
  }

  /** Closes it, if nobody has opened it. */
  skip(): void {
    if (!this.#isOpen) close(this);
  }
}

/** Opens a source and closes it, as the language does for a pattern. */
export function close(source: Iterable<unknown>): void {
  // deno-lint-ignore no-empty-pattern
  const [] = source;
}

/** Ignores errors in closing, because the error that came first is told. */
function quietly(close: () => unknown): void {
  try {
    close();
  } catch {
    // It is told already that something went wrong.
  }
}

/** The items of a source, as they are. */
export function* itemsOf<T>(source: Iterable<T>): Generator<T, void, void> {
  for (const item of source) yield item;
}

/** Items of several sources: one of each, until one of them has no more. */
export class Rows<T> implements Iterable<T[]> {
  readonly #sources: readonly Iterable<T>[];

  constructor(sources: readonly Iterable<T>[]) {
    this.#sources = sources.map(checkIterable);
  }

  [Symbol.iterator](): Iterator<T[], void> {
    const open: Open<T>[] = [];
    try {
      for (const source of this.#sources) {
        const iterator = source[Symbol.iterator]();
        open.push({ iterator, next: iterator.next });
      }
    } catch (error) {
      quietly(() => closeAll(open));
      throw error;
    }
    return { next: () => takeRow(open), return: () => closeAll(open) };
  }
}

/** An iterator, and its `next`, which is looked up only once. */
interface Open<T> {
  readonly iterator: Iterator<T>;
  readonly next: () => IteratorResult<T>;
}

function takeRow<T>(open: Open<T>[]): IteratorResult<T[], void> {
  const row: T[] = [];
  try {
    for (const { iterator, next } of open) {
      const step = checkStep(next.call(iterator));
      if (step.done) break;
      row.push(step.value);
    }
  } catch (error) {
    quietly(() => closeOthers(open, row.length));
    throw error;
  }
  const isWhole = row.length > 0 && row.length === open.length;
  return isWhole ? { done: false, value: row } : closeOthers(open, row.length);
}

/** Closes all but the one that has ended or failed. */
function closeOthers(open: Open<unknown>[], ended: number): typeof end {
  open.splice(ended, 1);
  return closeAll(open);
}

/** Closes all of them, the last one first. */
function closeAll(open: Open<unknown>[]): typeof end {
  let failure: { error: unknown } | undefined;
  for (let source; (source = open.pop());) {
    const { iterator } = source;
    try {
      const { return: close } = iterator;
      if (close) checkStep(close.call(iterator));
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
  return end;
}

const end: IteratorReturnResult<void> = { done: true, value: undefined };

function checkStep<Step>(step: Step): Step {
  if (typeof step === "object" ? step : typeof step === "function") return step;
  throw new TypeError(
    `an iterator's answer must be an object: ${String(step)}`,
  );
}

/** The same as `over`, for items that arrive over time. */
export function overAsync<R>(
  source: AnyIterable<unknown>,
  items: AsyncGenerator<R, void, void>,
): AsyncGenerator<R, void, void> {
  const { next, return: end, throw: fail } = items;
  let hasBegun = false;
  items.next = () => {
    hasBegun = true;
    return next.call(items);
  };
  items.return = async (value) => {
    const isSkipped = !hasBegun;
    hasBegun = true;
    const step = await end.call(items, value);
    if (isSkipped) await openAny(source).return();
    return step;
  };
  items.throw = async (error) => {
    if (hasBegun) return await fail.call(items, error);
    await items.return().catch(() => {}); // the error that came first is told
    throw error;
  };
  return items;
}

/** An open source, to be used by hand: it keeps to the rules of `for await`. */
interface OpenAny<T> extends AsyncIterator<T | PromiseLike<T>, unknown> {
  return(): Promise<IteratorResult<T, unknown>>;
}

/** Opens a source, whether its items are there or arrive over time. */
export function openAny<T>(source: AnyIterable<T>): OpenAny<T> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: openSync } =
    source as AsyncIterable<T> & Iterable<T>;
  const iterator = (openAsync ?? openSync).call(source) as AsyncIterator<T>;
  const { next } = iterator;
  return {
    next: async () => {
      const step = checkStep(await next.call(iterator));
      if (step.done) return step;
      const { value } = step;
      // Whoever stops before this item's turn need not hear that it failed.
      if (value instanceof Promise) value.catch(() => {});
      return { done: false, value };
    },
    return: async () => {
      const { return: close } = iterator;
      return close ? checkStep(await close.call(iterator)) : end;
    },
  };
}

/** Checks a source whose items may arrive over time. */
export function checkAnyIterable<Source>(source: Source): Source {
  const value = source as { [Symbol.asyncIterator]?: unknown } | null;
  return typeof value?.[Symbol.asyncIterator] === "function"
    ? source
    : checkIterable(source);
}
