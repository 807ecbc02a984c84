/**
 * Messages through a pipe, there and back, beside a bare MessagePort, a
 * bare ipc channel and Python's.
 *
 * A program of its own, to be kept on one processor where that can be done, for
 * the reason that trip.ts gives.
 *
 * @module
 */

import {
  type Connection,
  FunctionProcess,
  FunctionWorker,
  pipe,
} from "../../mod.ts";
import { measure, report } from "../measure.ts";
import { bareChannel } from "./bare.ts";
import { startPython } from "./python_channels.ts";

const trips = 1000;
using python = await startPython(0, trips);

// A bare port and a connection, each echoed by a worker of its own.
const program = `onmessage = ({ data: port }) => {
  port.onmessage = ({ data }) => port.postMessage(data);
};`;
const url = URL.createObjectURL(
  new Blob([program], { type: "text/javascript" }),
);
const bareWorker = new Worker(url, { type: "module" });
const { port1: bare, port2: bareFar } = new MessageChannel();
bareWorker.postMessage(bareFar, [bareFar]);

const echo = async (end: Connection<number>) => {
  for await (const value of end) await end.send(value);
};
const [here, there] = pipe<number>();
const thread = new FunctionWorker(echo, { args: [there] });
thread.start();

async function bareTrips() {
  for (let i = 0; i < trips; i++) {
    await new Promise((resolve) => {
      bare.onmessage = resolve;
      bare.postMessage(i);
    });
  }
}

const tripsOf = (end: Connection<number>) => async () => {
  for (let i = 0; i < trips; i++) {
    await end.send(i);
    await end.recv();
  }
};

report(
  `${trips} round trips of a number`,
  await measure([
    { name: "bare MessagePort", run: bareTrips },
    { name: "pipe()", run: tripsOf(here) },
  ], 15),
  "bare MessagePort",
);
bare.close();
bareWorker.terminate();
here.close();
await thread.join();

const [near, far] = pipe<number>();
const process = new FunctionProcess(echo, { args: [far] });
process.start();
const bareEcho = bareChannel();

async function bareChannelTrips() {
  for (let i = 0; i < trips; i++) await bareEcho.trip(i);
}

report(
  `${trips} round trips of a number to a process`,
  await measure([
    { name: "bare ipc channel", run: bareChannelTrips },
    { name: "pipe()", run: tripsOf(near) },
    ...python.way("Python's Pipe", "pipe"),
  ], 15),
  "pipe()",
);
near.close();
await process.join();
await bareEcho.end();
