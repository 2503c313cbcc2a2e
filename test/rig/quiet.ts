/**
 * Quiet: nothing goes on any more but what waits for time, or for the test.
 *
 * A number of turns of the event loop alone says nothing: on a machine with a slow disk, there are thousands of them
 * while one file is read.
 *
 * @module
 */

/**
 * Resolves when this process has done all that it can do by itself. Of other processes and of connections it knows nothing.
 *
 * @param turns - In how many nobody has waited for the disk: promises may take a few to get where they lead.
 */
export async function quiet(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((name) => busy.test(name))) turn = 0;
  }
}

/** Requests to the disk, by the names that Node gives them. */
const busy = /^(?:FSReq|FileHandleCloseReq)/;
