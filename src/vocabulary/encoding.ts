/**
 * Encodes text as the tokenizer of a byte-level vocabulary does: the text is divided into pieces (pretokens.ts), and the
 * bytes of each piece are joined. The rank of a merge is the id of the token that it makes, as in tiktoken's files; the
 * readers of other files look whether that holds. So no list of merges is kept, and tokens are found in the trees that
 * masks have.
 */
import { byteLevelBytes } from "./byte-level.ts";
import { joinNeighbours, type Unit } from "./joining.ts";
import { tokensOfBytes } from "./lookup.ts";
import { divided, type Tokenizer } from "./pretokens.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Longest piece that is encoded, in bytes. */
export const PIECE_BYTES_MAX = 256;

const UTF8 = new TextEncoder();

/**
 * The token ids of a piece; undefined when it is longer than PIECE_BYTES_MAX, or when a byte of it is no token. With `is_whole`
 * false the piece is the beginning of one: it is not looked up as a whole.
 */
export function encodePiece(
  vocabulary: Vocabulary,
  tokenizer: Tokenizer,
  piece: Uint8Array,
  is_whole: boolean,
): number[] | undefined {
  if (piece.length > PIECE_BYTES_MAX) return undefined;
  const tokenAt = (begin: number, end: number) =>
    tokensOfBytes(vocabulary, piece.subarray(begin, end)).find((id) => isMerged(tokenizer, id));
  if (is_whole && tokenizer.is_whole_first && piece.length > 0) {
    const whole = tokenAt(0, piece.length);
    if (whole !== undefined) return [whole];
  }
  const units: Unit[] = [];
  for (let at = 0; at < piece.length; at++) {
    const id = tokenAt(at, at + 1);
    if (id === undefined) return undefined;
    units.push({ begin: at, end: at + 1, id });
  }
  joinNeighbours(units, tokenAt);
  return units.map(({ id }) => id);
}

/** The token ids of a text in Unicode's form C; undefined when a piece of it cannot be encoded. */
export function encodeText(vocabulary: Vocabulary, tokenizer: Tokenizer, text: string): number[] | undefined {
  const ids: number[] = [];
  for (const piece of divided(text, tokenizer.pretokens)) {
    const own = encodePiece(vocabulary, tokenizer, UTF8.encode(piece), true);
    if (own === undefined) return undefined;
    ids.push(...own);
  }
  return ids;
}

function isMerged({ merged }: Tokenizer, id: number): boolean {
  return merged === undefined || ((merged[id >>> 5] ?? 0) >>> (id & 31)) % 2 === 1;
}

/**
 * The tokens that merges produce, and single bytes: bit i of word i / 32 for token i. A merge is two texts with a blank
 * between, and `ids` has the tokens by their texts. Returns an error message when the ids of merged tokens are not in
 * the order of the merges, because they are no ranks then.
 */
export function mergedTokens(
  merges: Iterable<string>,
  ids: ReadonlyMap<string, number>,
  size: number,
): Uint32Array | string {
  const merged = new Uint32Array((size + 31) >>> 5);
  const add = (id: number) => {
    merged[id >>> 5]! |= 1 << (id & 31);
  };
  for (const [text, id] of ids) if (byteLevelBytes(text)?.length === 1) add(id);
  let before = -1;
  for (const merge of merges) {
    const id = ids.get(merge.replace(" ", ""));
    if (id === undefined || id < before)
      return "its merges do not stand in the order of the ids that they make";
    before = id;
    add(id);
  }
  return merged;
}
