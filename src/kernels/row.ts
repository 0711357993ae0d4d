/**
 * One row of logits in wasm memory: it receives the elements and stores facts about them. A row is leased when
 * its bytes begin to arrive and returned after the reply.
 *
 * Blocks of 128 are scanned as soon as they are complete, so that little is left to do after the last byte.
 */
import { DTYPES, ENCODINGS, type Encoding, type Widening } from "./dtypes.ts";
import type { Machine } from "./instance.ts";
import { BLOCK, STAGING_BYTES } from "./layout.ts";
import { ScaledElements } from "./scaled.ts";

/** One leased row. Values are written by `append`, `load` or a parser; then `finish`, then the kernel's passes. */
export class Row {
  /** byte address of the values in wasm memory */
  readonly address: number;
  /** byte address of the block maxima */
  readonly maxima_address: number;
  /** All places of the row, vocab_size_max of them. After `finish` only Edits may write to them. */
  readonly values: Float32Array;
  /** one maximum per block */
  readonly maxima: Float32Array;
  /** elements received so far; the row's length once finished */
  length = 0;
  /** bytes of an incomplete element: 0 at a valid end */
  odd_bytes = 0;
  /** number of blocks that the passes read; set by `finish` */
  blocks = 1;
  /** largest value; set by `finish` and `settle` */
  max = -Infinity;
  /** false: certainly no NaN; true also when a NaN was masked by `finish` */
  nan_suspected = false;
  /** changes whenever values do, so that outdated sums are recognised */
  version = 0;

  readonly #machine: Machine;
  readonly #bytes: Uint8Array;
  #element_bytes: number = DTYPES.f32.bytes;
  #widening: Widening | undefined;
  /** undefined while elements have no scales */
  #scaled: ScaledElements | undefined;
  #scanned_blocks = 0;

  constructor(machine: Machine, address: number, vocab_size_max: number) {
    this.#machine = machine;
    this.address = address;
    this.maxima_address = address + machine.layout.maxima_offset;
    this.values = new Float32Array(machine.buffer, address, vocab_size_max);
    this.maxima = new Float32Array(
      machine.buffer,
      this.maxima_address,
      Math.ceil(vocab_size_max / BLOCK / 4) * 4,
    );
    this.#bytes = new Uint8Array(machine.buffer);
  }

  /** Resets the row: no elements yet, and elements in this encoding will come. */
  begin(encoding: Encoding): void {
    const { bytes, scale, widening } = ENCODINGS[encoding];
    this.#element_bytes = bytes;
    this.#scaled = scale === undefined ? undefined : new ScaledElements(scale);
    this.#widening = widening;
    this.#scanned_blocks = 0;
    this.length = 0;
    this.odd_bytes = 0;
    this.nan_suspected = false;
    this.version += 1;
  }

  /**
   * Takes the next bytes of the tensor; an element may be split. Returns false and takes nothing when the row would be too
   * long.
   */
  append(bytes: Uint8Array): boolean {
    if (this.#scaled !== undefined) return this.#appendScaled(bytes, this.#scaled);
    const there = this.length * this.#element_bytes + this.odd_bytes;
    if (there + bytes.length > this.values.length * this.#element_bytes) return false;
    if (this.#widening !== undefined) {
      this.#widened(bytes, this.#widening);
      return true;
    }
    const place = this.address + there;
    const is_there = bytes.buffer === this.#bytes.buffer && bytes.byteOffset === place;
    if (!is_there) this.#bytes.set(bytes, place);
    const received = this.odd_bytes + bytes.length;
    this.length += received >> 2;
    this.odd_bytes = received & 3;
    this.#scanTo(this.length >> 7);
    return true;
  }

  /**
   * The address of the next bytes of the tensor, at most this many: bytes written there are appended without a copy.
   * Undefined when elements are widened.
   */
  room(bytes: number): Uint8Array | undefined {
    if (this.#widening !== undefined || this.#scaled !== undefined) return undefined;
    const begin = this.address + this.length * 4 + this.odd_bytes;
    const left = this.values.length * 4 - (begin - this.address);
    return this.#bytes.subarray(begin, begin + Math.min(bytes, left));
  }

  /** Copies whole values. False when there are too many. */
  load(values: ArrayLike<number>): boolean {
    this.begin("f32");
    if (values.length > this.values.length) return false;
    this.values.set(values);
    this.wrote(values.length);
    return true;
  }

  /** Records that this many more f32 values were written directly to `values`, after the first `length`. */
  wrote(elements: number): void {
    this.length += elements;
    this.#scanTo(this.length >> 7);
  }

  /**
   * Ends the row. Ids at or past vocab_size become −Infinity, and the scan is completed. Incomplete bytes at
   * the end are dropped, so the reader must check `odd_bytes` first.
   */
  finish(vocab_size = this.length): void {
    const used = Math.min(vocab_size, this.length);
    this.blocks = Math.max(1, Math.ceil(used / BLOCK));
    const padded = Math.max(this.blocks * BLOCK, this.length);
    // The last block may reach past `values`, whose length need not be a multiple of 128.
    if (used < padded) new Float32Array(this.#machine.buffer, this.address, padded).fill(-Infinity, used);
    this.maxima.fill(-Infinity, this.blocks);
    this.#scanned_blocks = Math.min(this.#scanned_blocks, Math.floor(used / BLOCK));
    this.#scanTo(this.blocks);
    this.settle();
  }

  /** Copies the facts about a row whose values were copied here; call `settle` afterwards. */
  describe(row: Row): void {
    this.length = row.length;
    this.blocks = row.blocks;
    this.nan_suspected = row.nan_suspected;
    this.maxima.fill(-Infinity, row.blocks);
  }

  /** Computes `max` after the block maxima changed. */
  settle(): void {
    this.max = this.#machine.wasm.largest(this.maxima_address, this.blocks);
    this.version += 1;
  }

  /** Records that the values and the block maxima are again those with this largest value. */
  restored(max: number): void {
    this.max = max;
    this.version += 1;
  }

  /** Bytes received so far. */
  get received_bytes(): number {
    return this.#scaled?.received_bytes ?? this.length * this.#element_bytes + this.odd_bytes;
  }

  #appendScaled(bytes: Uint8Array, scaled: ScaledElements): boolean {
    const length = scaled.write(bytes, this.values, this.length);
    if (length === undefined) return false;
    this.length = length;
    this.odd_bytes = scaled.odd_bytes;
    this.#scanTo(length >> 7);
    return true;
  }

  #widened(bytes: Uint8Array, widening: Widening): void {
    // Elements in the row's own memory are copied first, because they are read again when one of them is
    // infinite.
    const is_beside = bytes.byteOffset < this.address || bytes.byteOffset >= this.maxima_address;
    if (this.odd_bytes === 0 && bytes.buffer === this.#bytes.buffer && is_beside) {
      this.#widenFrom(bytes.byteOffset, bytes.length, widening);
      return;
    }
    const { staging } = this.#machine.layout;
    for (let from = 0; from < bytes.length; from += STAGING_BYTES) {
      const part = bytes.length > STAGING_BYTES ? bytes.subarray(from, from + STAGING_BYTES) : bytes;
      // All rows share the staging area, so incomplete bytes are stored with the row.
      for (let i = 0; i < this.odd_bytes; i++) this.#bytes[staging + i] = this.#odd[i]!;
      this.#bytes.set(part, staging + this.odd_bytes);
      this.#widenFrom(staging, this.odd_bytes + part.length, widening);
    }
  }

  /** Takes elements that are in wasm memory: up to the end of a block, whole blocks with their scan, and the rest. */
  #widenFrom(address: number, bytes: number, widening: Widening): void {
    const { wasm } = this.#machine;
    const size = this.#element_bytes;
    const elements = Math.floor(bytes / size);
    const head = Math.min(elements, -this.length & (BLOCK - 1));
    if (head > 0) {
      wasm[widening.elements](address, this.address + this.length * 4, head);
      this.length += head;
      this.#scanTo(this.length >> 7);
    }
    const blocks = Math.floor((elements - head) / BLOCK);
    if (blocks > 0) {
      const from = address + head * size;
      const maxima = this.maxima_address + this.#scanned_blocks * 4;
      const has_nan = wasm[widening.blocks](from, this.address + this.length * 4, maxima, blocks);
      if (has_nan !== 0) this.nan_suspected = true;
      this.#scanned_blocks += blocks;
      this.length += blocks * BLOCK;
    }
    const done = head + blocks * BLOCK;
    if (elements > done) {
      wasm[widening.elements](address + done * size, this.address + this.length * 4, elements - done);
      this.length += elements - done;
    }
    this.odd_bytes = bytes - elements * size;
    for (let i = 0; i < this.odd_bytes; i++) this.#odd[i] = this.#bytes[address + elements * size + i]!;
  }

  /** the first bytes of an element that a chunk boundary split, where elements are widened */
  readonly #odd = new Uint8Array(4);

  /** Scans the blocks up to this one that were not scanned yet. */
  #scanTo(end: number): void {
    const start = this.#scanned_blocks;
    if (end <= start) return;
    const has_nan = this.#machine.wasm.scan(
      this.address + start * 512,
      this.maxima_address + start * 4,
      end - start,
    );
    if (has_nan !== 0) this.nan_suspected = true;
    this.#scanned_blocks = end;
  }
}
