/**
 * Reads a JSON array of token ids from chunks of bytes: plain whole numbers, as every JSON writer writes them.
 * For anything else (1.0, a string, invalid JSON) it gives up and returns the text so far, so that a full JSON
 * parser can continue.
 */
import { CLOSED, FIRST, MORE, numberMachine, SCAN_BYTES, VALUE } from "./numbers-machine.ts";

const NOTHING = new Uint8Array(0);
const SPACE = 0x20;
const COMMA_SIGN = 0x2c;

/** Takes little-endian i32 values as bytes; false when they do not fit. */
interface IdSink {
  append(bytes: Uint8Array): boolean;
}

/** One array, or the rest of one, from after its `[` to its `]`. */
export class IdScanner {
  /** true once the `]` was read */
  closed = false;
  /** set when it gave up: text for the input since the last id in the sink; the rest of the chunk follows it */
  rest: Uint8Array | undefined;

  readonly #sink: IdSink;
  #expects: number;
  #carry: Uint8Array = NOTHING;

  /** `expects` is FIRST after the `[`, and VALUE after a comma, which then is not in what stands for the text. */
  constructor(sink: IdSink, expects = FIRST) {
    this.#sink = sink;
    this.#expects = expects;
  }

  /** Reads from `chunk[begin]` on and returns the index after the last byte that it used. */
  write(chunk: Uint8Array, begin: number): number {
    let from = begin;
    while (from < chunk.length && !this.closed && this.rest === undefined) {
      const until = Math.min(chunk.length, from + SCAN_BYTES);
      const used = this.#scan(chunk.subarray(from, until));
      from = this.closed ? from + used : until;
    }
    return from;
  }

  /** Scans the carried bytes and these; returns how many of these were used when the array closed. */
  #scan(bytes: Uint8Array): number {
    const { wasm, input, output } = numberMachine();
    const carried = this.#carry.length;
    const length = carried + bytes.length;
    input.set(this.#carry);
    input.set(bytes, carried);
    input[length] = 0;
    const began = this.#expects;
    const status = wasm.scanIds(0, length, began);
    const taken = this.#sink.append(output.subarray(0, wasm.written.value * 4));
    const position = wasm.position.value;
    this.#expects = wasm.expects.value;
    this.closed = taken && status === CLOSED;
    if (this.closed) return position - carried;
    if (taken && status === MORE) this.#carry = input.slice(position, length);
    else this.#giveUp(taken ? position : 0, length, taken ? this.#expects : began);
    return 0;
  }

  /** Blanks between tokens are replaced by one blank, so that two tokens stay separate. */
  #giveUp(from: number, length: number, expects: number): void {
    const rest = new Uint8Array(1 + length - from);
    rest[0] = expects === VALUE ? COMMA_SIGN : SPACE;
    rest.set(numberMachine().input.subarray(from, length), 1);
    this.rest = rest;
  }
}
