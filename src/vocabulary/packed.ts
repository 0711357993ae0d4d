/**
 * Tokens packed into one string, in the order of their ids: for each token one character with its length, then one character a
 * byte. Length 0 is a token without text. Most tokens are words, so this is three quarters of their base64.
 */

/** The character of length 0: lengths of words are letters, which a program's text holds as they are. */
const LENGTH_0 = 0x61;

export function packTokens(tokens: readonly (Uint8Array | undefined)[]): string {
  const packed = tokens.map((token) => {
    const bytes = token ?? [];
    if (bytes.length > 255) throw new Error(`a packed token has at most 255 bytes, got ${bytes.length}`);
    return String.fromCharCode(LENGTH_0 + bytes.length, ...bytes);
  });
  return packed.join("");
}

/** The bytes of all tokens lie in one array. */
export function unpackTokens(packed: string): (Uint8Array | undefined)[] {
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const tokens: (Uint8Array | undefined)[] = [];
  let at = 0;
  while (at < packed.length) {
    const end = at + 1 + packed.charCodeAt(at) - LENGTH_0;
    tokens.push(end === at + 1 ? undefined : bytes.subarray(at + 1, end));
    at = end;
  }
  return tokens;
}
