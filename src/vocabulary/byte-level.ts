/**
 * The letters that byte-level tokenizers write for bytes (GPT-2's table): printable Latin-1 stands for itself, every
 * other byte for a letter from U+0100 on.
 */

const BYTE_OF_LETTER = bytesOfLetters();

function bytesOfLetters(): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const is_itself = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    bytes.set(String.fromCodePoint(is_itself ? byte : next++), byte);
  }
  return bytes;
}

/** The bytes of a byte-level token; undefined when one of its letters is not in the table. */
export function byteLevelBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_LETTER.get(token[i] ?? "");
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
