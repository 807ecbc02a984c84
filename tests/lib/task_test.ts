import { assertEquals } from "@std/assert";
import { textOf } from "../../lib/workers/task.ts";

Deno.test("a class travels as text, also from a compiler that moves computed names out of it", () => {
  const _computedKey: typeof Symbol.dispose = Symbol.dispose;
  const _computedKey1 = Symbol.for("a key");
  class Moved {
    [_computedKey]() {
      return "disposed";
    }
    async *[_computedKey1]() {}
  }
  const text = textOf(Moved);
  const Arrived = (0, eval)(`(${text})`) as typeof Moved;
  assertEquals(new Arrived()[_computedKey]!(), "disposed");
  assertEquals(Object.getOwnPropertySymbols(Arrived.prototype), [
    Symbol.dispose,
    Symbol.for("a key"),
  ]);
});

Deno.test("names that were moved out of a class in a function stay as they are", () => {
  const _computedKey: typeof Symbol.dispose = Symbol.dispose;
  const task = () => {
    class Inner {
      [_computedKey]() {}
    }
    return new Inner();
  };
  assertEquals(textOf(task), String(task));
});
