/**
 * The plain way to run the stages of a pipeline: item by item, stage by stage.
 *
 * It is used where code cannot be generated, for pipelines of very many stages,
 * and for what arrives over time.
 *
 * @module
 */

import type { AnyFunction, Stage } from "./stages.ts";

/** The item goes no further. */
export const SKIP: unique symbol = Symbol("skip");

/** A stage at work, with what it remembers from item to item. */
export interface Step {
  /** Makes of an item the next one, or SKIP. */
  readonly run: (item: unknown) => unknown;
  /** What `run` makes are sources of items, not items. */
  readonly isMany: boolean;
  /** The stage wants no more items after this one. */
  isOver: boolean;
}

/**
 * Sets a stage to work.
 *
 * @param stage The stage.
 * @param check Checks what a `flatMap` makes.
 * @returns The stage at work, which has seen no item yet.
 */
export function startStep(
  stage: Stage,
  check: (source: unknown) => unknown,
): Step {
  const step = (run: (item: unknown, step: Step) => unknown): Step => {
    const made: Step = {
      isMany: stage.kind === "flatMap",
      isOver: false,
      run: (item) => run(item, made),
    };
    return made;
  };
  // Callbacks may give promises, in pipelines over what arrives over time.
  const decide = (answer: unknown, then: (yes: boolean) => unknown) =>
    answer instanceof Promise
      ? answer.then((value) => then(Boolean(value)))
      : then(Boolean(answer));

  const fn = stage.argument as AnyFunction;
  const n = stage.argument as number;
  switch (stage.kind) {
    case "map":
      return step((item) => fn(item));
    case "filter":
      return step((item) => decide(fn(item), (yes) => yes ? item : SKIP));
    case "flatMap":
      return step((item) => {
        const many = fn(item);
        return many instanceof Promise ? many.then(check) : check(many);
      });
    case "take": {
      let left = n;
      const taking = step((item, step) => {
        left -= 1;
        step.isOver = left === 0;
        return item;
      });
      taking.isOver = left === 0;
      return taking;
    }
    case "drop": {
      let left = n;
      return step((item) => left-- > 0 ? SKIP : item);
    }
    case "takeWhile":
      return step((item, step) =>
        decide(fn(item), (yes) => {
          step.isOver = !yes;
          return yes ? item : SKIP;
        })
      );
    case "dropWhile": {
      let isDropping = true;
      return step((item) => {
        if (!isDropping) return item;
        return decide(fn(item), (yes) => {
          isDropping = yes;
          return yes ? SKIP : item;
        });
      });
    }
    case "enumerate": {
      let i = n;
      return step((item) => [i++, item]);
    }
    case "unique": {
      const seen = new Set<unknown>();
      const enter = (key: unknown, item: unknown) => {
        if (seen.has(key)) return SKIP;
        seen.add(key);
        return item;
      };
      return step((item) => {
        const key = fn(item);
        return key instanceof Promise
          ? key.then((value) => enter(value, item))
          : enter(key, item);
      });
    }
  }
}

/** An open source, and the stage to which its items go. */
interface Open<Source> {
  readonly iterator: Source;
  readonly to: number;
}

/**
 * Runs stages over a source, without recursion: a pipeline may have as many
 * stages as it likes.
 *
 * @param source The source.
 * @param stages The stages.
 * @param check Checks what a `flatMap` makes.
 * @returns The items that come out at the end.
 */
export function* stepwise(
  source: Iterable<unknown>,
  stages: readonly Stage[],
  check: (source: unknown) => unknown,
): Generator<unknown, void, void> {
  const steps = stages.map((stage) => startStep(stage, check));
  // The source, and above it what the flatMaps on the way have made.
  const open: Open<Iterator<unknown>>[] = [
    { iterator: source[Symbol.iterator](), to: 0 },
  ];
  // What feeds this stage, or one before it, is not wanted any more.
  let over = steps.findLastIndex((step) => step.isOver);
  let failed = false;
  try {
    while (open.length > 0) {
      const { iterator, to } = open.at(-1)!;
      if (to <= over) {
        open.pop();
        iterator.return?.();
        continue;
      }
      let result;
      try {
        result = iterator.next();
      } catch (error) {
        open.pop(); // what fails has closed itself
        throw error;
      }
      if (result.done) {
        open.pop();
        continue;
      }

      let item = result.value;
      let at = to;
      while (at < steps.length && item !== SKIP) {
        const step = steps[at]!;
        item = step.run(item);
        if (step.isOver) over = Math.max(over, at);
        at += 1;
        if (step.isMany) {
          const many = item as Iterable<unknown>;
          open.push({ iterator: many[Symbol.iterator](), to: at });
          item = SKIP;
        }
      }
      if (item !== SKIP) yield item;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    let failure: { error: unknown } | undefined;
    for (const { iterator } of open.reverse()) {
      try {
        iterator.return?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    // An error in a callback is the one that arrives.
    // deno-lint-ignore no-unsafe-finally
    if (failure && !failed) throw failure.error;
  }
}

/**
 * The same over what arrives over time; callbacks may give promises.
 *
 * @param source The source.
 * @param stages The stages.
 * @param check Checks what a `flatMap` makes.
 * @returns The items that come out at the end.
 */
export async function* stepwiseAsync(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  stages: readonly Stage[],
  check: (source: unknown) => unknown,
): AsyncGenerator<unknown, void, void> {
  const steps = stages.map((stage) => startStep(stage, check));
  const open: Open<Iterator<unknown> | AsyncIterator<unknown>>[] = [
    { iterator: openAny(source), to: 0 },
  ];
  let over = steps.findLastIndex((step) => step.isOver);
  let failed = false;
  try {
    while (open.length > 0) {
      const { iterator, to } = open.at(-1)!;
      if (to <= over) {
        open.pop();
        await iterator.return?.();
        continue;
      }
      let result;
      try {
        result = await iterator.next();
      } catch (error) {
        open.pop();
        throw error;
      }
      if (result.done) {
        open.pop();
        continue;
      }

      let item = await result.value;
      let at = to;
      while (at < steps.length && item !== SKIP) {
        const step = steps[at]!;
        item = await step.run(item);
        if (step.isOver) over = Math.max(over, at);
        at += 1;
        if (step.isMany) {
          const many = item as Iterable<unknown> | AsyncIterable<unknown>;
          open.push({ iterator: openAny(many), to: at });
          item = SKIP;
        }
      }
      if (item !== SKIP) yield item;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    let failure: { error: unknown } | undefined;
    for (const { iterator } of open.reverse()) {
      try {
        await iterator.return?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    // deno-lint-ignore no-unsafe-finally
    if (failure && !failed) throw failure.error;
  }
}

/**
 * Opens a source, whether its items are there or arrive over time.
 *
 * @param source The source.
 * @returns A new iterator over it.
 */
export function openAny(
  source: AsyncIterable<unknown> | Iterable<unknown>,
): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in Object(source)
    ? (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : (source as Iterable<unknown>)[Symbol.iterator]();
}
