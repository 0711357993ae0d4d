/**
 * Splits a JSON body, as its bytes arrive, into rows of logits and the rest. The numbers of `logits` (and of
 * sparse `values`) go straight to the number scanner, packed `data` to the base64 decoder; an empty array or
 * string stays in their place, and the rest, which is small, goes through JSON.parse at the end.
 *
 * Strings, escapes and nesting are tracked at every byte, so a row is found only at its proper place. Invalid
 * JSON stays invalid, because JSON.parse sees everything that was not consumed. Every array and every string in
 * those places is consumed, so a placeholder cannot be confused with sent data. Only sparse `token_ids` in
 * unusual spellings stay in the text, and JSON.parse checks them.
 */
import { Buffer } from "node:buffer";
import { Problem } from "../../errors.ts";
import { GrowingBuffer, type TextBuffer, textBesideLogits } from "../growing-buffer.ts";
import { faultProblem } from "./faults.ts";
import { IdScanner } from "./ids.ts";
import { LongList } from "./long-list.ts";
import { Nesting, type NestingLimits, type Places, type ScannedArray } from "./nesting.ts";
import { type ElementSink, type Fault, NumberScanner } from "./numbers.ts";
import { PackedString } from "./packed-string.ts";
import { SkippedArray, StringEnd, unescaped } from "./strings.ts";
import { jsonValue } from "./text.ts";

/** Receivers of the rows, by index of the step (0 for a single step) and of its row. */
export interface EnvelopeTargets {
  /** the array at `logits`, or at `logits.values`, begins */
  numbers(step: number, array: "dense" | "values", source: number): ElementSink;
  /** The array at `logits.token_ids`, when it contains only plain ids. Without this method it always stays in the text. */
  ids?(step: number, token_ids: Int32Array, source: number): void;
  /** the string at `logits.data` begins */
  packed(step: number, source: number): ElementSink;
  /**
   * Called when a row cannot be taken; the pointer is relative to the step. When it does not throw, the rest of the row is
   * skipped.
   */
  fault(step: number, problem: Problem): void;
}

export interface EnvelopeLimits {
  readonly json_text_bytes_max: number;
  readonly vocab_size_max: number;
  readonly batch_rows_max: number;
  readonly options: NestingLimits;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const CLOSING_QUOTE = Buffer.from('"');
const CLOSING_BRACKET = Buffer.from("]");

const STRUCTURAL = new Uint8Array(256);
for (const character of '"{}[],:') STRUCTURAL[character.charCodeAt(0)] = 1;

/** The part of the text of the next byte. `skip` is the rest of an array of numbers with a fault. */
type Mode = "plain" | "string" | "key" | "numbers" | "ids" | "list" | "packed" | "skip";

const ID_BYTES = 4;

export class JsonEnvelope {
  readonly #limits: EnvelopeLimits;
  readonly #targets: EnvelopeTargets;
  readonly #nesting: Nesting;
  readonly #text: TextBuffer;
  #mode: Mode = "plain";
  readonly #string_end = new StringEnd();
  #key_begin = 0;
  #array: "dense" | "values" = "dense";
  #scanner: NumberScanner | undefined;
  #ids: { readonly scanner: IdScanner; readonly bytes: GrowingBuffer } | undefined;
  #packed_string: PackedString | undefined;
  #list: LongList | undefined;
  readonly #lists: LongList[] = [];
  #skipped = new SkippedArray();

  constructor(places: Places, limits: EnvelopeLimits, targets: EnvelopeTargets) {
    this.#limits = limits;
    this.#targets = targets;
    this.#nesting = new Nesting(places, limits.batch_rows_max, limits.options);
    this.#text = textBesideLogits(limits.json_text_bytes_max);
  }

  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at = this.#take(chunk, at);
  }

  /** The body without its rows. */
  end(): unknown {
    return this.restored(jsonValue(this.endText()));
  }

  /** Puts the values that were read separately back into the value of the text. */
  restored<Value>(value: Value): Value {
    for (const list of this.#lists) {
      const { rows } = value as { rows?: unknown };
      const own = list.row === undefined ? value : (rows as readonly unknown[])[list.row];
      const fields = own as { history: ReturnType<LongList["complete"]> };
      fields.history = list.complete(fields.history as readonly unknown[]);
    }
    return value;
  }

  /** The text of the body without its rows. The text is not validated here; the caller parses it. */
  endText(): string {
    this.#endInsideNumbers();
    if (this.#mode !== "plain" || this.#nesting.depth > 0)
      throw new Problem("malformed_json", `the JSON text ends inside ${this.#inside()}`);
    return this.#text.unmarked();
  }

  /** The text ended inside an array of numbers. Its last token decides which fault is reported. */
  #endInsideNumbers(): void {
    const scanner = this.#scanner;
    scanner?.end();
    if (scanner?.fault === undefined) return;
    if (scanner.fault.kind === "odd" && isCutOff(scanner.fault.text)) return;
    this.#arrayFault(scanner.fault);
    this.#skipRest(scanner.rest);
  }

  #inside(): string {
    if (this.#mode === "string" || this.#mode === "key" || this.#mode === "packed") return "a string";
    return this.#mode === "plain" && this.#nesting.inObject ? "an object" : "an array";
  }

  /** Reads one unit from `at` on; returns the index after it. */
  #take(chunk: Uint8Array, at: number): number {
    switch (this.#mode) {
      case "plain":
        return this.#plain(chunk, at);
      case "numbers":
        return this.#numbers(chunk, at);
      case "ids":
        return this.#tokenIds(chunk, at);
      case "list":
        return this.#longList(chunk, at);
      case "packed":
        return this.#packed(chunk, at);
      case "skip":
        return this.#skip(chunk, at);
      default:
        return this.#string(chunk, at);
    }
  }

  /** Reads everything outside wanted strings and scanned arrays. */
  #plain(chunk: Uint8Array, begin: number): number {
    let at = begin;
    while (at < chunk.length) {
      const byte = chunk[at++] ?? 0;
      if (STRUCTURAL[byte] === 0) continue;
      if (byte === QUOTE) {
        if (this.#nesting.wantsKey || this.#nesting.atPacked) break;
        at = this.#skipString(chunk, at);
      } else if (byte === COMMA) {
        this.#nesting.comma();
        if (!this.#nesting.atLongList) continue;
        this.#text.append(chunk.subarray(begin, at - 1));
        this.#mode = "list";
        this.#list = new LongList(this.#nesting.ownRow);
        return at;
      } else if (byte === COLON) this.#nesting.colon();
      else if (byte !== BRACKET && byte !== BRACE) this.#nesting.close();
      else {
        const array = this.#nesting.open(byte === BRACE);
        if (array === undefined) continue;
        this.#text.append(chunk.subarray(begin, at));
        this.#beginArray(array);
        return at;
      }
    }
    this.#text.append(chunk.subarray(begin, at));
    if (this.#mode === "plain" && chunk[at - 1] === QUOTE) this.#beginString();
    return at;
  }

  /**
   * The index after the string's closing quote. When the chunk ends before, the mode is set to continue
   * there.
   */
  #skipString(chunk: Uint8Array, begin: number): number {
    const end = this.#string_end.find(chunk, begin);
    if (end < 0) this.#mode = "string";
    return end < 0 ? chunk.length : end;
  }

  #beginString(): void {
    if (this.#nesting.wantsKey) {
      this.#mode = "key";
      this.#key_begin = this.#text.length;
    } else if (this.#nesting.atPacked) {
      this.#mode = "packed";
      this.#packed_string = new PackedString(this.#targets.packed(this.#nesting.row, this.#nesting.source));
    }
  }

  /** A string that is kept: the rest of a value, or a key. */
  #string(chunk: Uint8Array, begin: number): number {
    const end = this.#string_end.find(chunk, begin);
    const until = end < 0 ? chunk.length : end;
    this.#text.append(chunk.subarray(begin, until));
    if (end < 0) return until;
    if (this.#mode === "key") this.#nesting.named(keyOf(this.#text.slice(this.#key_begin)));
    this.#mode = "plain";
    return until;
  }

  #beginArray(array: ScannedArray): void {
    if (array === "token_ids") {
      this.#beginIds();
      return;
    }
    this.#mode = "numbers";
    this.#array = array;
    this.#scanner = new NumberScanner(this.#targets.numbers(this.#nesting.row, array, this.#nesting.source));
  }

  #beginIds(): void {
    if (this.#targets.ids === undefined) {
      this.#nesting.enter();
      return;
    }
    this.#mode = "ids";
    const bytes = new GrowingBuffer(this.#limits.vocab_size_max * ID_BYTES);
    this.#ids = { scanner: new IdScanner(bytes), bytes };
  }

  /** An array of ids that the scanner cannot read is put back into the text, and read from there. */
  #tokenIds(chunk: Uint8Array, begin: number): number {
    if (this.#ids === undefined) return chunk.length;
    const { scanner, bytes } = this.#ids;
    const used = scanner.write(chunk, begin);
    if (scanner.closed) {
      this.#targets.ids?.(this.#nesting.row, bytes.integers(), this.#nesting.source);
      this.#endArray();
    } else if (scanner.rest !== undefined) {
      this.#mode = "plain";
      this.#nesting.enter();
      this.#text.append(Buffer.from(bytes.integers().join()));
      this.write(scanner.rest);
    }
    return used;
  }

  /** The rest of a long list: one that holds anything but plain ids goes back into the text, and is read on there. */
  #longList(chunk: Uint8Array, begin: number): number {
    const list = this.#list;
    if (list === undefined) return chunk.length;
    const used = list.scanner.write(chunk, begin);
    list.bytes += used - begin;
    this.#text.count(used - begin);
    if (list.scanner.closed) {
      list.end();
      this.#lists.push(list);
      this.#nesting.close();
      this.#endArray();
    } else if (list.scanner.rest !== undefined) {
      this.#mode = "plain";
      this.#text.count(-list.bytes);
      this.#text.append(Buffer.from(list.text()));
      this.write(list.scanner.rest);
    }
    return used;
  }

  #numbers(chunk: Uint8Array, begin: number): number {
    const scanner = this.#scanner;
    if (scanner === undefined) return chunk.length;
    const used = scanner.write(chunk, begin);
    if (scanner.closed) this.#endArray();
    else if (scanner.fault !== undefined) {
      this.#arrayFault(scanner.fault);
      this.#skipRest(scanner.rest);
    }
    return used;
  }

  #endArray(): void {
    this.#scanner = undefined;
    this.#ids = undefined;
    this.#mode = "plain";
    this.#text.append(CLOSING_BRACKET);
  }

  #arrayProblem(fault: Fault): Problem {
    const pointer = this.#array === "dense" ? "/logits" : "/logits/values";
    return faultProblem(fault, pointer, this.#limits.vocab_size_max);
  }

  #arrayFault(fault: Fault): void {
    const problem = this.#arrayProblem(fault);
    if (problem.code === "malformed_json") throw problem.within(this.#nesting.rowPointer);
    this.#targets.fault(this.#nesting.row, problem.within(this.#nesting.sourcePointer));
  }

  /**
   * The scanner has read ahead of its fault. The bytes that it read may extend past the array, so they are walked
   * again here.
   */
  #skipRest(rest: Uint8Array): void {
    this.#scanner = undefined;
    this.#mode = "skip";
    this.#skipped = new SkippedArray();
    this.write(rest);
  }

  #skip(chunk: Uint8Array, begin: number): number {
    const used = this.#skipped.write(chunk, begin);
    if (this.#skipped.closed) this.#endArray();
    return used;
  }

  #packed(chunk: Uint8Array, begin: number): number {
    const packed = this.#packed_string;
    if (packed === undefined) return chunk.length;
    const used = packed.write(chunk, begin);
    if (!packed.closed) return used;
    this.#mode = "plain";
    this.#text.append(CLOSING_QUOTE);
    if (packed.fault !== undefined) {
      const problem = this.#packedFault(packed.fault).within(this.#nesting.sourcePointer);
      this.#targets.fault(this.#nesting.row, problem);
    }
    return used;
  }

  #packedFault(fault: "letter" | "full"): Problem {
    return fault === "letter"
      ? new Problem("invalid_logits", "data must be base64 (RFC 4648) without white space", "/logits/data")
      : new Problem(
          "limit_exceeded",
          `a row may have at most ${this.#limits.vocab_size_max} elements (vocab_size_max), got more`,
          "/logits/data",
        );
  }
}

/** True at the beginning of an entry: no comma, bracket or blank has come after it. */
function isCutOff(text: Uint8Array): boolean {
  return /^(?:-?[\w.+-]*|"[^"]*)$/.test(Buffer.from(text).toString("latin1"));
}

/** A key as JavaScript sees it. An invalid JSON string stays unchanged, so that JSON.parse rejects it. */
function keyOf(key_and_quote: string): string {
  const key = key_and_quote.slice(0, -1);
  return unescaped(key) ?? key;
}
