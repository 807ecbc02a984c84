/**
 * A message there and back: our pool beside what it is made of.
 *
 * A program of its own, to be kept on one processor where that can be done: two
 * that take turns have no use for a second one. On two, whoever waits has to be
 * woken up, which takes five times as long as the message; and who gets there is
 * luck, which stays with a thread for as long as it lives.
 *
 * Prints the microseconds that each took, ours first.
 *
 * @module
 */

import { Pool } from "../../mod.ts";
import { least, measure } from "../measure.ts";
import { bareChannel, bareWorker } from "./bare.ts";
import { square } from "./tasks.mjs";

const [isolation] = Deno.args;
const isThread = isolation !== "process";
const trips = 40;

const echo = isThread ? bareWorker() : bareChannel();
{
  await using pool = new Pool({
    workers: 1,
    isolation: isThread ? "worker" : "process",
  });
  const repeat = (trip: () => Promise<unknown>) => async () => {
    for (let i = 0; i < trips; i++) await trip();
  };
  const ways = [
    { name: "ours", run: repeat(() => pool.apply(square, [7])) },
    { name: "bare", run: repeat(() => echo.trip(7)) },
  ];
  // Until the compiler is done with what is used most.
  await measure(ways, 500);
  const times = await measure(ways, 1000, least);
  const each = ["ours", "bare"].map((name) => times.get(name)! / trips * 1000);
  console.log(each.join(" "));
}
await echo.end();
