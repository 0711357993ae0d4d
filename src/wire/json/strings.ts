/** JSON strings as bytes that arrive in pieces: where they end, what their escapes mean, and what to pass over with them. */

const QUOTE = 0x22;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** Finds the end of one string after another; an escape may be cut in two by the end of a chunk. */
export class StringEnd {
  /** the next byte is escaped */
  #escaped = false;

  /** The index behind the closing quote of the string that goes on at `begin`; −1 when the chunk ends before it. */
  find(chunk: Uint8Array, begin: number): number {
    for (let at = begin; at < chunk.length; at++) {
      if (this.#escaped) this.#escaped = false;
      else if (chunk[at] === BACKSLASH) this.#escaped = true;
      else if (chunk[at] === QUOTE) return at + 1;
    }
    return -1;
  }
}

/** The rest of an array that nobody wants, with all that is nested in it. */
export class SkippedArray {
  closed = false;
  readonly #string_end = new StringEnd();
  #in_string = false;
  #depth = 1;

  /** Passes over it from `chunk[begin]` on; answers the index behind the last byte that belongs to it. */
  write(chunk: Uint8Array, begin: number): number {
    let at = begin;
    while (at < chunk.length && !this.closed) {
      if (this.#in_string) {
        const end = this.#string_end.find(chunk, at);
        if (end < 0) return chunk.length;
        this.#in_string = false;
        at = end;
      } else this.#pass(chunk[at++] ?? 0);
    }
    return at;
  }

  #pass(byte: number): void {
    if (byte === QUOTE) this.#in_string = true;
    else if (byte === BRACKET || byte === BRACE) this.#depth += 1;
    else if (byte === BRACKET_END || byte === BRACE_END) this.#depth -= 1;
    this.closed = this.#depth === 0;
  }
}

/** What stands between the quotes of a string, as JavaScript sees it; undefined when it is no JSON string. */
export function unescaped(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return undefined;
  }
}
