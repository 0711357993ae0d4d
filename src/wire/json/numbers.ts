/**
 * The typed interface of the number scanner: reads a JSON array of numbers from chunks of bytes and hands the
 * values on as float32, each equal to Math.fround(Number(text)). It knows JSON's numbers, and −∞ as `-Infinity`,
 * `"-Infinity"` or `"-inf"`; the caller handles anything else in the array.
 */
import { CLOSED, COMMA, FIRST, MORE, numberMachine, SCAN_BYTES } from "./numbers-machine.ts";

/** Takes little-endian float32 values as bytes; false when they do not fit. A Row is one. */
export interface ElementSink {
  append(bytes: Uint8Array): boolean;
}

/** Longest number, in characters. JSON sets no limit; the longest that float64 needs has 767 digits. */
export const NUMBER_LENGTH_MAX = 1024;

/** Number of bytes kept of something that is no number, for the error message. */
const ODD_LENGTH = 64;

/** Why a scanner stopped: the element at `index` cannot be taken. */
export type Fault =
  /** `text` (its first 64 bytes or so) stands in place of a number, `,` or `]`; `expects` says which */
  | { readonly kind: "odd"; readonly index: number; readonly text: Uint8Array; readonly expects: number }
  /** a number above the float32 range */
  | { readonly kind: "overflow"; readonly index: number; readonly text: Uint8Array }
  /** the sink is full */
  | { readonly kind: "full"; readonly index: number };

/** The number must be rounded by the caller. */
const HARD = 2;

/** One array, from after its `[` to its `]`. */
export class NumberScanner {
  /** elements handed on so far */
  count = 0;
  /** true once the `]` was read */
  closed = false;
  fault: Fault | undefined;
  /** after a fault: the bytes from the faulty element on, so that the caller can find the end of the array */
  rest: Uint8Array = new Uint8Array(0);

  readonly #sink: ElementSink;
  #expects = FIRST;
  #carry: Uint8Array = new Uint8Array(0);

  constructor(sink: ElementSink) {
    this.#sink = sink;
  }

  /**
   * Reads from `chunk[begin]` on and returns the index after the last byte used: the end of the chunk, unless
   * the array was closed or has a fault.
   */
  write(chunk: Uint8Array, begin: number): number {
    let from = begin;
    while (from < chunk.length && !this.closed && this.fault === undefined) {
      const until = Math.min(chunk.length, from + SCAN_BYTES);
      const used = this.#scan(chunk.subarray(from, until), false);
      from = this.closed ? from + used : until;
    }
    return from;
  }

  /** The text ended before the array did. The pending token is now checked as it is. */
  end(): void {
    if (!this.closed && this.fault === undefined && this.#carry.length > 0)
      this.#scan(new Uint8Array(0), true);
  }

  /** Scans the carried bytes and these; returns how many of these were used when the array closed. */
  #scan(bytes: Uint8Array, final: boolean): number {
    const { wasm, input } = numberMachine();
    const carried = this.#carry.length;
    const length = carried + bytes.length;
    input.set(this.#carry);
    input.set(bytes, carried);
    input[length] = 0;
    let begin = 0;
    for (;;) {
      const status = wasm.scanNumbers(begin, length, this.#expects);
      const position = wasm.position.value;
      this.#expects = wasm.expects.value;
      // The closing bracket counts as not read when the output has no room for the elements before it.
      const unread = status === CLOSED ? position - 1 : position;
      if (!this.#handOn(wasm.written.value)) return this.#leave(input.subarray(unread, length));
      if (status === CLOSED) {
        this.closed = true;
        return position - carried;
      }
      if (status === HARD) {
        begin = wasm.token_end.value;
        if (!this.#handOnHard(input.subarray(position, begin)))
          return this.#leave(input.subarray(begin, length));
        continue;
      }
      this.#stopAt(input.subarray(position, length), status, final);
      return 0;
    }
  }

  #leave(rest: Uint8Array): number {
    this.rest = rest.slice();
    return 0;
  }

  /** Passes the first `elements` of the output to the sink. */
  #handOn(elements: number): boolean {
    if (elements === 0) return true;
    if (!this.#sink.append(numberMachine().output.subarray(0, elements * 4))) {
      this.fault = { kind: "full", index: this.count };
      return false;
    }
    this.count += elements;
    return true;
  }

  /** Rounds a number with JavaScript's own conversion, which is correct in all cases. */
  #handOnHard(text: Uint8Array): boolean {
    const value = Math.fround(Number(String.fromCharCode(...text)));
    if (value === Number.POSITIVE_INFINITY) {
      this.fault = { kind: "overflow", index: this.count, text: text.slice(0, ODD_LENGTH) };
      return false;
    }
    const { output } = numberMachine();
    new DataView(output.buffer, output.byteOffset).setFloat32(0, value, true);
    this.#expects = COMMA;
    return this.#handOn(1);
  }

  /** Keeps an incomplete token for the next chunk, or reports it as a fault. */
  #stopAt(rest: Uint8Array, status: number, final: boolean): void {
    const wait = status === MORE ? rest.length <= NUMBER_LENGTH_MAX : rest.length < ODD_LENGTH;
    if (wait && !final) {
      this.#carry = rest.slice();
      return;
    }
    this.fault = { kind: "odd", index: this.count, text: rest.slice(0, ODD_LENGTH), expects: this.#expects };
    this.#leave(rest);
  }
}
