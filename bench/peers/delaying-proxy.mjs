/**
 * A proxy that makes a network of this machine longer: every byte comes out later, none is held back otherwise.
 *
 *     node delaying-proxy.mjs PORT MILLISECONDS
 *
 * `MILLISECONDS` is one way: a round trip takes twice that. Prints its own port; ends when it is killed.
 *
 * @module
 */
import { connect, createServer } from "node:net";

const [port = "", milliseconds = ""] = process.argv.slice(2);

const server = createServer({ noDelay: true }, (client) => {
  const service = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  later(client, service);
  later(service, client);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});

/**
 * @param {import("node:net").Socket} from
 * @param {import("node:net").Socket} to
 */
function later(from, to) {
  const wait = (/** @type {() => void} */ callback) => setTimeout(callback, Number(milliseconds));
  from.on("data", (bytes) => wait(() => to.write(bytes)));
  from.on("close", () => wait(() => to.destroy()));
  from.on("error", () => {});
}
