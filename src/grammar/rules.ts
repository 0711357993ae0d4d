/**
 * Rules that may call each other, from the first that is known of them to an automaton: rules that match nothing are
 * taken out, and a rule that calls itself before it has read anything is refused, since it would be read for ever.
 */
import { Problem } from "../errors.ts";
import { Automaton } from "./automaton.ts";
import { KIND, NEVER, type Nodes } from "./nodes.ts";

const RULES_A_TURN = 64;

export class Rules {
  readonly #nodes: Nodes;
  readonly #bodies: number[] = [];
  readonly #names: string[] = [];

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** A new rule, whose body is given later. The name is for errors. */
  declare(name: string): number {
    this.#bodies.push(NEVER);
    this.#names.push(name);
    return this.#bodies.length - 1;
  }

  define(rule: number, body: number): void {
    this.#bodies[rule] = body;
  }

  get count(): number {
    return this.#bodies.length;
  }

  /** The automaton over these rules, and the node that `root` has become; NEVER when it matches nothing. */
  *sealed(
    root: number,
    table_max: number,
  ): Generator<undefined, { readonly automaton: Automaton; readonly root: number }> {
    const bodies = this.#bodies;
    const automaton = new Automaton(this.#nodes, bodies, table_max);
    yield;
    for (let node = 0, count = this.#nodes.count; node < count; node++)
      if (this.#nodes.isSearched(node)) yield* automaton.search(node);
    yield;
    const matching = this.#findMatching(automaton);
    yield;
    const pruned = new Map<number, number>();
    for (let rule = 0; rule < bodies.length; rule++) {
      bodies[rule] = this.#pruned(bodies[rule]!, matching, pruned, automaton);
      if (rule % RULES_A_TURN === 0) yield;
    }
    const start = this.#pruned(root, matching, pruned, automaton);
    this.#refuseLeftRecursion(automaton, bodies);
    automaton.seal();
    return { automaton, root: start };
  }

  /** Rules that match some text: those found so far make others so, until none is added. */
  #findMatching(automaton: Automaton): Uint8Array {
    const found = new Uint8Array(this.#bodies.length);
    for (let changed = true; changed; ) {
      changed = false;
      const known = new Map<number, boolean>();
      for (let rule = 0; rule < found.length; rule++) {
        if (found[rule] === 1 || !this.#matches(this.#bodies[rule]!, found, known, automaton)) continue;
        found[rule] = 1;
        known.clear();
        changed = true;
      }
    }
    return found;
  }

  #matches(node: number, rules: Uint8Array, known: Map<number, boolean>, automaton: Automaton): boolean {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0) return node !== NEVER;
    const answer = known.get(node);
    if (answer !== undefined) return answer;
    const a = nodes.a[node]!;
    const of = (part: number) => this.#matches(part, rules, known, automaton);
    const found = () => {
      switch (nodes.kind[node]) {
        case KIND.never:
          return false;
        case KIND.call:
          return rules[a] === 1;
        case KIND.alt:
          return nodes.lists[a]!.some(of);
        case KIND.seq:
        case KIND.word:
          return of(a) && of(nodes.b[node]!);
        case KIND.repeat:
        case KIND.word_repeat:
          return nodes.b[node] === 0 || of(a);
        case KIND.and:
        case KIND.not:
          return automaton.matchesSomething(node);
        default:
          return true;
      }
    };
    const matches = found();
    known.set(node, matches);
    return matches;
  }

  /** The node without what matches nothing. */
  #pruned(node: number, rules: Uint8Array, known: Map<number, number>, automaton: Automaton): number {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0) return node;
    const done = known.get(node);
    if (done !== undefined) return done;
    const a = nodes.a[node]!;
    const of = (part: number) => this.#pruned(part, rules, known, automaton);
    const make = () => {
      switch (nodes.kind[node]) {
        case KIND.call:
          return rules[a] === 1 ? node : NEVER;
        case KIND.alt:
          return nodes.alt(nodes.lists[a]!.map(of));
        case KIND.seq:
          return nodes.seq(of(a), of(nodes.b[node]!));
        case KIND.word:
          return nodes.word(of(a), of(nodes.b[node]!));
        case KIND.repeat:
          return nodes.repeat(of(a), nodes.b[node]!, nodes.c[node]!);
        case KIND.word_repeat:
          return nodes.wordRepeat(of(a), nodes.b[node]!, nodes.c[node]!);
        case KIND.and:
        case KIND.not:
          return automaton.matchesSomething(node) ? node : NEVER;
        default:
          return node;
      }
    };
    const made = make();
    known.set(node, made);
    return made;
  }

  #refuseLeftRecursion(automaton: Automaton, bodies: readonly number[]): void {
    const calls = bodies.map((body) => this.#leftCalls(automaton, body, new Set(), new Set()));
    const done = new Set<number>();
    const open = new Set<number>();
    const visit = (rule: number): void => {
      if (done.has(rule)) return;
      if (open.has(rule))
        throw new Problem(
          "grammar_invalid",
          `${this.#names[rule] ?? "a rule"} refers to itself before anything is read, which never ends`,
        );
      open.add(rule);
      for (const called of calls[rule] ?? []) visit(called);
      open.delete(rule);
      done.add(rule);
    };
    for (let rule = 0; rule < bodies.length; rule++) visit(rule);
  }

  /** Rules that may be called before a byte is read. */
  #leftCalls(automaton: Automaton, node: number, found: Set<number>, seen: Set<number>): Set<number> {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0 || seen.has(node)) return found;
    seen.add(node);
    const a = nodes.a[node]!;
    const visit = (part: number) => this.#leftCalls(automaton, part, found, seen);
    switch (nodes.kind[node]) {
      case KIND.call:
        found.add(a);
        break;
      case KIND.alt:
      case KIND.and:
        for (const part of nodes.lists[a]!) visit(part);
        break;
      case KIND.seq:
      case KIND.word:
        visit(a);
        if (automaton.nullable(a)) visit(nodes.b[node]!);
        break;
      case KIND.repeat:
      case KIND.word_repeat:
      case KIND.not:
        visit(a);
        break;
      default:
    }
    return found;
  }
}
