/**
 * Packing: many small strings and numbers in one buffer, quick to read back.
 *
 *     | sizes | numbers ... | words ... | ends of strings ... | text of all strings |
 *
 * A word is a whole number: a count, or the index of a string. A string that is written often is there
 * once, and is decoded once, when it is first asked for: of 10,000 recorded nodes of which nothing but
 * the equality is wanted, hardly a string is made. Words and numbers are read in the order in which they
 * were written, each kind by itself.
 *
 * What has hardly changed is written again by copying: a packer that starts with the strings of an earlier
 * packing may take over words as they stand there. Strings that nobody needs any more stay behind; so once
 * they are too many, everything is written anew.
 *
 * @module
 */

/**
 * Bytes in front of the numbers: how many numbers, words and strings there are, whether all is ASCII, and how
 * many strings there were when everything was written anew.
 */
const headBytes = 24;

/** By how much the strings may grow from copy to copy. */
const maxGrowth = 1.25;

/** Collects strings and numbers. */
export class Packer {
  readonly #numbers = new Growing(Float64Array);
  readonly #words = new Growing(Uint32Array);
  readonly #ends = new Growing(Uint32Array);
  readonly #indices = new Map<string, number>();
  #text: Buffer = Buffer.allocUnsafeSlow(4096);
  #end = 0;
  #isAscii = true;
  readonly #base: Packed | undefined;

  /** @param earlier - A reader of the packing from which words may be copied: see {@link Packer.copies}. */
  constructor(earlier?: Unpacker) {
    const base = earlier?.packed;
    if (base === undefined || base.ends.length > maxGrowth * base.freshStrings) return;
    this.#base = base;
    this.#ends.pushAll(base.ends);
    this.#end = base.text.byteLength;
    this.#text = Buffer.allocUnsafeSlow(this.#end + 65_536);
    base.text.copy(this.#text);
    this.#isAscii = base.encoding === "latin1";
  }

  /** True when {@link Packer.copy} can take words and numbers of what this one reads. */
  copies(from: Unpacker | undefined): from is Unpacker {
    return this.#base !== undefined && from?.packed === this.#base;
  }

  /** Takes over words and numbers of an earlier packing, by their indices; the last ones are not among them. */
  copy(words: readonly [number, number], numbers: readonly [number, number]): this {
    if (this.#base === undefined) throw new BadPacking("there is nothing to copy from");
    this.#words.pushAll(this.#base.words.subarray(...words));
    this.#numbers.pushAll(this.#base.numbers.subarray(...numbers));
    return this;
  }

  string(value: string): this {
    let index = this.#indices.get(value);
    if (index === undefined) {
      index = this.#add(value);
      this.#indices.set(value, index);
    }
    return this.count(index);
  }

  /** A string that is not looked for among those before: a digest, say. Read back as any other. */
  uncommon(value: string): this {
    return this.count(this.#add(value));
  }

  /** A whole number, from 0 to below 2^32. */
  count(value: number): this {
    this.#words.push(value);
    return this;
  }

  number(value: number): this {
    this.#numbers.push(value);
    return this;
  }

  /** Index of the next word. */
  get at(): number {
    return this.#words.length;
  }

  /** Puts another count in the place of one that was written. */
  replace(at: number, value: number): void {
    this.#words.set(at, value);
  }

  finish(): Buffer {
    const [numbers, words, ends] = [this.#numbers.length, this.#words.length, this.#ends.length];
    const fresh = this.#base?.freshStrings ?? ends;
    const sizes = Uint32Array.of(numbers, words, ends, this.#isAscii ? 1 : 0, fresh, 0);
    return Buffer.concat([
      ...[bytesOf(sizes), this.#numbers.bytes, this.#words.bytes, this.#ends.bytes],
      this.#text.subarray(0, this.#end),
    ]);
  }

  #add(value: string): number {
    // In UTF-8, a character of UTF-16 takes three bytes at most.
    const most = this.#end + 3 * value.length;
    if (most > this.#text.byteLength) {
      const larger = Buffer.allocUnsafeSlow(2 * most);
      this.#text.copy(larger, 0, 0, this.#end);
      this.#text = larger;
    }
    const size = this.#text.write(value, this.#end, "utf8");
    if (size !== value.length) this.#isAscii = false;
    this.#end += size;
    this.#ends.push(this.#end);
    return this.#ends.length - 1;
  }
}

/** An array of numbers that grows. A list of as many takes twice the memory, and a copy at the end. */
class Growing<T extends Float64Array | Uint32Array> {
  #items: T;
  #length = 0;
  readonly #make: new (length: number) => T;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#items = new make(1024);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return bytesOf(this.#items.subarray(0, this.#length));
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const larger = new this.#make(2 * this.#length);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = value;
  }

  pushAll(values: ArrayLike<number>): void {
    const length = this.#length + values.length;
    if (length > this.#items.length) {
      const larger = new this.#make(Math.max(2 * this.#items.length, length + 1024));
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items.set(values, this.#length);
    this.#length = length;
  }

  set(at: number, value: number): void {
    this.#items[at] = value;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What is read was not written by a {@link Packer}, or was written in another order. */
export class BadPacking extends Error {}

/**
 * Reads back what a {@link Packer} wrote. The buffer must be whole: check that before. Reading more than
 * was written throws {@link BadPacking}.
 */
export class Unpacker {
  /** All of it, as it lies in memory. */
  readonly packed: Packed;
  #nextWord: number;
  #nextNumber: number;

  constructor(packed: Uint8Array | Packed, nextWord = 0, nextNumber = 0) {
    this.packed = packed instanceof Packed ? packed : new Packed(packed);
    this.#nextWord = nextWord;
    this.#nextNumber = nextNumber;
  }

  /** Index of the next word. */
  get at(): number {
    return this.#nextWord;
  }

  /** Index of the next number. */
  get numberAt(): number {
    return this.#nextNumber;
  }

  string(): string {
    return this.packed.string(this.count());
  }

  count(): number {
    const word = this.packed.words[this.#nextWord++];
    if (word === undefined) throw new BadPacking("there is no further word");
    return word;
  }

  number(): number {
    const number = this.packed.numbers[this.#nextNumber++];
    if (number === undefined) throw new BadPacking("there is no further number");
    return number;
  }

  /** Passes over words and numbers. */
  skip(words: number, numbers = 0): this {
    this.#nextWord += words;
    this.#nextNumber += numbers;
    const { words: all, numbers: others } = this.packed;
    if (this.#nextWord > all.length || this.#nextNumber > others.length) {
      throw new BadPacking("it is shorter than it says");
    }
    return this;
  }

  /** Goes to a word, and to a number, by their indices. */
  seek(word: number, number: number = this.#nextNumber): this {
    this.#nextWord = word;
    this.#nextNumber = number;
    return this;
  }

  /** Another reader of the same, which goes on from here. */
  fork(): Unpacker {
    return new Unpacker(this.packed, this.#nextWord, this.#nextNumber);
  }
}

/** The parts of a buffer. */
export class Packed {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly ends: Uint32Array;
  readonly text: Buffer;
  readonly encoding: "latin1" | "utf8";
  /** Strings that there were when everything was written anew. */
  readonly freshStrings: number;
  readonly #strings: (string | undefined)[] = [];

  constructor(packed: Uint8Array) {
    // Arrays of numbers must start at a multiple of eight. What was just read from a file does.
    const bytes =
      packed.byteOffset % 8 === 0 ? packed : new Uint8Array(Uint8Array.from(packed).buffer);
    const { buffer, byteOffset, byteLength } = bytes;
    if (byteLength < headBytes) throw new BadPacking("it is cut short");
    const sizes = new Uint32Array(buffer, byteOffset, headBytes / 4);
    const [numbers = 0, words = 0, strings = 0, isAscii, fresh = 0] = sizes;
    const wordsAt = headBytes + 8 * numbers;
    const endsAt = wordsAt + 4 * words;
    const textAt = endsAt + 4 * strings;
    if (textAt > byteLength) throw new BadPacking("it is cut short");
    this.numbers = new Float64Array(buffer, byteOffset + headBytes, numbers);
    this.words = new Uint32Array(buffer, byteOffset + wordsAt, words);
    this.ends = new Uint32Array(buffer, byteOffset + endsAt, strings);
    this.text = Buffer.from(buffer, byteOffset + textAt, byteLength - textAt);
    if ((this.ends.at(-1) ?? 0) !== this.text.byteLength) throw new BadPacking("it is cut short");
    // ASCII is the same in both, and quicker to read as Latin-1.
    this.encoding = isAscii === 1 ? "latin1" : "utf8";
    this.freshStrings = fresh;
  }

  string(index: number): string {
    const known = this.#strings[index];
    if (known !== undefined) return known;
    const end = this.ends[index];
    if (end === undefined) throw new BadPacking("there is no such string");
    const start = index === 0 ? 0 : (this.ends[index - 1] ?? 0);
    return (this.#strings[index] = this.text.toString(this.encoding, start, end));
  }
}
