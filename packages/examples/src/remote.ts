/**
 * Remote execution: the pipeline of `site.ts` on a service of the Remote Execution API, and on this machine without one.
 *
 *     node packages/examples/dist/remote.js
 *     node packages/examples/dist/remote.js grpc://127.0.0.1:50051
 *
 * The service needs Node on the `PATH` of its workers. The second build has an empty store, as another machine would, and
 * executes nothing: what the first one made is there.
 *
 * @module
 */
import { all, build, MemoryStore, source } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { remoteCache, remoteRunner, withRemote } from "@ashlar/runner-remote";

import { check, render } from "./site.ts";

const [endpoint] = process.argv.slice(2);

const src = source(new URL("../hello", import.meta.url));
const page = render(src);
const checked = check(src.file("check.mjs"), page);

await using local = localRunner();
if (endpoint === undefined) {
  const report = await build(all({ page, checked }), { runner: local });
  console.log(`here: ran ${report.ran.length}, reused ${report.reused.length}`);
} else {
  for (const machine of ["one machine", "another one"]) {
    await using runner = remoteRunner({ endpoint });
    await using store = withRemote(new MemoryStore(), remoteCache(endpoint), { write: true });
    const report = await build(all({ page, checked }), { runner, store });
    console.log(`${machine}: ran ${report.ran.length}, reused ${report.reused.length}`);
  }
}
