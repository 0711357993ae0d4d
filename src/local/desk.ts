/**
 * The interface between the host and the sampler: areas of the kernel's memory, which the host can access as well.
 *
 *   desk 16 float64: arguments from 0, results from 8
 *   box bytes that come (texts, tensors, rows of 16 bits) and the texts that go
 *   row float32 values of one row, written there by the host
 *
 * The host only calls functions without arguments, which is the fastest call in every engine.
 */

import { Buffer } from "node:buffer";
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { writeProblem } from "../wire/reply.ts";
import { encodeInto } from "./utf8.ts";

/** Indices of the desk. */
export const RESULT = 8;
/** Number of bytes of the text in the box; 0: none. */
const TEXT_BYTES = 13;
/** 1: the text is a problem. */
const IS_PROBLEM = 14;
/** Number of characters of the text that did not fit into the box. */
const TEXT_LEFT = 15;

/** Bytes per element of each type, by its number on the desk. */
export const DTYPE_CODES = ["f32", "f16", "bf16"] as const;

export class Desk {
  readonly values: Float64Array;
  /** the memory of a row that no step uses, after all others, so that elements are widened from there without a copy */
  readonly box: Uint8Array;
  readonly #fed: Uint8Array[] = [];
  #text = "";
  #sent = 0;

  constructor(arrivals: Uint8Array, spare: Row) {
    const { buffer } = arrivals;
    this.values = new Float64Array(buffer, arrivals.byteOffset, 16);
    this.box = new Uint8Array(buffer, spare.address, spare.values.length * 4);
  }

  /** The bytes that the host has written to the box. */
  arrived(bytes: number): Uint8Array {
    return this.box.subarray(0, bytes);
  }

  /** Saves bytes of the box, for data longer than the box. */
  feed(bytes: number): void {
    this.#fed.push(Buffer.from(this.arrived(bytes)));
  }

  /** The saved bytes, followed by those of the box. */
  all(bytes: number): Uint8Array {
    if (this.#fed.length === 0) return this.arrived(bytes);
    return Buffer.concat([...this.#fed.splice(0), this.arrived(bytes)]);
  }

  /** The same as text. */
  text(bytes: number): string {
    return Buffer.from(this.all(bytes)).toString();
  }

  /** Runs a call of the host. A returned text and a thrown Problem are passed to the host. */
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

  /** Writes the next part of a long text to the box. */
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

/** An unexpected error, with its stack, because the host has no access to a log. */
function defectOf(error: unknown): Problem {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Problem("internal_error", said);
}
