/**
 * The automaton of a grammar, built while it is walked. The state after a byte is the derivative of the state before
 * it: the expression that is still to be matched (Brzozowski 1964; for rules that call each other, Might, Darais &
 * Spiewak 2011). A state is a node. Equal states are the same node, so each transition is computed once.
 *
 * The dead state is always the node NEVER: no other node matches nothing. Sets, sequences and alternatives get this
 * from their parts. Sealing a grammar removes rules that match nothing. For pieces with AND and NOT, a search looks for
 * a text that they match.
 */

import { assert, Problem } from "../errors.ts";
import { classesOf, hasByte } from "./byte-set.ts";
import { capacityFor, resized } from "./columns.ts";
import { PART_UNITS } from "./effort.ts";
import { rulesThatHold } from "./holding.ts";
import { EMPTY, KIND, type Mark, NEVER, type Nodes, UNLIMITED } from "./nodes.ts";
import { ENTRY_BYTES } from "./sizes.ts";

const UNKNOWN = -1;
const ONLY = -2;
const NOT_ASKED = 0;
const IS_NULLABLE = 1;
const IS_NOT = 2;
/** Initial capacity: rows of transitions, and nodes that may have one. */
const TABLE_ROWS_MIN = 64;
const ROWS_MIN = 1024;

/** Maximum states that a search for a text visits. */
const SEARCH_STATES_MAX = 16_384;

export class Automaton {
  readonly nodes: Nodes;
  /** the class of each byte; the automaton treats bytes of a class alike */
  readonly classOf: Uint8Array;
  readonly classes: number;
  readonly #representative: Uint8Array;
  /** by class: 1 where it has a single byte */
  readonly #alone: Uint8Array;
  /** the body of each rule, by number */
  readonly rules: readonly number[];
  /** a representative of each class, with the class, in the order of bytes: the lowest byte of the class */
  readonly classesInOrder: readonly (readonly [byte: number, byte_class: number])[];
  readonly #nullable_rules: Uint8Array;
  /**
   * by node: the index of its row in `table`; ONLY − c when only the transition of class c is known; UNKNOWN when none
   * is known
   */
  #rows = new Int32Array(ROWS_MIN).fill(UNKNOWN);
  /** by node: its only known transition */
  #only = new Int32Array(ROWS_MIN);
  /** transitions: the node after a byte of each class; UNKNOWN until it is computed */
  #table: Int32Array;
  #table_used = 0;
  /** by node: whether it matches the empty text, once known */
  #nullable = new Uint8Array(1024);
  readonly #alive = new Map<number, boolean>();
  /** paused searches, by the node where they began */
  readonly #searches = new Map<number, Generator<undefined, boolean>>();
  #sealed: Mark | undefined;
  readonly #table_max: number;
  /** `rules`: the body of each rule, by number. */
  constructor(nodes: Nodes, rules: readonly number[], table_max: number) {
    this.nodes = nodes;
    this.rules = rules;
    this.#table_max = table_max;
    const { classOf, representative } = classesOf(nodes.sets);
    this.classOf = classOf;
    this.classes = representative.length;
    this.#representative = representative;
    this.classesInOrder = Array.from(representative, (byte, byte_class) => [byte, byte_class] as const).sort(
      ([a], [b]) => a - b,
    );
    this.#alone = aloneAmong(classOf, representative.length);
    this.#table = new Int32Array(this.classes * TABLE_ROWS_MIN).fill(UNKNOWN);
    this.#nullable_rules = new Uint8Array(rules.length);
  }

  /** Makes the present nodes permanent. Nodes made later, while walking, may be forgotten. */
  seal(): void {
    this.#sealed = this.nodes.mark();
    this.#forgetTransitions();
  }

  /** True when walks have made so many nodes that they should be forgotten before the next step. */
  get is_crowded(): boolean {
    return this.#table_used * 4 > this.#table_max * 3 || this.nodes.is_crowded;
  }

  /** Bytes of the transitions, and of what is known about states. */
  get bytes(): number {
    const known = this.#nullable.byteLength + ENTRY_BYTES * this.#alive.size;
    return this.#table.byteLength + this.#rows.byteLength + this.#only.byteLength + known;
  }

  /** Forgets all states except those of the grammar itself. */
  forget(): void {
    assert(this.#sealed !== undefined, "a grammar is sealed before it is walked");
    this.nodes.backTo(this.#sealed);
    this.#forgetTransitions();
    const { nodes } = this.#sealed;
    this.#nullable = resized(this.#nullable, new Uint8Array(capacityFor(nodes)), nodes);
    for (const node of this.#alive.keys()) if (node >= nodes) this.#alive.delete(node);
    this.#searches.clear();
  }

  #forgetTransitions(): void {
    this.#rows = new Int32Array(ROWS_MIN).fill(UNKNOWN);
    this.#only = new Int32Array(ROWS_MIN);
    this.#table = new Int32Array(this.classes * TABLE_ROWS_MIN).fill(UNKNOWN);
    this.#table_used = 0;
  }

  /** The derivative of `node` by this byte; NEVER when no text of the node begins with it. */
  step(node: number, byte: number): number {
    return this.next(node, this.classOf[byte]!);
  }

  next(node: number, byte_class: number): number {
    const row = node < this.#rows.length ? this.#rows[node]! : UNKNOWN;
    const known =
      row >= 0
        ? this.#table[row + byte_class]!
        : row === ONLY - byte_class
          ? this.#only[node]!
          : this.#plainly(node, byte_class);
    if (known !== UNKNOWN) return known;
    const next = this.#derive(node, byte_class);
    this.#keep(node, byte_class, next);
    this.nodes.effort.units += PART_UNITS;
    this.nodes.effort.checkpoint();
    return next;
  }

  /**
   * The node after a byte, for nodes that show it directly: a set, a sequence that begins with one, a rule. These nodes
   * store no transitions; for 16,000 bytes of property names, transitions would take 5 MB. UNKNOWN for other nodes.
   */
  #plainly(node: number, byte_class: number): number {
    const { kind, a, b, sets, effort } = this.nodes;
    const head = a[node]!;
    effort.units++;
    switch (kind[node]) {
      case KIND.set:
        return hasByte(sets[head]!, this.#representative[byte_class]!) ? EMPTY : NEVER;
      case KIND.seq:
      case KIND.word:
        if (kind[head] !== KIND.set) return UNKNOWN;
        return hasByte(sets[a[head]!]!, this.#representative[byte_class]!) ? b[node]! : NEVER;
      case KIND.call:
        return this.next(this.rules[head]!, byte_class);
      case KIND.empty:
      case KIND.never:
        return NEVER;
      default:
        return UNKNOWN;
    }
  }

  /** Stores a transition. Most nodes need only one; a row for all classes begins with the second. */
  #keep(node: number, byte_class: number, next: number): void {
    if (node >= this.#rows.length) this.#growRows(node);
    const row = this.#rows[node]!;
    if (row >= 0) this.#table[row + byte_class] = next;
    else if (row === UNKNOWN) {
      this.#rows[node] = ONLY - byte_class;
      this.#only[node] = next;
    } else {
      const place = this.#newRow();
      this.#table[place + ONLY - row] = this.#only[node]!;
      this.#table[place + byte_class] = next;
      this.#rows[node] = place;
    }
  }

  /** The index of a new row without known transitions. */
  #newRow(): number {
    const row = this.#table_used;
    if (row + this.classes > this.#table_max)
      throw new Problem(
        "grammar_too_large",
        `the states of a grammar may take at most ${this.#table_max} transitions in one step, got more`,
      );
    this.#table_used += this.classes;
    if (this.#table_used > this.#table.length) this.#growTable();
    return row;
  }

  #growRows(node: number): void {
    const { length } = this.#rows;
    const capacity = Math.max(2 * length, node + 1);
    this.#rows = resized(this.#rows, new Int32Array(capacity).fill(UNKNOWN), length);
    this.#only = resized(this.#only, new Int32Array(capacity), length);
  }

  #growTable(): void {
    const { length } = this.#table;
    this.#table = resized(this.#table, new Int32Array(length + (length >>> 1)).fill(UNKNOWN), length);
  }

  #derive(node: number, byte_class: number): number {
    const { nodes } = this;
    const a = nodes.a[node]!;
    nodes.effort.units++;
    switch (nodes.kind[node]) {
      case KIND.seq:
        return this.#deriveSequence(node, byte_class, (left, right) => nodes.seq(left, right));
      case KIND.word:
        return this.#deriveSequence(node, byte_class, (left, right) => nodes.word(left, right));
      case KIND.alt:
        return nodes.alt(nodes.partsOf(node).map((branch) => this.next(branch, byte_class)));
      case KIND.repeat:
      case KIND.word_repeat:
        return this.#deriveRepeat(node, byte_class);
      case KIND.and:
        return this.#living(nodes.and(nodes.partsOf(node).map((part) => this.next(part, byte_class))));
      case KIND.not:
        return this.#living(nodes.not(this.next(a, byte_class)));
      default:
        return NEVER;
    }
  }

  #deriveSequence(node: number, byte_class: number, join: (left: number, right: number) => number): number {
    const left = this.nodes.a[node]!;
    const right = this.nodes.b[node]!;
    const begun = join(this.next(left, byte_class), right);
    if (!this.nullable(left)) return begun;
    return this.nodes.alt([begun, this.next(right, byte_class)]);
  }

  #deriveRepeat(node: number, byte_class: number): number {
    const { nodes } = this;
    const inner = nodes.a[node]!;
    const max = nodes.maxOf(node);
    // A node that matches the empty text may be repeated fewer times than `min`.
    const min = this.nullable(inner) ? 0 : nodes.b[node]!;
    const rest = nodes.repeatedAs(node, Math.max(min - 1, 0), max === UNLIMITED ? max : max - 1);
    const begun = this.next(inner, byte_class);
    return nodes.kind[node] === KIND.repeat ? nodes.seq(begun, rest) : nodes.word(begun, rest);
  }

  /**
   * The bytes with which every text of a state begins, at most `max` of them. Stops where the text may end or where two
   * different bytes may follow.
   */
  forcedBytes(state: number, max: number): Uint8Array {
    const bytes: number[] = [];
    for (let node = state; bytes.length < max && !this.nullable(node); ) {
      let only = UNKNOWN;
      for (let byte_class = 0; byte_class < this.classes; byte_class++) {
        if (this.next(node, byte_class) === NEVER) continue;
        if (only !== UNKNOWN || this.#alone[byte_class] === 0) return Uint8Array.from(bytes);
        only = byte_class;
      }
      if (only === UNKNOWN) break;
      bytes.push(this.#representative[only]!);
      node = this.next(node, only);
    }
    return Uint8Array.from(bytes);
  }

  /** True when the state matches the empty text: the text may end here. */
  nullable(node: number): boolean {
    const known = this.#nullable[node];
    if (known === IS_NULLABLE || known === IS_NOT) return known === IS_NULLABLE;
    if (node >= this.#nullable.length) {
      const grown = new Uint8Array(Math.max(2 * this.#nullable.length, node + 1));
      grown.set(this.#nullable);
      this.#nullable = grown;
    }
    const is_nullable = this.#findNullable(node);
    this.#nullable[node] = is_nullable ? IS_NULLABLE : IS_NOT;
    return is_nullable;
  }

  /** Finds the rules that match the empty text. This runs before any query. */
  *readRules(): Generator<undefined, void> {
    const found = yield* rulesThatHold(this.nodes, this.rules, (node) => this.nullable(node));
    this.#nullable_rules.set(found);
    // Answers cached before this point did not know the rules.
    this.#nullable.fill(NOT_ASKED);
  }

  #findNullable(node: number): boolean {
    const { nodes } = this;
    nodes.effort.units++;
    const a = nodes.a[node]!;
    const of = (part: number) => this.nullable(part);
    switch (nodes.kind[node]) {
      case KIND.empty:
        return true;
      case KIND.repeat:
      case KIND.word_repeat:
        return nodes.b[node] === 0 || of(a);
      case KIND.not:
        return !of(a);
      case KIND.call:
        return this.#nullable_rules[a] === 1;
      case KIND.alt:
        return nodes.partsOf(node).some(of);
      case KIND.and:
        return nodes.partsOf(node).every(of);
      case KIND.seq:
      case KIND.word:
        return of(a) && of(nodes.b[node]!);
      default:
        return false;
    }
  }

  #living(node: number): number {
    const kind = this.nodes.kind[node];
    if (kind !== KIND.and && kind !== KIND.not) return node;
    return this.matchesSomething(node) ? node : NEVER;
  }

  /** True when a piece with AND and NOT matches some text. Throws a Problem when the search takes too long. */
  matchesSomething(node: number): boolean {
    const known = this.#alive.get(node);
    if (known !== undefined) return known;
    const { effort } = this.nodes;
    const search = this.#searches.get(node) ?? this.search(node);
    for (;;) {
      this.#searches.delete(node);
      const next = search.next();
      if (next.done === true) return next.value;
      this.#searches.set(node, search);
      effort.pause();
    }
  }

  /**
   * Like the above, with pauses. The search looks for the shortest text. It remembers each state on the way to that
   * text as matching, so those states need no search of their own.
   */
  *search(node: number): Generator<undefined, boolean> {
    const from = new Map<number, number>([[node, NEVER]]);
    const queue = [node];
    if (this.#isAlive(node)) {
      this.#alive.set(node, true);
      return true;
    }
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at]!;
      if (queue.length > SEARCH_STATES_MAX)
        throw new Problem(
          "grammar_too_large",
          `what a pattern, a format and lengths allow together must be found within ${SEARCH_STATES_MAX} states, got more`,
        );
      for (let byte_class = 0; byte_class < this.classes; byte_class++) {
        if (this.nodes.effort.isDue()) yield;
        const next = yield* this.nodes.effort.again(() => this.#unsearched(state, byte_class));
        if (next === NEVER || from.has(next) || this.#alive.get(next) === false) continue;
        from.set(next, state);
        if (this.#isAlive(next)) {
          for (let on_way = next; on_way !== NEVER; on_way = from.get(on_way)!) this.#alive.set(on_way, true);
          return true;
        }
        queue.push(next);
      }
    }
    for (const state of queue) this.#alive.set(state, false);
    return false;
  }

  /** True when a state matches some text: it may end, it has been searched, or none of its parts needs a search. */
  #isAlive(state: number): boolean {
    return this.nodes.doubtful[state] === 0 || this.#alive.get(state) === true || this.nullable(state);
  }

  /** A transition without the check for dead states, because this search is the one that finds them. */
  #unsearched(node: number, byte_class: number): number {
    const { nodes } = this;
    const a = nodes.a[node]!;
    if (nodes.kind[node] === KIND.and)
      return nodes.and(nodes.partsOf(node).map((part) => this.#unsearched(part, byte_class)));
    if (nodes.kind[node] === KIND.not) return nodes.not(this.#unsearched(a, byte_class));
    return this.next(node, byte_class);
  }
}

/** By class: 1 where the class has exactly one byte. */
function aloneAmong(classOf: Uint8Array, classes: number): Uint8Array {
  const counts = new Uint16Array(classes);
  for (const byte_class of classOf) counts[byte_class]!++;
  return Uint8Array.from(counts, (count) => (count === 1 ? 1 : 0));
}
