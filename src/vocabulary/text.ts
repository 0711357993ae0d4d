/** Tokens as text for replies: as text where a token is whole characters, as bytes otherwise. */
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

/** A token in a reply, besides its id. */
export interface TokenText {
  /** incomplete characters are U+FFFD; a special token is its name */
  readonly text: string;
  /** only when the text has replaced bytes */
  readonly bytes?: readonly number[];
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });

export function textOf(vocabulary: Vocabulary, token_id: number): TokenText {
  const name = vocabulary.special.get(token_id);
  if (name !== undefined) return { text: name, bytes: [] };
  return textOfBytes(bytesOf(vocabulary, token_id));
}

/** The bytes of a token without those at its end that belong to a stop. The stop may have begun in an earlier token. */
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

/** The whole characters at the beginning of some bytes; undefined when the bytes begin with no whole character. */
export function wholeCharacters(bytes: Uint8Array): string | undefined {
  // A character has at most four bytes, so an incomplete one at the end has at most three.
  for (let end = bytes.length; end >= Math.max(bytes.length - 3, 0); end--)
    try {
      return STRICT.decode(bytes.subarray(0, end));
    } catch {}
  return undefined;
}
