/**
 * Two things about repetitions that make masks cheap. A state in which plain text may follow allows the plain tokens that are
 * no longer than it takes. And counts beyond the longest token cannot matter to the next one: states that differ only
 * there have one mask.
 */
import type { Automaton } from "./automaton.ts";
import { KIND, NEVER, UNLIMITED } from "./nodes.ts";

export class PlainStates {
  readonly #automaton: Automaton;
  /** one plain character, as bytes */
  readonly #plain: number;
  readonly #covering = new Map<number, boolean>();
  readonly #room = new Map<number, number>();
  readonly #shortened = new Map<number, Map<number, number>>();

  constructor(automaton: Automaton, plain: number) {
    this.#automaton = automaton;
    this.#plain = plain;
  }

  /**
   * How many characters of plain text a state takes, whichever they are, where it takes no plain token that is longer; 0
   * may also mean that it is not seen.
   */
  roomIn(state: number): number {
    const known = this.#room.get(state);
    if (known !== undefined) return known;
    const room = this.#findRoom(state);
    this.#room.set(state, room);
    return room;
  }

  #findRoom(state: number): number {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.word: {
        const room = this.#repeats(a);
        return room === UNLIMITED || (room > 0 && this.#stopsPlain(nodes.b[state]!)) ? room : 0;
      }
      case KIND.seq:
        return this.roomIn(a) === UNLIMITED ? UNLIMITED : 0;
      case KIND.alt:
        return nodes.partsOf(state).some((branch) => this.roomIn(branch) === UNLIMITED) ? UNLIMITED : 0;
      default:
        return this.#repeats(state) === UNLIMITED ? UNLIMITED : 0;
    }
  }

  /** How often a plain character is repeated. */
  #repeats(node: number): number {
    const { nodes } = this.#automaton;
    const kind = nodes.kind[node];
    if (kind !== KIND.repeat && kind !== KIND.word_repeat) return 0;
    return this.#covers(nodes.a[node]!) ? nodes.maxOf(node) : 0;
  }

  /** Whether what comes next neither ends nor takes a plain character. */
  #stopsPlain(node: number): boolean {
    const automaton = this.#automaton;
    if (automaton.nullable(node)) return false;
    for (let byte = 0x20; byte < 0x100; byte++)
      if (automaton.step(this.#plain, byte) !== NEVER && automaton.step(node, byte) !== NEVER) return false;
    return true;
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

  /** The state with counts cut to what tokens of so many bytes can reach: their mask is the same. */
  shortened(state: number, bytes_max: number): number {
    let known = this.#shortened.get(bytes_max);
    if (known === undefined) {
      known = new Map();
      this.#shortened.set(bytes_max, known);
    }
    const done = known.get(state);
    if (done !== undefined) return done;
    const made = this.#shorten(state, bytes_max);
    known.set(state, made);
    return made;
  }

  #shorten(state: number, bytes_max: number): number {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.seq:
        return nodes.seq(this.shortened(a, bytes_max), nodes.b[state]!);
      case KIND.word:
        return nodes.word(this.shortened(a, bytes_max), nodes.b[state]!);
      case KIND.alt:
        return nodes.alt(nodes.partsOf(state).map((branch) => this.shortened(branch, bytes_max)));
      case KIND.repeat:
      case KIND.word_repeat: {
        const min = Math.min(nodes.b[state]!, bytes_max + 1);
        const max = nodes.maxOf(state) > bytes_max ? UNLIMITED : nodes.maxOf(state);
        return nodes.repeatedAs(state, min, max);
      }
      default:
        return state;
    }
  }

  /** Forgets what is known of states. */
  forget(): void {
    this.#room.clear();
    this.#shortened.clear();
    this.#covering.clear();
  }
}
