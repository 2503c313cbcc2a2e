/**
 * Byte patterns: sequences of bytes that are looked for all at once, and covered up in streams.
 *
 * A stream comes in chunks that are cut anywhere. What is covered does not depend on the cuts: bytes that
 * may be the beginning of a pattern are held back until it is known whether they are.
 *
 * @module
 */

/** A sequence of bytes, and what it is called. Never empty. */
export interface BytePattern {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What stands for covered bytes. */
const cover = Buffer.from("***");

/** From and up to where. */
type Span = readonly [start: number, end: number];

/** Patterns to look for. */
export class BytePatterns {
  readonly #patterns: readonly BytePattern[];
  /** Length of the longest pattern, in bytes; 0 if there is none. */
  readonly longest: number;

  constructor(patterns: readonly BytePattern[]) {
    this.#patterns = patterns;
    this.longest = Math.max(0, ...patterns.map(({ bytes }) => bytes.byteLength));
  }

  /** Name of the first pattern that occurs, in the order of the patterns. */
  find(bytes: Uint8Array): string | undefined {
    const buffer = asBuffer(bytes);
    return this.#patterns.find((pattern) => buffer.includes(pattern.bytes))?.name;
  }

  /** Where patterns occur, sorted. Occurrences that overlap or touch are one span. */
  spans(bytes: Uint8Array): Span[] {
    const buffer = asBuffer(bytes);
    const found: Span[] = [];
    for (const pattern of this.#patterns) {
      // The next may begin inside of this one.
      for (let at = buffer.indexOf(pattern.bytes); at !== -1;) {
        found.push([at, at + pattern.bytes.byteLength]);
        at = buffer.indexOf(pattern.bytes, at + 1);
      }
    }
    return joined(found);
  }

  /** Where the first occurrence may begin that the end of the bytes cuts off; the end if there is none. */
  cutFrom(bytes: Uint8Array): number {
    const buffer = asBuffer(bytes);
    const end = buffer.byteLength;
    let first = end;
    for (const { bytes: pattern } of this.#patterns) {
      const [start = 0] = pattern;
      let at = buffer.indexOf(start, Math.max(0, end - pattern.byteLength + 1));
      while (at !== -1 && at < first) {
        if (buffer.compare(pattern, 0, end - at, at, end) === 0) first = at;
        else at = buffer.indexOf(start, at + 1);
      }
    }
    return first;
  }

  /** The text with every occurrence covered up. */
  coverText(text: string): string {
    const veil = new Veil(this);
    return Buffer.concat([veil.add(Buffer.from(text)), veil.end()]).toString("utf8");
  }
}

/** Covers up patterns in one stream: each run of bytes that belong to any of them becomes `***`. */
export class Veil {
  readonly #patterns: BytePatterns;
  /** Bytes that are held back. */
  #held: Buffer = Buffer.alloc(0);
  /** How many of them belong to an occurrence that began before. */
  #covered = 0;
  /** Whether the last byte that was decided about was covered. */
  #isCovering = false;

  constructor(patterns: BytePatterns) {
    this.#patterns = patterns;
  }

  /** Takes the next bytes, and gives those that can be passed on. */
  add(chunk: Uint8Array): Buffer {
    return this.#pass(chunk, (bytes) => this.#patterns.cutFrom(bytes));
  }

  /** Gives what was held back: the stream is over. */
  end(): Buffer {
    return this.#pass(Buffer.alloc(0), ({ byteLength }) => byteLength);
  }

  #pass(chunk: Uint8Array, decide: (bytes: Buffer) => number): Buffer {
    const bytes = Buffer.concat([this.#held, chunk]);
    const decided = decide(bytes);
    const spans = joined([[0, this.#covered], ...this.#patterns.spans(bytes)]);
    const passed: Buffer[] = [];
    let at = 0;
    const show = (end: number): void => {
      if (end <= at) return;
      passed.push(bytes.subarray(at, end));
      this.#isCovering = false;
      at = end;
    };
    this.#covered = Math.max(0, this.#covered - decided);
    for (const [start, end] of spans) {
      show(Math.min(start, decided));
      // What begins in the bytes that are held back is found again.
      if (start >= decided) break;
      this.#covered = Math.max(this.#covered, end - decided);
      if (!this.#isCovering) passed.push(cover);
      this.#isCovering = true;
      at = Math.min(end, decided);
    }
    show(decided);
    this.#held = bytes.subarray(decided);
    return Buffer.concat(passed);
  }
}

function joined(spans: readonly Span[]): Span[] {
  const sorted = spans.filter(([start, end]) => end > start).toSorted(([a], [b]) => a - b);
  const result: Span[] = [];
  for (const [start, end] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) {
      result[result.length - 1] = [last[0], Math.max(last[1], end)];
    } else result.push([start, end]);
  }
  return result;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
