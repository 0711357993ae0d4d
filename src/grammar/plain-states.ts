/**
 * Three properties of repetitions that make masks cheap. First: a state that accepts n characters of any plain text
 * allows all plain tokens of at most n characters. Second: a state that repeats some characters, such as [^/]*, allows
 * the plain tokens that consist of these characters. Third: a repeat count above the longest token does not affect the
 * next token, so states that differ only in such counts have the same mask.
 */

import {
  addCharacter,
  type Characters,
  HIGH,
  holdsAll,
  NO_CHARACTERS,
  noCharacters,
  WORDS_OF_CHARACTERS,
} from "../vocabulary/characters.ts";
import type { Tokens } from "../vocabulary/tokens.ts";
import type { Automaton } from "./automaton.ts";
import { KIND, NEVER, UNLIMITED } from "./nodes.ts";
import { ARRAY_BYTES, ENTRY_BYTES } from "./sizes.ts";

/** Bytes that begin a character beyond ASCII. */
const LEADS = { from: 0xc2, to: 0xf4 };

export class PlainStates {
  readonly #automaton: Automaton;
  /** one plain character, as bytes */
  readonly #plain: number;
  readonly #covering = new Map<number, boolean>();
  readonly #room = new Map<number, number>();
  /** by state and by repeated node */
  readonly #loops = new Map<number, Characters>();
  readonly #taken = new Map<number, Characters>();
  readonly #shortened = new Map<number, Map<number, number>>();

  /** the last query of a walk: most of its nodes lead to the same state as the node before */
  readonly #lately = { state: NEVER as number, room: 0, loop: NO_CHARACTERS };

  constructor(automaton: Automaton, plain: number) {
    this.#automaton = automaton;
    this.#plain = plain;
  }

  /** Approximate bytes of the cached states. */
  get bytes(): number {
    let entries = this.#room.size + this.#covering.size;
    for (const shortened of this.#shortened.values()) entries += shortened.size;
    const characters = this.#loops.size + this.#taken.size;
    return ENTRY_BYTES * (entries + characters) + ARRAY_BYTES * characters;
  }

  /**
   * The number of characters of any plain text that a state accepts, up to the longest plain token. 0 may also mean
   * that the structure was not recognised.
   */
  roomIn(state: number): number {
    const known = this.#room.get(state);
    if (known !== undefined) return known;
    const room = this.#findRoom(state);
    this.#room.set(state, room);
    return room;
  }

  /**
   * Whether a state accepts all plain tokens below a node of the token tree, after that node's byte; false when there
   * are none.
   */
  takesBehind({ plain, behind, characters }: Tokens, node: number, state: number): boolean {
    const longest = behind[node]!;
    if (longest === 0) return false;
    const lately = this.#lately;
    if (state !== lately.state) {
      lately.state = NEVER;
      lately.room = this.roomIn(state);
      lately.loop = this.loopIn(state);
      lately.state = state;
    }
    if (lately.room >= longest) return true;
    // After the first byte of a character, the rest of it does not consist of whole characters.
    if (isContinuation(plain.byte[node + 1]!)) return false;
    return holdsAll(lately.loop, characters, WORDS_OF_CHARACTERS * node);
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

  /** The number of times that a plain character is repeated. */
  #repeats(node: number): number {
    const { nodes } = this.#automaton;
    const kind = nodes.kind[node];
    if (kind !== KIND.repeat && kind !== KIND.word_repeat) return 0;
    return this.#covers(nodes.a[node]!) ? nodes.maxOf(node) : 0;
  }

  /**
   * The plain characters of which a state accepts any text of any length: those of one repetition. An empty set may
   * also mean that the structure was not recognised.
   */
  loopIn(state: number): Characters {
    const known = this.#loops.get(state);
    if (known !== undefined) return known;
    const loop = this.#findLoop(state);
    this.#loops.set(state, loop);
    return loop;
  }

  #findLoop(state: number): Characters {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.word:
      case KIND.seq:
        return this.loopIn(a);
      case KIND.repeat:
      case KIND.word_repeat:
        return nodes.maxOf(state) === UNLIMITED ? this.#takenBy(a) : NO_CHARACTERS;
      default:
        return NO_CHARACTERS;
    }
  }

  /** The plain characters that a node matches. */
  #takenBy(node: number): Characters {
    const known = this.#taken.get(node);
    if (known !== undefined) return known;
    const automaton = this.#automaton;
    const taken = noCharacters();
    for (let byte = 0x20; byte < 0x7f; byte++) {
      if (automaton.step(this.#plain, byte) === NEVER) continue;
      const behind = automaton.step(node, byte);
      if (behind !== NEVER && automaton.nullable(behind)) addCharacter(taken, byte);
    }
    if (this.#takesAllHigh(node)) addCharacter(taken, HIGH);
    this.#taken.set(node, taken);
    return taken;
  }

  /** Whether a node matches every character beyond ASCII. */
  #takesAllHigh(node: number): boolean {
    const automaton = this.#automaton;
    const { nodes } = automaton;
    for (let byte = LEADS.from; byte <= LEADS.to; byte++) {
      const rest = automaton.step(this.#plain, byte);
      const missing = nodes.and([rest, nodes.not(automaton.step(node, byte))]);
      if (missing !== NEVER && automaton.matchesSomething(missing)) return false;
    }
    return true;
  }

  /** Whether the next part neither matches the empty text nor begins with a plain character. */
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

  /** The state with its counts reduced to what tokens of this many bytes can reach. Both have the same mask. */
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

  /** Forgets all cached properties of states. */
  forget(): void {
    this.#room.clear();
    this.#lately.state = NEVER;
    this.#loops.clear();
    this.#taken.clear();
    this.#shortened.clear();
    this.#covering.clear();
  }
}

/** A continuation byte of UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
