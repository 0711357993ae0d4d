/**
 * Writes JSON text in pieces: the same text as `JSON.stringify`, with pauses for other work, and as bytes, because
 * encoding a text of megabytes takes long. Numbers in long lists take most of the time.
 */
import { Buffer } from "node:buffer";

/** Number of list entries written without a pause: numbers take some 50 µs then. */
const PIECE = 512;
/** Number of characters encoded at once. */
const ENCODED = 65_536;

/** Text that grows and becomes bytes piece by piece. */
export class TextPieces {
  readonly #pieces: Buffer[] = [];
  #text = "";

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= ENCODED) this.#encode();
  }

  addBytes(bytes: Buffer): void {
    this.#encode();
    this.#pieces.push(bytes);
  }

  /** Appends the text of another one. */
  addAll(others: TextPieces): void {
    for (const bytes of others.#pieces) this.addBytes(bytes);
    this.add(others.#text);
  }

  /** The whole text: a string when it is short. */
  all(): string | readonly Buffer[] {
    if (this.#pieces.length === 0) return this.#text;
    this.#encode();
    return this.#pieces;
  }

  #encode(): void {
    if (this.#text === "") return;
    this.#pieces.push(Buffer.from(this.#text));
    this.#text = "";
  }
}

/**
 * A list that is written while it grows. An array of many thousand objects that live until the end would cause long
 * garbage collections. Entries that would make a long piece wait for `writeTo`.
 */
export class WrittenList {
  readonly #parts: (TextPieces | { readonly long: unknown })[] = [];
  #last = new TextPieces();
  #length = 0;

  /** Appends an entry, which must not change afterwards. */
  push(entry: unknown): void {
    if (this.#length > 0) this.#last.add(",");
    this.#length += 1;
    if (!isLong(entry, WRITTEN_AT_ONCE)) {
      this.#last.add(JSON.stringify(entry));
      return;
    }
    this.#parts.push(this.#last, { long: entry });
    this.#last = new TextPieces();
  }

  /** Moves the text of the list to the given text. */
  *writeTo(text: TextPieces): Generator<undefined, void> {
    text.add("[");
    for (const part of this.#parts.splice(0)) {
      if (part instanceof TextPieces) text.addAll(part);
      else yield* writeInPieces(part.long, text);
      yield;
    }
    text.addAll(this.#last);
    text.add("]");
  }
}

/** Appends the text of a JSON value; fields that are undefined are left out. */
export function* writeInPieces(value: unknown, text: TextPieces): Generator<undefined, void> {
  if (value instanceof WrittenList) yield* value.writeTo(text);
  else if (Array.isArray(value)) yield* writeListInPieces(value, text);
  else if (typeof value !== "object" || value === null) text.add(JSON.stringify(value) ?? "null");
  else {
    let mark = "{";
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue;
      text.add(`${mark}${JSON.stringify(name)}:`);
      yield* writeInPieces(field, text);
      mark = ",";
    }
    text.add(mark === "{" ? "{}" : "}");
  }
}

/** The same for a list; `toJson` converts each entry. */
export function* writeListInPieces<Entry>(
  list: readonly Entry[],
  text: TextPieces,
  toJson: (entry: Entry) => unknown = (entry) => entry,
): Generator<undefined, void> {
  text.add("[");
  for (let from = 0; from < list.length; from += PIECE) {
    if (from > 0) {
      text.add(",");
      yield;
    }
    const piece = list.slice(from, from + PIECE).map(toJson);
    if (!piece.some((each) => isLong(each))) text.add(JSON.stringify(piece).slice(1, -1));
    else
      for (const [i, each] of piece.entries()) {
        if (i > 0) text.add(",");
        yield* writeInPieces(each, text);
        yield;
      }
  }
  text.add("]");
}

/**
 * True when a value is more than a few words, or has a list with more entries than this, so that several of them would make a
 * long piece.
 */
function isLong(value: unknown, entries = SHORT): boolean {
  if (Array.isArray(value)) return value.length > entries || value.some((each) => isLong(each, entries));
  return (
    typeof value === "object" && value !== null && Object.values(value).some((each) => isLong(each, entries))
  );
}

const SHORT = 16;
/** Maximum number of entries in the lists of an entry: two such entries take some 200 µs. */
const WRITTEN_AT_ONCE = 512;
