/**
 * Fetched files: pinned, downloaded once, and never something else than they should be.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";

import {
  all,
  build,
  digestBytes,
  fetch,
  MemoryStore,
  merge,
  out,
  planGraph,
  renderError,
  sh,
  stage,
  toJson,
  tool,
  type BuildError,
  type File,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner, virtualClock } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

import { blobPath, BuildRig } from "./rig/build-rig.ts";
import { HttpServer, type Answer } from "./rig/http-server.ts";

const sha256 = (content: string | Buffer): string =>
  createHash("sha256").update(content).digest("hex");

const ok =
  (content: string | Buffer): Answer =>
  (response) =>
    response.end(content);
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end("not the file");
const to =
  (location: string, code = 302): Answer =>
  (response) =>
    response.writeHead(code, { location }).end();
/** Promises more than it sends. */
const cut: Answer = (response) => {
  response.writeHead(200, { "content-length": 100 });
  response.write("only this", () => response.destroy());
};

/** How long a server may say nothing, in milliseconds: the default of `fetch`. */
const idleMs = 30_000;

/** What becomes of a build of the files alone. */
async function errorOf(rig: BuildRig, ...files: readonly File[]): Promise<BuildError> {
  return await rig.build(files, { clock: virtualClock() }).then(
    () => expect.fail("it was built"),
    (error: BuildError) => error,
  );
}

describe("a fetched file", () => {
  test("is an input, and is downloaded once", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/dl/a%20b.txt": "content" });
    const file = fetch(server.url("/dl/a%20b.txt?v=1"), { sha256: sha256("content") });
    expectTypeOf(file).toEqualTypeOf<File>();
    const use = stage("use", () => sh`use ${file} ${out.file("made")}`);
    const mock = mockRunner().on(use, async ({ text }) => ({
      outputs: { made: await text("in/a b.txt") },
    }));
    const again = async () =>
      await build(use(), { runner: mock, store: rig.store, cwd: rig.project });
    const made = use();
    const report = await build(made, { runner: mock, store: rig.store, cwd: rig.project });
    expect(await report.text(made)).toBe("content");
    expect(server.asked).toEqual(["/dl/a%20b.txt"]);
    expect((await again()).ran).toEqual([]);
    // Nor for others, who have never heard of it.
    const other = await rig.build(fetch(server.url("/elsewhere"), { sha256: sha256("content") }));
    expect(other.ok).toBe(true);
    expect(server.asked.length).toBe(1);
  });

  test("is a source like others: taken before anything runs, and told of", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/a.txt": "content" });
    const file = fetch(server.url("/a.txt", "me:secret@"), { sha256: sha256("content") });
    const [made, make] = rig.stage("make", { file, all: merge({ "x/y": file }) }, "made");
    make.always(async ({ text }) => ({ made: (await text("file")) + (await text("all/x/y")) }));
    expect(await (await rig.build(made)).text(made)).toBe("contentcontent");
    expect(rig.events.map(({ type }) => type).slice(0, 3)).toEqual([
      "build-started",
      "source-taken",
      "stage-started",
    ]);
    expect(rig.events[1]).toMatchObject({ location: server.url("/a.txt") });
  });

  test("has the key of any other file of that name and content", async () => {
    await using server = await HttpServer.start({ "/a.txt": "same", "/b/a.txt": "same" });
    const store = new MemoryStore();
    const pinned = { sha256: sha256("same") };
    const use = stage("use", (file: File) => sh`use ${file}`);
    const runner = mockRunner().on(use, {});
    await build(use(fetch(server.url("/a.txt"), pinned)), { runner, store });
    const again = await build(use(fetch(server.url("/b/a.txt"), pinned)), { runner, store });
    expect(again.ran).toEqual([]);
  });

  test("may be executable, and a tool", async () => {
    await using server = await HttpServer.start({ "/bin/greet": "#!/bin/sh\necho hello\n" });
    await using runner = localRunner();
    const pin = sha256("#!/bin/sh\necho hello\n");
    const greet = tool.from(fetch(server.url("/bin/greet"), { sha256: pin, executable: true }));
    const call = stage("call", () => sh.bash({ tools: [greet] })`greet > ${out.file("said")}`)();
    const report = await build(call, { runner, store: new MemoryStore() });
    expect(await report.text(call)).toBe("hello\n");
  });

  test("is unpacked by a stage", async () => {
    await using rig = await BuildRig.create();
    await using runner = localRunner();
    const pack = stage("pack", () => {
      return sh.bash`mkdir a; echo "int x;" > a/x.c; tar -czf ${out.file("a.tar.gz")} a`;
    });
    const packed = pack();
    const first = await build(packed, { runner, store: rig.store });
    const archive = await first.bytes(packed);
    await using server = await HttpServer.start({ "/a.tar.gz": archive });

    const unpack = stage("unpack", (from: File) => {
      const tree = out.tree("tree");
      return sh.bash`mkdir ${tree}; tar -xzf ${from} -C ${tree} --strip-components=1`;
    });
    const tree = unpack(fetch(server.url("/a.tar.gz"), { sha256: sha256(archive) }));
    const report = await build(tree, { runner, store: new MemoryStore() });
    expect(await report.text(tree.file("x.c"))).toBe("int x;\n");
  });

  test.each<[string, (content: string) => string]>([
    ["in hexadecimal, of any case", (content) => sha256(content).toUpperCase()],
    [
      "as in `integrity`",
      (content) => `sha256-${Buffer.from(sha256(content), "hex").toString("base64")}`,
    ],
  ])("is pinned %s", async (_, pin) => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/a": "content" });
    const file = fetch(server.url("/a"), { sha256: pin("content") });
    expect(await (await rig.build(file)).text(file)).toBe("content");
  });

  test("keeps its bytes, whatever the server says about their encoding", async () => {
    await using rig = await BuildRig.create();
    const archive = gzipSync("content");
    await using server = await HttpServer.start({
      "/a.gz": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(archive),
    });
    const file = fetch(server.url("/a.gz"), { sha256: sha256(archive) });
    expect((await (await rig.build(file)).bytes(file)).equals(archive)).toBe(true);
  });

  test("may be empty, or large", async () => {
    await using rig = await BuildRig.create();
    const chunk = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    const hash = createHash("sha256");
    for (let n = 0; n < 40; n++) hash.update(chunk);
    await using server = await HttpServer.start({
      "/none": "",
      "/large": (response) => {
        let left = 40;
        const send = (): void => {
          while (left-- > 0) if (!response.write(chunk)) return void response.once("drain", send);
          response.end();
        };
        send();
      },
    });
    const none = fetch(server.url("/none"), { sha256: sha256("") });
    const large = fetch(server.url("/large"), { sha256: hash.digest("hex") });
    const report = await rig.build([none, large]);
    expect(await report.text(none)).toBe("");
    expect((await report.digest(large)).endsWith(`/${40 * 1024 * 1024}`)).toBe(true);
    expect(readdirSync(join(rig.folder, "store/tmp"))).toEqual([]);
  });

  test("that is lost from the store is fetched again", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/a": "content" });
    const file = fetch(server.url("/a"), { sha256: sha256("content") });
    await rig.build(file);
    rmSync(blobPath(rig, digestBytes(Buffer.from("content"))));
    const report = await rig.build(file);
    expect(server.asked.length).toBe(2);
    const path = (): string => {
      const found = blobPath(rig, digestBytes(Buffer.from("content")));
      // Nobody but root may change it as it is.
      chmodSync(found, 0o644);
      return found;
    };
    truncateSync(path(), 3);
    expect(await report.text(file)).toBe("content");
    expect(server.asked.length).toBe(3);
    // For one who remembers nothing, what lies there must prove itself.
    writeFileSync(path(), "CONTENT");
    const again = fetch(server.url("/a"), { sha256: sha256("content"), name: "other" });
    expect(await (await rig.build(again)).text(again)).toBe("content");
    expect(server.asked.length).toBe(4);
  });

  test("is found at the first address that has it", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({
      "/other": "another content",
      "/right": "content",
    });
    const urls = ["/none", "/other", "/right", "/never"].map((path) => server.url(path));
    const file = fetch(urls, { sha256: sha256("content") });
    expect(await (await rig.build(file)).text(file)).toBe("content");
    expect(server.asked).toEqual(["/none", "/other", "/right"]);
    expect(inspect(file)).toBe(`file(fetch ${server.url("/none")})`);
  });

  test("may come from the disk", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "a b.txt": "content" });
    const url = pathToFileURL(join(rig.project, "a b.txt"));
    const file = fetch(url, { sha256: sha256("content") });
    expect(await (await rig.build(file)).text(file)).toBe("content");
    const missing = await errorOf(rig, fetch(`${url.href}x`, { sha256: sha256("x") }));
    expect(missing).toMatchObject({ code: "FETCH_FAILED" });
    expect(Object.values(missing.facts)[0]).toContain("ENOENT");
  });
});

describe("redirects", () => {
  test("are followed, and only the first host sees a password", async () => {
    await using rig = await BuildRig.create();
    const seen: (string | undefined)[] = [];
    const look =
      (answer: Answer): Answer =>
      (response, request) => {
        seen.push(request.headers.authorization);
        answer(response, request);
      };
    await using other = await HttpServer.start({ "/file": look(ok("content")) });
    await using server = await HttpServer.start({
      "/a": look(to("b/c", 301)),
      "/b/c": look(to(other.url("/file"), 307)),
    });
    const file = fetch(server.url("/a", "me:p%40ss@"), { sha256: sha256("content") });
    expect(await (await rig.build(file)).text(file)).toBe("content");
    const basic = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    expect(seen).toEqual([basic, basic, undefined]);
  });

  test.each<[string, string, RegExp]>([
    ["in a circle", "/circle", /more than 10 times/],
    ["to a file of this machine", "/file", /no HTTP address/],
    ["to nowhere", "/nowhere", /HTTP 302/],
  ])("are not followed %s", async (_, path, reason) => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({
      "/circle": to("/circle"),
      "/file": to("file:///etc/passwd"),
      "/nowhere": status(302),
    });
    const error = await errorOf(rig, fetch(server.url(path), { sha256: sha256("x") }));
    expect(error.code).toBe("FETCH_FAILED");
    expect(Object.values(error.facts)[0]).toMatch(reason);
  });
});

describe("what may pass is tried again:", () => {
  test.each<[string, Answer, number]>([
    ["a server that is busy", status(503), 2],
    ["a connection that breaks", cut, 2],
    ["one that breaks at once", (response) => response.destroy(), 3],
  ])("%s", async (_, answer, times) => {
    await using rig = await BuildRig.create();
    const clock = virtualClock();
    const answers = [...Array.from({ length: times }, () => answer), ok("content")];
    await using server = await HttpServer.start({ "/a": answers });
    const file = fetch(server.url("/a"), { sha256: sha256("content") });
    expect(await (await rig.build(file, { clock })).text(file)).toBe("content");
    expect(clock.now()).toBe({ 1: 1000, 2: 4000, 3: 13_000 }[times]);
  });

  test("a server that falls silent", async () => {
    await using rig = await BuildRig.create();
    const clock = virtualClock();
    await using server = await HttpServer.start({
      "/a": [
        () => clock.advance(idleMs),
        (response) => {
          response.writeHead(200, { "content-length": 100 });
          response.write("some", () => clock.advance(idleMs));
        },
        ok("content"),
      ],
    });
    const file = fetch(server.url("/a"), { sha256: sha256("content") });
    expect(await (await rig.build(file, { clock })).text(file)).toBe("content");
    expect(clock.now()).toBe(2 * idleMs + 4000);
  });

  test("but not for ever, and the error says how often", async () => {
    await using rig = await BuildRig.create();
    const clock = virtualClock();
    await using server = await HttpServer.start({ "/a": status(500), "/b": status(410) });
    const file = fetch([server.url("/a"), server.url("/b")], { sha256: sha256("content") });
    await expect(rig.build(file, { clock })).rejects.toMatchObject({
      code: "FETCH_FAILED",
      facts: {
        [server.url("/a")]: "HTTP 500 Internal Server Error (4 times)",
        [server.url("/b")]: "HTTP 410 Gone",
      },
    });
    expect(clock.now()).toBe(13_000);
  });

  test("what will not pass is not", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({});
    const error = await errorOf(rig, fetch(server.url("/a"), { sha256: sha256("x") }));
    expect(error).toMatchObject({
      code: "FETCH_FAILED",
      facts: { [server.url("/a")]: "HTTP 404 Not Found" },
    });
    expect(server.asked.length).toBe(1);
  });
});

describe("a file is refused", () => {
  test("whose content is another: both digests are told, and nothing is kept", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/a": "something else" });
    const [made, make] = rig.stage(
      "make",
      { a: fetch(server.url("/a"), { sha256: sha256("content") }) },
      "made",
    );
    await expect(rig.build(made)).rejects.toMatchObject({
      code: "FETCH_WRONG_DIGEST",
      facts: {
        expected: `sha256 ${sha256("content")}`,
        found: `sha256 ${sha256("something else")}`,
      },
    });
    expect(make.runs).toBe(0);
    const wrong = digestBytes(Buffer.from("something else"));
    expect(await rig.store.content.missing([wrong])).toEqual([wrong]);
    expect(readdirSync(join(rig.folder, "store/tmp"))).toEqual([]);
  });

  test("that is not pinned: its digest is told, nothing runs, and pinning it costs no download", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/a": "content", "/b": "more" });
    const use = (...files: readonly File[]) => {
      const inputs = Object.fromEntries(files.map((file, at) => [`f${at}`, file]));
      const [made, make] = rig.stage("make", inputs, "made");
      make.always({ made: "made" });
      return { made, make };
    };
    const { made, make } = use(fetch(server.url("/a")));
    await expect(rig.build(made)).rejects.toMatchObject({
      code: "FETCH_UNPINNED",
      facts: { [server.url("/a")]: `sha256 ${sha256("content")}, 7 bytes` },
      hint: `if that is what you expect, pin it: \`{ sha256: "${sha256("content")}" }\``,
    });
    const both = use(fetch(server.url("/a")), fetch(server.url("/b")));
    await expect(rig.build(both.made)).rejects.toMatchObject({
      code: "FETCH_UNPINNED",
      facts: {
        [server.url("/a")]: `sha256 ${sha256("content")}, 7 bytes`,
        [server.url("/b")]: `sha256 ${sha256("more")}, 4 bytes`,
      },
    });
    expect(make.runs + both.make.runs).toBe(0);
    const before = server.asked.length;
    const pinned = use(
      fetch(server.url("/a"), { sha256: sha256("content") }),
      fetch(server.url("/b"), { sha256: sha256("more") }),
    );
    expect((await rig.build(pinned.made)).ran).toEqual(["make"]);
    expect(server.asked.length).toBe(before);
  });
});

test("several are fetched at once, but not too many, and each once", async () => {
  await using rig = await BuildRig.create();
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const most: number[] = [];
  const answers = Object.fromEntries(
    Array.from({ length: 14 }, (_, n): [string, Answer] => [
      `/${n}`,
      (response) => {
        most.push(++underWay);
        waiting.push(() => {
          underWay--;
          response.end(String(n));
        });
        // The last two make no full round.
        if (underWay === 6 || most.length > 12) for (const go of waiting.splice(0)) go();
      },
    ]),
  );
  await using server = await HttpServer.start(answers);
  const files = Array.from({ length: 28 }, (_, n) =>
    fetch(server.url(`/${n % 14}`), { sha256: sha256(String(n % 14)) }),
  );
  const report = await rig.build(files);
  expect(Math.max(...most)).toBe(6);
  expect(server.asked.length).toBe(14);
  expect(await report.text(files[27]!)).toBe("13");
});

test("a failure, or a cancellation, stops what is under way", async () => {
  await using rig = await BuildRig.create();
  const stop = new AbortController();
  let arrived = (): void => {};
  const stuck: Answer = (response) => {
    response.writeHead(200);
    response.write("some", () => arrived());
  };
  await using server = await HttpServer.start({ "/stuck": stuck });
  const file = fetch(server.url("/stuck"), { sha256: sha256("x") });
  arrived = () => stop.abort(new Error("Ctrl-C"));
  const report = await rig.tryBuild(file, { signal: stop.signal });
  expect(report).toMatchObject({ outcome: "cancelled" });
  expect(readdirSync(join(rig.folder, "store/tmp"))).toEqual([]);

  arrived = () => {};
  const error = await errorOf(rig, file, fetch(server.url("/none"), { sha256: sha256("y") }));
  expect(error.code).toBe("FETCH_FAILED");
  expect(readdirSync(join(rig.folder, "store/tmp"))).toEqual([]);
});

test("no secret of an address is shown", async () => {
  await using rig = await BuildRig.create();
  await using server = await HttpServer.start({ "/a": "content" });
  const secret = server.url("/none?token=SESAME", "me:SESAME@");
  const file = fetch(secret, { sha256: sha256("content") });
  const texts = [
    renderError(await errorOf(rig, file)),
    renderError(await errorOf(rig, fetch(server.url("/a?token=SESAME", "SESAME@")))),
    JSON.stringify(rig.events),
    toJson(await planGraph(all({ file }))),
    inspect(file, { depth: 10 }),
  ];
  expect(texts.join("\n")).toContain("127.0.0.1");
  expect(texts.join("\n")).not.toContain("SESAME");
});

describe("what cannot be fetched:", () => {
  const sum = sha256("x");
  test.each<[string, () => unknown, string]>([
    ["no URL", () => fetch("zlib.tar.gz", { sha256: sum }), "no URL: zlib.tar.gz"],
    ["nothing", () => fetch(undefined as never), "option `url` is undefined"],
    ["none of several", () => fetch([]), "an empty list"],
    ["another protocol", () => fetch("ftp://example.org/a"), "a `ftp:` URL"],
    ["a file of another host", () => fetch("file://host/a"), "no URL"],
    ["half a digest", () => fetch("https://e.org/a", { sha256: "abc" }), "option `sha256`"],
    [
      "another digest",
      () => fetch("https://e.org/a", { sha256: "sha512-AAAA" }),
      "option `sha256`",
    ],
    ["no time", () => fetch("https://e.org/a", { idleTimeoutMs: 0 }), "option `idleTimeoutMs`"],
    ["a name with a slash", () => fetch("https://e.org/a", { name: "a/b" }), "a/b"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  test("a password in what is no URL is not shown either", () => {
    expect(() => fetch("https//me:SESAME@e.org")).toThrow(/^(?!.*SESAME)/);
  });

  test.each<[string, string]>([
    ["https://e.org/a/b.tgz?x=1#y", "b.tgz"],
    ["https://e.org/a/b/", "b"],
    ["https://e.org", "e.org"],
    ["https://e.org/%2Fetc", "download"],
    ["https://e.org/%ff", "%ff"],
  ])("%s is called %s", async (url, name) => {
    const command = stage("use", () => sh`use ${fetch(url)}`);
    const graph = await planGraph(command());
    expect(graph.getNodeAttributes("use")).toMatchObject({ argv: ["use", `in/${name}`] });
  });
});
