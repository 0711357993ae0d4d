/**
 * Sequences at which a repeat stops, such as a line break or a speaker's name: DRY searches back at most to the last of
 * them. Breakers of tokens are kept as a trie, so the cost of a search does not depend on their number. Text breakers
 * are searched in the bytes of the tokens, across token borders.
 */
import { bytesOf, type TokenIds, type Vocabulary } from "../../vocabulary/vocabulary.ts";
import type { NamedIn } from "./token-names.ts";
import { type Sought, soughtIn, type TokenSequence } from "./token-sequences.ts";

interface Node {
  /** a breaker ends here */
  ends: boolean;
  readonly next: Map<number, Node>;
}

interface Text {
  readonly bytes: Uint8Array;
  readonly vocabulary: Vocabulary;
}

/** Cost of searching a text, in tokens of a breaker. */
const TEXT_TOKENS = 4;

/** Breakers from a request. */
export class ListedBreakers {
  readonly #listed: readonly TokenSequence[];
  /** the vocabulary with which they were last compiled */
  #read: { readonly vocabulary: Vocabulary | undefined; readonly breakers: SequenceBreakers } | undefined;

  constructor(listed: readonly TokenSequence[]) {
    this.#listed = listed;
  }

  /** The cost of the search at each token, in token comparisons. */
  get work(): number {
    return this.#listed.reduce(
      (most, each) => ("bytes" in each ? most + TEXT_TOKENS : Math.max(most, each.length)),
      0,
    );
  }

  /** The breakers for a step. Throws a Problem when a text has no vocabulary. */
  in({ vocabulary }: Pick<NamedIn, "vocabulary">, pointer: string): SequenceBreakers {
    if (this.#read === undefined || this.#read.vocabulary !== vocabulary) {
      const sought = this.#listed.map((each, i) => soughtIn(each, { vocabulary }, `${pointer}/${i}`));
      this.#read = { vocabulary, breakers: new SequenceBreakers(sought) };
    }
    return this.#read.breakers;
  }
}

export class SequenceBreakers {
  readonly #root: Node = { ends: false, next: new Map() };
  readonly #texts: readonly Text[];
  readonly #is_empty: boolean;

  constructor(sequences: readonly Sought[]) {
    this.#texts = sequences.filter((each) => "bytes" in each);
    for (const each of sequences) if (!("bytes" in each)) this.#add(each);
    this.#is_empty = sequences.length === 0;
  }

  /** True when this token alone is a breaker or contains one. */
  has(token_id: number): boolean {
    if (this.#root.next.get(token_id)?.ends === true) return true;
    return this.#texts.some((text) => lengthAt(text, [token_id], 0, 1) > 0);
  }

  /**
   * The number of tokens of history[first … end − 1] after the last breaker; all of them when there is none.
   * The last breaker is the one that begins last; of several with the same beginning, the longest.
   */
  tokensSince(history: TokenIds, first: number, end: number): number {
    if (this.#is_empty) return end - first;
    for (let start = end - 1; start >= first; start--) {
      const length = this.#longestAt(history, start, end);
      if (length > 0) return end - start - length;
    }
    return end - first;
  }

  /** Length of the longest breaker that begins in the token at `start`; 0 when there is none. */
  #longestAt(history: TokenIds, start: number, end: number): number {
    let longest = 0;
    for (let i = 0; i < this.#texts.length; i++)
      longest = Math.max(longest, lengthAt(this.#texts[i]!, history, start, end));
    let node: Node | undefined = this.#root;
    for (let at = start; at < end; at++) {
      node = node.next.get(history[at] as number); // at < end
      if (node === undefined) return longest;
      if (node.ends) longest = Math.max(longest, at - start + 1);
    }
    return longest;
  }

  #add(sequence: readonly number[]): void {
    let node = this.#root;
    for (const id of sequence) {
      const next: Node = node.next.get(id) ?? { ends: false, next: new Map() };
      node.next.set(id, next);
      node = next;
    }
    node.ends = true;
  }
}

/**
 * The number of tokens that a text touches when it begins inside the token at `start`; 0 when it is not found before
 * `end`.
 */
function lengthAt({ bytes, vocabulary }: Text, history: TokenIds, start: number, end: number): number {
  const head = bytesOf(vocabulary, history[start]!);
  for (let begin = 0; begin < head.length; begin++) {
    if (head[begin] !== bytes[0]) continue;
    const last = lastTokenOf(bytes, vocabulary, { history, start, begin, end });
    if (last >= 0) return last - start + 1;
  }
  return 0;
}

interface From {
  readonly history: TokenIds;
  readonly start: number;
  /** a byte of the token at `start` */
  readonly begin: number;
  readonly end: number;
}

/** The index of the token in which a text that begins at this byte ends; −1 when the text is not there. */
function lastTokenOf(
  bytes: Uint8Array,
  vocabulary: Vocabulary,
  { history, start, begin, end }: From,
): number {
  let at = 0;
  for (let i = start; i < end; i++) {
    const token = bytesOf(vocabulary, history[i]!);
    if (token.length === 0) return -1;
    for (let j = i === start ? begin : 0; j < token.length && at < bytes.length; j++, at++)
      if (token[j] !== bytes[at]) return -1;
    if (at === bytes.length) return i;
  }
  return -1;
}
