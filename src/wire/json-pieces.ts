/**
 * JSON text made a piece at a time: the same text that `JSON.stringify` makes at once, with pauses for others, and as
 * bytes, since a text of megabytes takes long to encode. Numbers take most of its time, and they stand in long lists.
 */
import { Buffer } from "node:buffer";

/** Entries of a list that are written without a pause: numbers take some 50 µs then. */
const PIECE = 512;
/** Characters that are encoded together. */
const ENCODED = 65_536;

/** Text that grows, and becomes bytes piece by piece. */
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

  /** All of it: a string when it is short. */
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

/** Adds the text of a value that JSON can hold; fields that are undefined are left out. */
export function* writeInPieces(value: unknown, text: TextPieces): Generator<undefined, void> {
  if (Array.isArray(value)) yield* writeListInPieces(value, text);
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

/** The same for a list, each of whose entries `toJson` turns into what is written. */
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
    if (!piece.some(isLong)) text.add(JSON.stringify(piece).slice(1, -1));
    else
      for (const [i, each] of piece.entries()) {
        if (i > 0) text.add(",");
        yield* writeInPieces(each, text);
        yield;
      }
  }
  text.add("]");
}

/** Whether a value is more than a few words: some of them would make a long piece. */
function isLong(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > SHORT || value.some(isLong);
  return typeof value === "object" && value !== null && Object.values(value).some(isLong);
}

const SHORT = 16;
