/**
 * The tokens that two vocabularies have in common: those with the same bytes, and special tokens with the same name. A
 * drafter with another tokenizer may draft these tokens, because each is one token of the target.
 *
 * Each token has at most one partner. SentencePiece has the bytes of an ASCII letter twice: as a byte token and as a
 * letter. When several tokens have the same bytes, the last ones of both sides are partners, then those before them. A
 * token without a partner is not common.
 */
import { type Tokens, tokensOf } from "./tokens.ts";
import type { Trie } from "./trie.ts";
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

/** Marks a token without a partner. */
export const NO_PARTNER = -1;

export interface CommonTokens {
  readonly target: Vocabulary;
  readonly draft: Vocabulary;
  /** how many there are */
  readonly count: number;
  /** by id of the draft: the id in the target, or NO_PARTNER */
  readonly to_target: Int32Array;
  /** by id of the target: the id in the draft, or NO_PARTNER */
  readonly to_draft: Int32Array;
  /** of the draft: bit i mod 32 of word ⌊i / 32⌋ is set when token i is common */
  readonly draft_mask: Uint32Array;
}

/** Maximum bytes of the tables of all pairs. A pair of 128,256 and 32,000 tokens takes 660 kB. */
const COMMON_BYTES_MAX = 16 * 1024 * 1024;

/** The tables of the most recently used pairs. */
export class CommonTokensCache {
  readonly #bytes_max: number;
  /** the most recently used is last */
  #kept: CommonTokens[] = [];

  constructor(bytes_max = COMMON_BYTES_MAX) {
    this.#bytes_max = bytes_max;
  }

  /** bytes of all tables that are kept */
  get bytes(): number {
    return this.#kept.reduce((sum, common) => sum + bytesOfTables(common), 0);
  }

  get count(): number {
    return this.#kept.length;
  }

  of(target: Vocabulary, draft: Vocabulary): CommonTokens {
    const known = this.#kept.find((each) => each.target === target && each.draft === draft);
    const common = known ?? commonTokens(target, draft);
    this.#kept = [...this.#kept.filter((each) => each !== common), common];
    while (this.#kept.length > 0 && this.bytes > this.#bytes_max) this.#kept.shift();
    return common;
  }
}

function bytesOfTables({ to_target, to_draft, draft_mask }: CommonTokens): number {
  return to_target.byteLength + to_draft.byteLength + draft_mask.byteLength;
}

/** Walks both vocabularies once, in the order of their tokens' bytes. */
export function commonTokens(target: Vocabulary, draft: Vocabulary): CommonTokens {
  const to_target = new Int32Array(draft.size).fill(NO_PARTNER);
  const to_draft = new Int32Array(target.size).fill(NO_PARTNER);
  const draft_mask = new Uint32Array((draft.size + 31) >>> 5);
  let count = 0;
  const pair = (target_id: number, draft_id: number) => {
    to_target[draft_id] = target_id;
    to_draft[target_id] = draft_id;
    draft_mask[draft_id >>> 5]! |= 1 << (draft_id & 31);
    count += 1;
  };
  const [target_tokens, draft_tokens] = [tokensOf(target), tokensOf(draft)];
  // The bytes of a token decide which tree it is in.
  for (const name of ["plain", "other", "long_plain", "long"] as const)
    pairEqual(
      runsOf(target_tokens, target_tokens[name], target),
      runsOf(draft_tokens, draft_tokens[name], draft),
      pair,
    );
  const names = new Map(Array.from(draft.special, ([id, text]) => [text, id]));
  for (const [target_id, text] of target.special) {
    const draft_id = names.get(text);
    if (draft_id !== undefined && to_target[draft_id] === NO_PARTNER) pair(target_id, draft_id);
  }
  return { target, draft, count, to_target, to_draft, draft_mask };
}

/** The ids of the tokens with the same bytes, ascending. */
interface EqualTokens {
  readonly bytes: Uint8Array;
  readonly ids: readonly number[];
}

/** The text tokens of a tree in the order of their bytes, grouped by equal bytes. */
function* runsOf(
  { vocabulary }: Tokens,
  trie: Trie,
  { special }: Vocabulary,
): Generator<EqualTokens, undefined> {
  const ordered = trie.ordered.filter((id) => !special.has(id));
  for (let at = 0; at < ordered.length; ) {
    const bytes = bytesOf(vocabulary, ordered[at]!);
    const ids: number[] = [];
    for (; at < ordered.length && compare(bytesOf(vocabulary, ordered[at]!), bytes) === 0; at++)
      ids.push(ordered[at]!);
    yield { bytes, ids };
  }
  return undefined;
}

function pairEqual(
  targets: Iterator<EqualTokens, undefined>,
  drafts: Iterator<EqualTokens, undefined>,
  pair: (target_id: number, draft_id: number) => void,
): void {
  let target = targets.next().value;
  let draft = drafts.next().value;
  while (target !== undefined && draft !== undefined) {
    const order = compare(target.bytes, draft.bytes);
    if (order === 0) {
      const both = Math.min(target.ids.length, draft.ids.length);
      for (let i = 1; i <= both; i++) pair(target.ids.at(-i) as number, draft.ids.at(-i) as number); // i ≤ both
    }
    if (order <= 0) target = targets.next().value;
    if (order >= 0) draft = drafts.next().value;
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
