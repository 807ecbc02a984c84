/**
 * Starts a program with a pool of two processes, one of them in an endless loop,
 * ends the program, and waits until the processes are gone. It is told how to
 * end it, and with which permission to run programs it is started.
 */

const [how, permission = "--allow-run"] = Deno.args;
const mod = new URL("../../mod.ts", import.meta.url).href;

// Each process holds a connection, which closes when the process is gone.
using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr as Deno.NetAddr;
const program = `
  import { Pool } from "${mod}";
  const pool = new Pool({
    workers: 2,
    isolation: "process",
    permissions: { net: ["127.0.0.1:${port}"] },
  });
  const hold = async (isBusy) => {
    await Deno.connect({ hostname: "127.0.0.1", port: ${port} });
    while (isBusy);
    await new Promise(() => {});
  };
  pool.map(hold, [true, false]).catch(() => {});
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit(0);`;
const parent = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--allow-read",
    permission,
    `data:text/javascript,${encodeURIComponent(program)}`,
  ],
  stdin: "piped",
  stdout: "null",
  stderr: "null",
}).spawn();
const held = [await listener.accept(), await listener.accept()];
if (how !== "ends") parent.kill(how as Deno.Signal);
await parent.stdin.close().catch(() => {});
await parent.status;
for (const connection of held) {
  // Nothing is ever sent: only the end of the process ends the read.
  await connection.read(new Uint8Array(1)).catch(() => {});
  connection.close();
}
console.log("both are gone");
