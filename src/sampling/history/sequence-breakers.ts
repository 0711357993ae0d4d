/**
 * Sequences of tokens at which a repeat stops, such as a line break or a speaker's name: DRY looks back no further
 * than the last of them. They are kept as a trie, so that looking for them costs the same however many there are.
 */

interface Node {
  /** a breaker ends here */
  ends: boolean;
  readonly next: Map<number, Node>;
}

export class SequenceBreakers {
  /** of the longest, in tokens; 0 without any */
  readonly length_max: number;
  readonly #root: Node = { ends: false, next: new Map() };

  constructor(sequences: readonly (readonly number[])[]) {
    for (const sequence of sequences) this.#add(sequence);
    this.length_max = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** True when this token alone is a breaker. */
  has(token_id: number): boolean {
    return this.#root.next.get(token_id)?.ends === true;
  }

  /**
   * How many tokens of history[first … end − 1] stand behind the last breaker; all of them when there is none.
   * The last breaker is the one that begins last, and of those that begin there the longest.
   */
  tokensSince(history: readonly number[], first: number, end: number): number {
    if (this.#root.next.size === 0) return end - first;
    for (let start = end - 1; start >= first; start--) {
      const length = this.#longestAt(history, start, end);
      if (length > 0) return end - start - length;
    }
    return end - first;
  }

  /** Length of the longest breaker that stands at `start`; 0 when none does. */
  #longestAt(history: readonly number[], start: number, end: number): number {
    let longest = 0;
    let node: Node | undefined = this.#root;
    for (let at = start; at < end; at++) {
      node = node.next.get(history[at] as number); // at < end
      if (node === undefined) return longest;
      if (node.ends) longest = at - start + 1;
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
