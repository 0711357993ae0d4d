/**
 * The tokenizer of a byte-level vocabulary, as far as a file tells it: how a text is divided, and which tokens merges make.
 * The rank of a merge is the id of the token that it makes, as in tiktoken's files; the readers of other files look whether
 * that holds. So no list of merges is kept.
 */
import { byteLevelBytes } from "./byte-level.ts";
import type { Tokenizer } from "./pretokens.ts";
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

/** Longest piece that is tokenized: merging takes time with its square. */
export const PIECE_BYTES_MAX = 256;

const NONE = -1;

/** Finds tokens by their bytes, and merges the bytes of a piece. Its table takes 8 to 16 bytes a token. */
export class BytePairs {
  readonly #vocabulary: Vocabulary;
  readonly #tokenizer: Tokenizer;
  /** open addressing: an id, or NONE */
  readonly #table: Int32Array;

  constructor(vocabulary: Vocabulary, tokenizer: Tokenizer) {
    this.#vocabulary = vocabulary;
    this.#tokenizer = tokenizer;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(2 * vocabulary.size + 2))).fill(NONE);
    for (let id = 0; id < vocabulary.size; id++) if (this.#isMade(id)) this.#add(id);
  }

  /** The tokens of a piece; undefined where it is too long, or a byte is no token. */
  encode(piece: Uint8Array, is_whole: boolean): number[] | undefined {
    if (piece.length > PIECE_BYTES_MAX) return undefined;
    if (is_whole && this.#tokenizer.is_whole_first) {
      const whole = this.#find(piece);
      if (whole !== NONE) return [whole];
    }
    const starts = Array.from(piece, (_, i) => i);
    const endOf = (at: number) => starts[at + 1] ?? piece.length;
    const pairAt = (at: number) =>
      at + 1 < starts.length ? this.#find(piece.subarray(starts[at]!, endOf(at + 1))) : NONE;
    const pairs = starts.map((_, at) => pairAt(at));
    for (;;) {
      let best = NONE;
      for (let at = 0; at < pairs.length; at++)
        if (pairs[at] !== NONE && (best === NONE || pairs[at]! < pairs[best]!)) best = at;
      if (best === NONE) break;
      starts.splice(best + 1, 1);
      pairs.splice(best + 1, 1);
      pairs[best] = pairAt(best);
      if (best > 0) pairs[best - 1] = pairAt(best - 1);
    }
    const ids = starts.map((start, at) => this.#find(piece.subarray(start, endOf(at))));
    return ids.includes(NONE) ? undefined : ids;
  }

  #isMade(id: number): boolean {
    const { length } = bytesOf(this.#vocabulary, id);
    if (length === 0) return false;
    const { merged } = this.#tokenizer;
    return merged === undefined || ((merged[id >>> 5] ?? 0) >>> (id & 31)) % 2 === 1;
  }

  #add(id: number): void {
    const bytes = bytesOf(this.#vocabulary, id);
    let at = this.#placeOf(bytes);
    while (this.#table[at] !== NONE) {
      if (isSame(bytesOf(this.#vocabulary, this.#table[at]!), bytes)) return;
      at = (at + 1) & (this.#table.length - 1);
    }
    this.#table[at] = id;
  }

  #find(bytes: Uint8Array): number {
    for (let at = this.#placeOf(bytes); ; at = (at + 1) & (this.#table.length - 1)) {
      const id = this.#table[at]!;
      if (id === NONE || isSame(bytesOf(this.#vocabulary, id), bytes)) return id;
    }
  }

  #placeOf(bytes: Uint8Array): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    return (hash ^ (hash >>> 15)) & (this.#table.length - 1);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const KNOWN = new WeakMap<Vocabulary, BytePairs>();

/** Made when it is first asked for. */
export function bytePairsOf(vocabulary: Vocabulary, tokenizer: Tokenizer): BytePairs {
  let made = KNOWN.get(vocabulary);
  if (made === undefined) {
    made = new BytePairs(vocabulary, tokenizer);
    KNOWN.set(vocabulary, made);
  }
  return made;
}

/**
 * The tokens that merges make, and single bytes. Merges are two texts with a blank between, tokens stand by their text. A
 * sentence where the ids of what is made are not in the order of the merges: they are no ranks then.
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
  let before = NONE;
  for (const merge of merges) {
    const id = ids.get(merge.replace(" ", ""));
    if (id === undefined || id < before)
      return "its merges do not stand in the order of the ids that they make";
    before = id;
    add(id);
  }
  return merged;
}
