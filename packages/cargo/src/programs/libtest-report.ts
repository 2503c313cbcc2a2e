/**
 * Reports of tests, from what Rust's test harness prints.
 *
 * The harness has no other form that is stable. Which program a block of lines belongs to, cargo says on its other stream;
 * so blocks and programs are brought together by their order.
 *
 *     stderr       Running unittests src/lib.rs (…)       Doc-tests tally
 *     stdout    running 2 tests                         running 1 test
 *               test a ... ok                           test src/lib.rs - f (line 3) ... ok
 *               test b ... FAILED
 *               ---- b stdout ----
 *               test result: FAILED. …
 *
 * @module
 */

/** How a test ended. */
export type TestOutcome = "passed" | "failed" | "ignored";

/** One test. */
export interface TestCase {
  readonly name: string;
  readonly outcome: TestOutcome;
  /** What it printed, if it failed. */
  readonly output: string;
}

/** The tests of one program. */
export interface TestSuite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/** Takes the lines of both streams, in the order in which each had them. */
export class LibtestReport {
  readonly #programs: string[] = [];
  readonly #blocks: Map<string, TestCase>[] = [];
  /** The test whose output is being read. */
  #shown: string | undefined;

  /** A line of standard error. */
  readonly addErrorLine = (line: string): void => {
    const program = /^\s+(?:Running (?:unittests )?(\S+) \(|Doc-tests (\S+))/.exec(line);
    const name = program?.[1] ?? (program?.[2] && `Doc-tests ${program[2]}`);
    if (name !== undefined) this.#programs.push(name);
  };

  /** A line of standard output. */
  readonly addLine = (line: string): void => {
    if (/^running \d+ tests?$/.test(line)) {
      this.#blocks.push(new Map());
      this.#shown = undefined;
      return;
    }
    const block = this.#blocks.at(-1);
    if (block === undefined) return;
    const ended = /^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)/.exec(line);
    const header = /^---- (.+) std(?:out|err) ----$/.exec(line)?.[1];
    if (header !== undefined && block.has(header)) this.#shown = header;
    else if (ended?.[1] !== undefined && this.#shown === undefined) {
      block.set(ended[1], {
        name: ended[1],
        outcome: outcomes[ended[2] ?? ""] ?? "failed",
        output: "",
      });
    } else if (/^(failures:|successes:|test result: )/.test(line)) this.#shown = undefined;
    else if (this.#shown !== undefined) {
      const known = block.get(this.#shown);
      if (known) block.set(known.name, { ...known, output: `${known.output}${line}\n` });
    }
  };

  /** What was seen so far. Tests run in threads, so they come in the order of their names. */
  suites(): readonly TestSuite[] {
    const areKnown = this.#programs.length === this.#blocks.length;
    return this.#blocks.map((block, at) => ({
      name: (areKnown ? this.#programs[at] : undefined) ?? `tests ${at + 1}`,
      cases: [...block.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    }));
  }
}

const outcomes: Readonly<Record<string, TestOutcome>> = {
  ok: "passed",
  FAILED: "failed",
  ignored: "ignored",
};

/** Suites in the form that CI systems read. Without times, so that equal outcomes are equal bytes. */
export function junitXml(suites: readonly TestSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts(all)}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite name="${escaped(name)}" ${counts(cases)}>`,
      ...cases.map((one) => testCase(one, name)),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ name, outcome, output }: TestCase, suite: string): string {
  const open = `    <testcase name="${escaped(name)}" classname="${escaped(suite)}"`;
  if (outcome === "passed") return `${open}/>`;
  if (outcome === "ignored") return `${open}><skipped/></testcase>`;
  const text = output.trim();
  const message = /^thread .* panicked at .*\n(.*)/m.exec(text)?.[1] ?? "failed";
  const failure = `<failure message="${escaped(message)}">${escaped(text)}</failure>`;
  return `${open}>${failure}</testcase>`;
}

function counts(cases: readonly TestCase[]): string {
  const count = (outcome: TestOutcome): number =>
    cases.filter((one) => one.outcome === outcome).length;
  return `tests="${cases.length}" failures="${count("failed")}" skipped="${count("ignored")}"`;
}

/** Text for XML: its own letters spelled out, and what it cannot hold left out. */
function escaped(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are what XML cannot hold
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
      .replaceAll(/[&<>"]/g, (letter) => `&${named[letter] ?? ""};`)
  );
}
