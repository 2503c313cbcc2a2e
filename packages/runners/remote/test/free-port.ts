/**
 * Ports for servers that take no other for an answer.
 *
 * Between the look at a port and the server's own there is time, in which it may be given to somebody else. So these are none of
 * those that systems give to whoever asks for any, and each process has some of its own.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below all that systems give away by themselves. */
const first = 10_000;

/** Processes at once that share none, and ports of each. */
const processes = 640;
const portsEach = 32;

let count = 0;

/** A port that nobody uses. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (process.pid % processes) * portsEach + (count++ % portsEach);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
