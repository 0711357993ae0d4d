/**
 * Splits the bytes of a stream into messages: length-prefixed frames, or lines of JSON. Bytes are passed to the
 * message as they arrive; only the message itself may keep some.
 *
 *   frame u32 little-endian: bit 31 set for JSON text, clear for a row; bits 0–30 are the bytes that follow.
 *           The first frame is JSON text, whatever its bit 31.
 *   line JSON text up to a line feed. Empty lines are ignored.
 */
import { Problem } from "../errors.ts";
import type { WireContext } from "./step-reader.ts";
import { type ArrivingMessage, type StreamMessage, StreamMessages } from "./stream-message.ts";

export interface StreamLimits {
  /** maximum bytes of one message of JSON text, its numbers included */
  readonly message_bytes_max: number;
}

export interface MessageReader {
  /** Takes the next bytes and keeps them until `next` has returned undefined. */
  write(chunk: Uint8Array): void;
  /** The next complete message, or undefined when more bytes are needed. Throws the Problem that ends the stream. */
  next(): StreamMessage | undefined;
  /** The end of the bytes. Throws when it comes inside a message; returns a message that needs no end mark. */
  end(): StreamMessage | undefined;
  /** True when the bytes so far end inside a message. */
  readonly inside: boolean;
  /** The maximum number of rows of the next message, if `next` would begin one. */
  readonly begins: boolean;
  readonly step_rows: number;
  /** True when the bytes of the current message are kept until its end, because it is text. */
  readonly keeps: boolean;
  /** True when the bytes that were written last complete no message. */
  readonly is_partial?: boolean;
  /** Memory into which the next bytes may be written without a copy. Valid until the next call of any method. */
  room(): Uint8Array | undefined;
}

const PREFIX_BYTES = 4;
const TEXT_BIT = 0x8000_0000;
/** the last byte of a prefix is at least this when its frame is text */
const TEXT_BYTE = 0x80;
/** the longest element: rows are at most this many bytes times the largest vocabulary */
const ELEMENT_BYTES_MAX = 4;
const NOTHING = new Uint8Array(0);

/** Length-prefixed frames. */
export class FrameReader implements MessageReader {
  inside = false;
  begins = false;
  keeps = false;
  is_partial = false;
  readonly #messages: StreamMessages;
  readonly #text_bytes_max: number;
  readonly #row_bytes_max: number;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #prefix = 0;
  #prefix_bytes = 0;
  #missing = 0;
  #message: ArrivingMessage | undefined;

  constructor(context: WireContext, { message_bytes_max }: StreamLimits) {
    this.#messages = new StreamMessages(context);
    this.#text_bytes_max = message_bytes_max;
    this.#row_bytes_max = context.limits.vocab_size_max * ELEMENT_BYTES_MAX;
  }

  get step_rows(): number {
    return this.#messages.step_rows;
  }

  room(): Uint8Array | undefined {
    return this.#missing > 0 ? this.#message?.sink.room?.(this.#missing) : undefined;
  }

  write(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.begins = this.#message === undefined && chunk.length > 0;
    this.is_partial =
      this.#message === undefined ? this.#beginsRow(chunk) : !this.keeps && chunk.length < this.#missing;
  }

  /** True when the bytes are the beginning of one row, and not its end. */
  #beginsRow(chunk: Uint8Array): boolean {
    const [a = 0, b = 0, c = 0, d = TEXT_BYTE] = chunk;
    if (this.#prefix_bytes > 0 || d >= TEXT_BYTE || !this.#messages.opened) return false;
    return chunk.length - PREFIX_BYTES < a + (b << 8) + (c << 16) + (d << 24);
  }

  next(): StreamMessage | undefined {
    const left = this.#chunk.length - this.#at;
    this.#message ??= left > 0 ? this.#begin() : undefined;
    const message = this.#message;
    if (message !== undefined) {
      const taken = Math.min(this.#missing, this.#chunk.length - this.#at);
      if (taken > 0) message.sink.write(this.#chunk.subarray(this.#at, this.#at + taken));
      this.#at += taken;
      this.#missing -= taken;
      if (this.#missing === 0) {
        this.#message = undefined;
        this.inside = false;
        this.keeps = false;
        this.begins = this.#at < this.#chunk.length;
        return message.end();
      }
    }
    // The whole chunk was taken: its memory may be reused from now on.
    this.#chunk = NOTHING;
    this.#at = 0;
    this.begins = false;
    return undefined;
  }

  end(): undefined {
    if (this.inside)
      throw new Problem(
        "length_mismatch",
        `the stream ends inside a frame, ${this.#missing + ((PREFIX_BYTES - this.#prefix_bytes) % PREFIX_BYTES)} bytes before its end`,
      );
  }

  /** Reads the prefix; undefined while bytes of it are missing. */
  #begin(): ArrivingMessage | undefined {
    this.inside = true;
    while (this.#prefix_bytes < PREFIX_BYTES) {
      if (this.#at === this.#chunk.length) return undefined;
      const byte = this.#chunk[this.#at++] ?? 0;
      this.#prefix += byte * 2 ** (8 * this.#prefix_bytes++);
    }
    const is_marked = this.#prefix >= TEXT_BIT;
    const bytes = is_marked ? this.#prefix - TEXT_BIT : this.#prefix;
    const is_text = is_marked || !this.#messages.opened;
    const bytes_max = is_text ? this.#text_bytes_max : this.#row_bytes_max * this.#messages.step_rows;
    if (bytes > bytes_max) throw frameTooLong(bytes, bytes_max, is_text);
    this.#prefix = 0;
    this.#prefix_bytes = 0;
    this.#missing = bytes;
    this.keeps = is_text;
    return is_text ? this.#messages.beginText() : this.#messages.beginRow(bytes);
  }
}

function frameTooLong(bytes: number, bytes_max: number, is_text: boolean): Problem {
  const limit = is_text ? "body_bytes_max" : "vocab_size_max elements";
  return new Problem(
    "limit_exceeded",
    `a frame of ${is_text ? "JSON text" : "a row"} may have at most ${bytes_max} bytes (${limit}), got ${bytes}`,
  );
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** One JSON text per line. */
export class LineReader implements MessageReader {
  readonly #messages: StreamMessages;
  readonly #bytes_max: number;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #bytes = 0;
  #message: ArrivingMessage | undefined;

  constructor(context: WireContext, { message_bytes_max }: StreamLimits) {
    this.#messages = new StreamMessages(context);
    this.#bytes_max = message_bytes_max;
  }

  get inside(): boolean {
    return this.#message !== undefined;
  }

  get begins(): boolean {
    return this.#message === undefined && this.#at < this.#chunk.length;
  }

  get step_rows(): number {
    return this.#messages.step_rows;
  }

  get keeps(): boolean {
    return this.#message !== undefined;
  }

  room(): undefined {}

  write(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  next(): StreamMessage | undefined {
    while (this.#at < this.#chunk.length) {
      const feed = this.#chunk.indexOf(LINE_FEED, this.#at);
      const end = feed < 0 ? this.#chunk.length : feed;
      this.#take(this.#chunk.subarray(this.#at, end));
      this.#at = feed < 0 ? end : feed + 1;
      if (feed >= 0 && this.#message !== undefined) return this.#complete();
    }
    return undefined;
  }

  /** The last line may lack its line feed. */
  end(): StreamMessage | undefined {
    return this.#message === undefined ? undefined : this.#complete();
  }

  #take(part: Uint8Array): void {
    if (this.#message === undefined && isBlank(part)) return;
    this.#message ??= this.#messages.beginText();
    this.#bytes += part.length;
    if (this.#bytes > this.#bytes_max)
      throw new Problem(
        "limit_exceeded",
        `a line may have at most ${this.#bytes_max} bytes (body_bytes_max), got more`,
      );
    this.#message.sink.write(part);
  }

  #complete(): StreamMessage | undefined {
    const message = this.#message;
    this.#message = undefined;
    this.#bytes = 0;
    return message?.end();
  }
}

function isBlank(part: Uint8Array): boolean {
  for (const byte of part) if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false;
  return true;
}

/** Messages that the connection has already separated, like WebSocket's: text is JSON, bytes are a row. */
export class WholeMessageReader implements MessageReader {
  readonly inside = false;
  readonly keeps = false;
  readonly #messages: StreamMessages;
  readonly #waiting: { readonly bytes: Uint8Array; readonly is_text: boolean }[] = [];

  constructor(context: WireContext) {
    this.#messages = new StreamMessages(context);
  }

  room(): undefined {}

  get begins(): boolean {
    return this.#waiting.length > 0;
  }

  get step_rows(): number {
    return this.#messages.step_rows;
  }

  /** Takes a message. The first has the options, in either form. */
  write(bytes: Uint8Array, is_text = false): void {
    this.#waiting.push({ bytes, is_text });
  }

  next(): StreamMessage | undefined {
    const whole = this.#waiting.shift();
    if (whole === undefined) return undefined;
    const { bytes, is_text } = whole;
    const as_text = is_text || !this.#messages.opened;
    const message = as_text ? this.#messages.beginText() : this.#messages.beginRow(bytes.length);
    message.sink.write(bytes);
    return message.end();
  }

  end(): undefined {}
}
