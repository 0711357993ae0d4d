/** JSON strings in bytes that arrive in pieces: their ends and their escapes. */

const QUOTE = 0x22;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** Finds the end of each string; a chunk may end inside an escape. */
export class StringEnd {
  /** true when the next byte is escaped */
  #escaped = false;

  /**
   * The index after the closing quote of the string that continues at `begin`; −1 when the chunk ends before it.
   */
  find(chunk: Uint8Array, begin: number): number {
    for (let at = begin; at < chunk.length; at++) {
      if (this.#escaped) this.#escaped = false;
      else if (chunk[at] === BACKSLASH) this.#escaped = true;
      else if (chunk[at] === QUOTE) return at + 1;
    }
    return -1;
  }
}

/** Skips the rest of an unwanted array, with everything nested in it. */
export class SkippedArray {
  closed = false;
  readonly #string_end = new StringEnd();
  #in_string = false;
  #depth = 1;

  /** Skips from `chunk[begin]` on; returns the index after the last byte of the array. */
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

/**
 * The value between the quotes of a string, as JavaScript sees it; undefined when it is no valid JSON string.
 */
export function unescaped(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return undefined;
  }
}
