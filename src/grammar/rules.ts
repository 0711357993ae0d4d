/**
 * Rules that may call each other, from the first that is known of them to an automaton: rules that match nothing are
 * taken out, and a rule that calls itself before it has read anything is refused, since it would be read for ever.
 */
import { Problem } from "../errors.ts";
import { Automaton, untilNoneIsAdded } from "./automaton.ts";
import { PART_UNITS } from "./effort.ts";
import { KIND, NEVER, type Nodes } from "./nodes.ts";

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
    yield* automaton.readRules();
    for (let node = 0, count = this.#nodes.count; node < count; node++)
      if (this.#nodes.isSearched(node)) yield* automaton.search(node);
    const matching = yield* this.#findMatching(automaton);
    const { effort } = this.#nodes;
    const pruned = new Map<number, number>();
    const prune = (node: number) => effort.again(() => this.#pruned(node, matching, pruned, automaton));
    for (let rule = 0; rule < bodies.length; rule++) bodies[rule] = yield* prune(bodies[rule]!);
    const start = yield* prune(root);
    yield* this.#refuseLeftRecursion(automaton, bodies);
    automaton.seal();
    return { automaton, root: start };
  }

  /** Rules that match some text: those found so far make others so, until none is added. */
  *#findMatching(automaton: Automaton): Generator<undefined, Uint8Array> {
    const found = new Uint8Array(this.#bodies.length);
    const known = new Map<number, boolean>();
    yield* untilNoneIsAdded(found, this.#nodes.effort, (rule) => {
      const matches = this.#matches(this.#bodies[rule]!, found, known, automaton);
      // What did not match may do so with this rule.
      if (matches) known.clear();
      return matches;
    });
    return found;
  }

  #matches(node: number, rules: Uint8Array, known: Map<number, boolean>, automaton: Automaton): boolean {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0) return node !== NEVER;
    const answer = known.get(node);
    if (answer !== undefined) return answer;
    nodes.effort.units++;
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
    nodes.effort.units += PART_UNITS;
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
    nodes.effort.checkpoint();
    return made;
  }

  *#refuseLeftRecursion(automaton: Automaton, bodies: readonly number[]): Generator<undefined, void> {
    const calls: ReadonlySet<number>[] = [];
    for (const body of bodies) {
      calls.push(this.#leftCalls(automaton, body, new Set(), new Set()));
      if (this.#nodes.effort.isDue()) yield;
    }
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
    nodes.effort.units++;
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
