/**
 * Tokens packed into one run of bytes, in the order of their ids: for each token one byte with its length, then its
 * bytes. Length 0 is a token without text.
 */

export function packTokens(tokens: readonly (Uint8Array | undefined)[]): Uint8Array {
  const packed: number[] = [];
  for (const token of tokens) {
    if (token !== undefined && token.length > 255)
      throw new Error(`a packed token has at most 255 bytes, got ${token.length}`);
    packed.push(token?.length ?? 0, ...(token ?? []));
  }
  return Uint8Array.from(packed);
}

export function unpackTokens(packed: Uint8Array): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = [];
  for (let at = 0; at < packed.length; at += 1 + packed[at]!) {
    const length = packed[at]!;
    tokens.push(length === 0 ? undefined : packed.subarray(at + 1, at + 1 + length));
  }
  return tokens;
}
