/**
 * The scale of the timeline: which part of the build is seen.
 *
 * @module
 */

/** Least time that is seen at once, in milliseconds. */
const leastMs = 0.5;

/** From when to when, in milliseconds. */
export class Scale {
  readonly #endMs: number;
  #from = 0;
  #to: number;

  constructor(endMs: number) {
    this.#endMs = Math.max(1, endMs);
    this.#to = this.#endMs;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  /** How much of the build is seen, from 0 to 1. */
  get share(): number {
    return (this.#to - this.#from) / this.#endMs;
  }

  /** Sees more or less of it, around a point of time. */
  zoom(factor: number, aroundMs: number = (this.#from + this.#to) / 2): void {
    const span = Math.min(this.#endMs, Math.max(leastMs, (this.#to - this.#from) / factor));
    const share = (aroundMs - this.#from) / (this.#to - this.#from);
    this.#set(aroundMs - share * span, span);
  }

  /** Goes on or back, by a share of what is seen. */
  move(share: number): void {
    const span = this.#to - this.#from;
    this.#set(this.#from + share * span, span);
  }

  /** Sees all of it. */
  fit(): void {
    this.#set(0, this.#endMs);
  }

  /** Goes to a span of time, if it is not seen already. */
  show(fromMs: number, toMs: number): void {
    const span = this.#to - this.#from;
    if (fromMs >= this.#from && toMs <= this.#to) return;
    this.#set((fromMs + toMs) / 2 - span / 2, span);
  }

  #set(from: number, span: number): void {
    this.#from = Math.max(0, Math.min(from, this.#endMs - span));
    this.#to = this.#from + span;
  }
}
