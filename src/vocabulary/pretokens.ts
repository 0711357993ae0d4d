/** How a byte-level tokenizer divides a text before it merges bytes. pretoken-families.ts has the families that are known. */

/** Divides a text into pieces, of which each is tokenized by itself. */
export interface Pretokens {
  /** each expression splits the pieces of the one before: matches and the text between them become pieces */
  readonly splits: readonly RegExp[];
}

/** The tokenizer of a byte-level vocabulary, as far as its file describes it. */
export interface Tokenizer {
  readonly pretokens: Pretokens;
  /** whether a piece that is a token is that token, whatever merges would make of it */
  readonly is_whole_first: boolean;
  /** whether texts are brought to Unicode's form C first */
  readonly is_nfc: boolean;
  /** the tokens that merges make: bit i of word i / 32 for token i; undefined: all that have bytes and are not special */
  readonly merged: Uint32Array | undefined;
  /** texts that are cut out before a text is divided */
  readonly added: readonly string[];
}

/** The pieces of a text, in their order: joined they are the text. */
export function divided(text: string, { splits }: Pretokens): string[] {
  let pieces = [text];
  for (const split of splits) pieces = pieces.flatMap((piece) => dividedBy(piece, split));
  return pieces;
}

function dividedBy(text: string, split: RegExp): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(split)) {
    if (index > end) pieces.push(text.slice(end, index));
    if (found !== "") pieces.push(found);
    end = index + found.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}
