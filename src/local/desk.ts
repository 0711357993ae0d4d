/**
 * How the host and the sampler hand things to each other: all in the kernel's memory, which the host sees as well.
 *
 *   desk   16 float64: arguments from 0, results from 8
 *   box    bytes that come (texts, tensors, rows of 16 bits) and the texts that go
 *   row    float32 values of one row, written there by the host
 *
 * The engine between them only calls functions without arguments: that is the quickest call that every engine has.
 */

import { Buffer } from "node:buffer";
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { writeProblem } from "../wire/reply.ts";
import { encodeInto } from "./utf8.ts";

/** Places of the desk. */
export const RESULT = 8;
/** Bytes of the text that stands in the box; 0: none. */
const TEXT_BYTES = 13;
/** 1: that text is a problem. */
const IS_PROBLEM = 14;
/** Characters of the text that did not fit into the box. */
const TEXT_LEFT = 15;

/** Bytes of an element of each type, by the number that stands for it on the desk. */
export const DTYPE_CODES = ["f32", "f16", "bf16"] as const;

export class Desk {
  readonly values: Float64Array;
  /** the memory of a row that no step uses: beside all others, so that elements are widened from there without a copy */
  readonly box: Uint8Array;
  readonly #fed: Uint8Array[] = [];
  #text = "";
  #sent = 0;

  constructor(arrivals: Uint8Array, spare: Row) {
    const { buffer } = arrivals;
    this.values = new Float64Array(buffer, arrivals.byteOffset, 16);
    this.box = new Uint8Array(buffer, spare.address, spare.values.length * 4);
  }

  /** The bytes that the host has put into the box. */
  arrived(bytes: number): Uint8Array {
    return this.box.subarray(0, bytes);
  }

  /** Keeps bytes of the box: what comes is longer than the box. */
  feed(bytes: number): void {
    this.#fed.push(Buffer.from(this.arrived(bytes)));
  }

  /** Those that were kept, and those of the box after them. */
  all(bytes: number): Uint8Array {
    if (this.#fed.length === 0) return this.arrived(bytes);
    return Buffer.concat([...this.#fed.splice(0), this.arrived(bytes)]);
  }

  /** The same as text. */
  text(bytes: number): string {
    return Buffer.from(this.all(bytes)).toString();
  }

  /** Runs what the host has called; a text that is returned is for it, and a Problem that is thrown. */
  run(work: () => string | undefined): void {
    const { values } = this;
    values[TEXT_BYTES] = 0;
    values[IS_PROBLEM] = 0;
    values[TEXT_LEFT] = 0;
    try {
      const text = work();
      if (text !== undefined) this.#tell(text);
    } catch (error) {
      values[IS_PROBLEM] = 1;
      this.#tell(writeProblem(error instanceof Problem ? error : defectOf(error), ""));
    }
  }

  /** Puts the next part of a long text into the box. */
  more(): void {
    const { read, written } = encodeInto(this.#text, this.#sent, this.box);
    this.#sent += read;
    this.values[TEXT_BYTES] = written;
    this.values[TEXT_LEFT] = this.#text.length - this.#sent;
    if (this.#sent === this.#text.length) this.#text = "";
  }

  #tell(text: string): void {
    this.#text = text;
    this.#sent = 0;
    this.more();
  }
}

/** An error that should not be, with where it came from: the host has no log of ours to look into. */
function defectOf(error: unknown): Problem {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Problem("internal_error", said);
}
