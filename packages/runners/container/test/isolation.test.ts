import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { all, DiskStore, out, sh, stage } from "@ashlar/core";
import { expect, onTestFinished, test } from "vitest";

import { startChild } from "../../local/test/child.ts";
import {
  codes,
  containersOf,
  folder,
  onEachEngine,
  print,
  run,
  runnerOf,
  script,
  until,
} from "./rig.ts";

onEachEngine("what a command can reach", (engine) => {
  test("neither files of the machine, nor the store, nor the directory of another stage", async () => {
    const place = folder();
    writeFileSync(join(place, "marker"), "secret of the host");
    const store = new DiskStore(join(place, "store"));
    const runner = await runnerOf(engine, { scratch: place, containers: 2 });
    const probe = `
      for path in ${place}/marker ${place}/store ${place}/ashlar-run-*; do
        if [ -e "$path" ]; then echo "sees $path"; fi
      done
      cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep 'MARK=other[-]stage'
      find / -name other-file 2> /dev/null
      echo done`;
    const waiting = script("echo x > other-file; echo on; sleep 1000", {
      env: { MARK: "other-stage" },
    });
    const stop = new AbortController();
    let isOn = (): void => {};
    const on = new Promise<void>((resolve) => (isOn = resolve));
    const other = run(runner, waiting, {
      ...{ store, signal: stop.signal },
      onEvent: ({ type }) => {
        if (type === "stage-output") isOn();
      },
    });
    await Promise.race([on, other]);
    const seen = await print(runner, probe, {}, { store });
    stop.abort(new Error("enough"));
    expect([seen, (await other).outcome]).toEqual(["done\n", "cancelled"]);
  });

  test("no network, unless the stage asks for it and the runner allows it", async () => {
    const server = createServer((socket) => socket.end("hello")).listen(0, "0.0.0.0");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const runner = await runnerOf(engine);
    const probe = `ls /sys/class/net; nc -w 1 127.0.0.1 ${port} < /dev/null 2> /dev/null; echo $?`;
    expect(await print(runner, probe)).toBe("lo\n1\n");
    const refusing = await runnerOf(engine, { network: "refused" });
    const report = await run(refusing, script("ls /sys/class/net", { network: true }));
    expect(codes(report)).toEqual(["CONTAINER_NETWORK"]);
  });

  test("nothing is left of a command for the next one", async () => {
    const runner = await runnerOf(engine, { containers: 1 });
    const litter = `
      for place in /tmp /dev/shm /ashlar /ashlar/home "$TMPDIR" / /etc /usr /dev /run /var/tmp; do
        { echo x > "$place/litter"; } 2> /dev/null
      done
      (setsid sleep 1000 > /dev/null 2>&1 &)
      chmod 000 /tmp /ashlar/home; true`;
    const look = "find / -name litter 2> /dev/null; ps | grep 'sleep 100[0]'; echo clean";
    expect(await print(runner, litter)).toBe("");
    expect(await print(runner, look)).toBe("clean\n");
  });

  test("the machine cannot be read through links in the place of the input root", async () => {
    const place = folder();
    writeFileSync(join(place, "marker"), "secret of the host");
    const runner = await runnerOf(engine);
    const outputs = { o: out.file("marker") };
    const replaced = `cd /; rm -r /ashlar/root; ln -s ${place} /ashlar/root`;
    const told = `${replaced}; ln -sf ${place}/marker /ashlar/ended`;
    const seen = async (text: string): Promise<string[]> => {
      const linked = stage("linked", () => sh({ outputs })`sh -c ${text}`)();
      return codes(await run(runner, all({ linked })));
    };
    expect(await seen(replaced)).toEqual(["OUTPUT_MISSING"]);
    expect(await seen(told)).toEqual(["STAGE_FAILED"]);
  });

  test("no rights, and no way to get any", async () => {
    const runner = await runnerOf(engine);
    const printed = await print(runner, "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status");
    expect(printed).toMatch(/^CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\n$/);
  });

  test("what it writes belongs to who builds", async () => {
    const runner = await runnerOf(engine);
    const own = `${process.getuid?.()} ${process.getgid?.()}\n`;
    expect(await print(runner, "touch f; stat -c '%u %g' f")).toBe(own);
  });

  test("a command that kills its own parent is over, and its container too", async () => {
    const runner = await runnerOf(engine, { containers: 1 });
    const report = await run(runner, script("kill -KILL $PPID; sleep 1000"));
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.message).toContain("SIGKILL");
    expect(await print(runner, "echo next")).toBe("next\n");
  });
});

onEachEngine("what is left", (engine) => {
  test("no container when a runner is disposed of", async () => {
    const runner = await runnerOf(engine, { containers: 2 });
    await run(runner, [script("true", { env: { N: 1 } }), script("true", { env: { N: 2 } })]);
    expect(containersOf(engine, process.pid).length).toBeGreaterThan(0);
    await runner[Symbol.asyncDispose]();
    expect(containersOf(engine, process.pid)).toEqual([]);
  });

  test("no container when the process that builds is killed", async () => {
    const place = folder();
    const child = startChild(new URL("children/endless.ts", import.meta.url), [
      engine.name,
      engine.image,
      place,
    ]);
    let heard = "";
    child.stdout.on("data", (chunk) => (heard += String(chunk)));
    try {
      await until("it runs", () => heard.includes("started"));
      expect(containersOf(engine, child.pid!).length).toBe(1);
    } finally {
      child.kill("SIGKILL");
    }
    await until("it is gone", () => containersOf(engine, child.pid!).length === 0);
  });
});

onEachEngine("limits", (engine) => {
  test("a command that needs more memory is told why it was killed", async () => {
    const runner = await runnerOf(engine, { limits: { memory: 64 * 2 ** 20 } });
    const greedy = "tail -c 500000000 /dev/zero | cat > /dev/null";
    const report = await run(runner, script(`${greedy}; kill -KILL $$`));
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.facts["reason"]).toContain("64 MiB");
  });
});

onEachEngine("images that a build has made", (engine) => {
  test("a root file system is an image, known by the digest of its tree", async () => {
    const place = folder();
    const store = new DiskStore(join(place, "store"));
    const runner = await runnerOf(engine);
    const make = stage(
      "rootfs",
      () =>
        sh({
          outputs: { root: out.tree("root") },
        })`sh -ec ${"mkdir -p root/bin root/etc; cp /bin/busybox root/bin; for a in sh env cat; do ln -s busybox root/bin/$a; done; echo made > root/etc/made"}`,
    );
    const root = make();
    const report = await run(runner, all({ root }), { store });
    expect(codes(report)).toEqual([]);
    const tree = await report.digest(root);
    const inside = await runnerOf(engine, { image: { tree, content: store.content } });
    expect(await print(inside, "cat /etc/made")).toBe("made\n");
    expect(inside.platform).toContainEqual({ name: "container-image", value: `tree://${tree}` });
  });
});
