/** Tokens as text, for replies: text where a token is whole characters, and bytes where it is not. */
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

/** What is told of a token besides its id. */
export interface TokenText {
  /** bytes that are no whole character stand as U+FFFD; a special token is its name */
  readonly text: string;
  /** only where the text does not tell them */
  readonly bytes?: readonly number[];
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });

export function textOf(vocabulary: Vocabulary, token_id: number): TokenText {
  const name = vocabulary.special.get(token_id);
  if (name !== undefined) return { text: name, bytes: [] };
  return textOfBytes(bytesOf(vocabulary, token_id));
}

/** What is left of a token without the bytes at its end that belong to a stop, which may have begun before it. */
export function textBefore(vocabulary: Vocabulary, token_id: number, stop_bytes: number): TokenText {
  const bytes = bytesOf(vocabulary, token_id);
  return textOfBytes(bytes.subarray(0, Math.max(bytes.length - stop_bytes, 0)));
}

function textOfBytes(bytes: Uint8Array): TokenText {
  try {
    return { text: STRICT.decode(bytes) };
  } catch {
    return { text: LENIENT.decode(bytes), bytes: [...bytes] };
  }
}

/** The whole characters at the beginning of some bytes; undefined when the first byte begins none. */
export function wholeCharacters(bytes: Uint8Array): string | undefined {
  // A character has at most four bytes, so that at most three at the end begin one that is not whole.
  for (let end = bytes.length; end >= Math.max(bytes.length - 3, 0); end--)
    try {
      return STRICT.decode(bytes.subarray(0, end));
    } catch {}
  return undefined;
}
