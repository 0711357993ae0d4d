/**
 * Two things about repetitions that make masks cheap. A state in which any plain text may follow, however long a token is,
 * allows every plain token. And counts beyond the longest token cannot matter to the next one: states that differ only
 * there have one mask.
 */
import type { Automaton } from "./automaton.ts";
import { KIND, NEVER, UNLIMITED } from "./nodes.ts";

export class PlainStates {
  readonly #automaton: Automaton;
  /** one plain character, as bytes */
  readonly #plain: number;
  readonly #length_max: number;
  readonly #covering = new Map<number, boolean>();
  readonly #known = new Map<number, boolean>();
  readonly #shortened = new Map<number, number>();

  constructor(automaton: Automaton, plain: number, token_bytes_max: number) {
    this.#automaton = automaton;
    this.#plain = plain;
    this.#length_max = token_bytes_max;
  }

  /** Whether every plain token may follow. False may also mean that it is not seen. */
  has(state: number): boolean {
    const known = this.#known.get(state);
    if (known !== undefined) return known;
    const found = this.#isPlain(state);
    this.#known.set(state, found);
    return found;
  }

  #isPlain(state: number): boolean {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.seq:
      case KIND.word:
        return this.has(a);
      case KIND.alt:
        return nodes.lists[a]!.some((branch) => this.has(branch));
      case KIND.repeat:
      case KIND.word_repeat:
        return nodes.c[state]! > this.#length_max && this.#covers(a);
      default:
        return false;
    }
  }

  /** Whether a node matches every plain character. */
  #covers(node: number): boolean {
    const known = this.#covering.get(node);
    if (known !== undefined) return known;
    const { nodes } = this.#automaton;
    const missing = nodes.and([this.#plain, nodes.not(node)]);
    const covers = missing === NEVER || !this.#automaton.matchesSomething(missing);
    this.#covering.set(node, covers);
    return covers;
  }

  /** The state with counts cut to what the longest token can reach: its mask is the same. */
  shortened(state: number): number {
    const known = this.#shortened.get(state);
    if (known !== undefined) return known;
    const made = this.#shorten(state);
    this.#shortened.set(state, made);
    return made;
  }

  #shorten(state: number): number {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.seq:
        return nodes.seq(this.shortened(a), nodes.b[state]!);
      case KIND.word:
        return nodes.word(this.shortened(a), nodes.b[state]!);
      case KIND.alt:
        return nodes.alt(nodes.lists[a]!.map((branch) => this.shortened(branch)));
      case KIND.repeat:
      case KIND.word_repeat: {
        const beyond = this.#length_max + 1;
        const min = Math.min(nodes.b[state]!, beyond);
        const max = nodes.c[state]! >= beyond ? UNLIMITED : nodes.c[state]!;
        return nodes.repeatedAs(state, min, max);
      }
      default:
        return state;
    }
  }

  /** Forgets what is known of states. */
  forget(): void {
    this.#known.clear();
    this.#shortened.clear();
    this.#covering.clear();
  }
}
