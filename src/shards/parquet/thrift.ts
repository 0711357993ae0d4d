/**
 * Measures a struct of Thrift's compact protocol before hyparquet makes objects of it. hyparquet trusts the stated
 * length of a list, so a header of a hundred bytes could fill the memory. Source: apache/thrift,
 * doc/specs/thrift-compact-protocol.md.
 */

/** Maximum depth of structs and lists; Parquet's own are 6 deep. */
const DEPTH_MAX = 24;
const STOP = 0;
const BOOLEANS = 2; // true and false, whose value is their type
const BYTE = 3;
const INTEGER_MAX = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** The bytes end before the struct does. */
export class CutShort extends Error {
  constructor() {
    super("it ends too early");
  }
}

/**
 * The length in bytes of the struct at the beginning. Throws CutShort when it continues after the end, and an Error
 * when it is invalid.
 */
export function structLength(bytes: Uint8Array): number {
  return new Walker(bytes).struct(0);
}

class Walker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(depth: number): number {
    for (;;) {
      const head = this.#byte();
      const type = head & 15;
      if (type === STOP) return this.#at;
      if (head >> 4 === 0) this.#varint();
      if (type > BOOLEANS) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (depth > DEPTH_MAX) throw new Error("its structs are nested too deeply");
    if (type <= BYTE) this.#skip(1);
    else if (type <= INTEGER_MAX) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST) this.#list(depth + 1);
    else if (type === STRUCT) this.struct(depth + 1);
    else throw new Error(`it has a value of type ${type}`);
  }

  /** Every element takes at least one byte, so a list is never longer than the remaining bytes. */
  #list(depth: number): void {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (size > this.#bytes.length - this.#at) throw new CutShort();
    for (let i = 0; i < size; i++) this.#value(head & 15, depth);
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 63) throw new Error("it has a number that does not end");
    }
  }

  #byte(): number {
    this.#skip(1);
    return this.#bytes[this.#at - 1]!;
  }

  #skip(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new CutShort();
    this.#at += count;
  }
}
