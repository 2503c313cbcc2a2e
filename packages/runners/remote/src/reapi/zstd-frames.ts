/**
 * Frames of Zstandard: where each ends, in bytes that come in pieces.
 *
 * What is compressed may be several frames one after the other, some of which hold nothing: bazel-remote sends its files as
 * they are, with a frame for itself in front, and one for each mebibyte. Node decompresses the first frame and
 * stops, so each must be given to it alone. Boundaries follow from lengths; nothing is decompressed here.
 *
 * RFC 8878, 3.1.
 *
 * @module
 */

/** Bytes of one frame, in their order. */
export interface Segment {
  readonly bytes: Buffer;
  /** Whether the frame ends with them. */
  readonly isEnd: boolean;
}

const frameMagic = 0xfd2fb528;
/** The last four bits are free. */
const skippableMagic = 0x184d2a50;

/** Lengths of the fields of a frame's header, by the bits that tell them. */
const dictionaryLengths = [0, 1, 2, 4] as const;
const contentLengths = [0, 2, 4, 8] as const;

/** Finds frames. Those that hold nothing are left out. */
export class FrameSplitter {
  /** What the next bytes are. */
  #stage: "block" | "descriptor" | "magic" | "skipped length" = "magic";
  /** A part of a field that came in pieces. */
  #part = Buffer.alloc(0);
  /** Bytes until the next field: of the frame, or to be left out. */
  #until = 0;
  #isLeftOut = false;
  #isLastBlock = false;
  #hasChecksum = false;

  /** True between frames: whoever stops elsewhere has only a part. */
  get isBetween(): boolean {
    return this.#stage === "magic" && this.#part.length === 0 && this.#until === 0;
  }

  /** @throws {@link Error} for what is no Zstandard. */
  *split(piece: Uint8Array): Generator<Segment, void> {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    while (rest.length > 0) {
      if (this.#until > 0) {
        const bytes = rest.subarray(0, this.#until);
        rest = rest.subarray(bytes.length);
        this.#until -= bytes.length;
        if (!this.#isLeftOut) yield { bytes, isEnd: this.#endsFrame() };
        continue;
      }
      const wanted = { magic: 4, "skipped length": 4, descriptor: 1, block: 3 }[this.#stage];
      const taken = rest.subarray(0, wanted - this.#part.length);
      rest = rest.subarray(taken.length);
      this.#part = Buffer.concat([this.#part, taken]);
      if (this.#part.length < wanted) return;
      const field = this.#part;
      this.#part = Buffer.alloc(0);
      if (this.#take(field)) yield { bytes: field, isEnd: this.#endsFrame() };
    }
  }

  /** Takes a field. True when it is part of a frame. */
  #take(field: Buffer): boolean {
    switch (this.#stage) {
      case "magic":
        return this.#takeMagic(field.readUInt32LE(0));
      case "skipped length":
        this.#until = field.readUInt32LE(0);
        this.#isLeftOut = true;
        this.#stage = "magic";
        return false;
      case "descriptor":
        this.#takeDescriptor(field[0] ?? 0);
        return true;
      case "block":
        this.#takeBlock(field.readUIntLE(0, 3));
        return true;
    }
  }

  #takeMagic(magic: number): boolean {
    const isSkippable = (magic & 0xfffffff0) >>> 0 === skippableMagic;
    if (!isSkippable && magic !== frameMagic) throw new Error("it is no Zstandard");
    this.#stage = isSkippable ? "skipped length" : "descriptor";
    this.#isLeftOut = isSkippable;
    this.#isLastBlock = false;
    return !isSkippable;
  }

  #takeDescriptor(bits: number): void {
    const isSingle = (bits & 0x20) !== 0;
    const contentLength = contentLengths[(bits >> 6) as 0 | 1 | 2 | 3];
    const dictionaryLength = dictionaryLengths[(bits & 3) as 0 | 1 | 2 | 3];
    const least = isSingle ? 1 : 0;
    this.#until = (isSingle ? 0 : 1) + dictionaryLength + Math.max(contentLength, least);
    this.#hasChecksum = (bits & 4) !== 0;
    this.#stage = "block";
  }

  #takeBlock(bits: number): void {
    const isRepeated = ((bits >> 1) & 3) === 1;
    this.#isLastBlock = (bits & 1) !== 0;
    this.#until = isRepeated ? 1 : bits >> 3;
    if (!this.#isLastBlock) return;
    this.#until += this.#hasChecksum ? 4 : 0;
    this.#stage = "magic";
  }

  #endsFrame(): boolean {
    return this.#isLastBlock && this.#until === 0;
  }
}
