/**
 * Turns rules, which may call each other, into an automaton. Rules that match nothing are removed. A rule that calls
 * itself before it has read a byte is refused, because it would recurse for ever.
 */
import { Problem } from "../errors.ts";
import { Automaton } from "./automaton.ts";
import { type Effort, PART_UNITS } from "./effort.ts";
import { rulesThatHold } from "./holding.ts";
import { KIND, NEVER, type Nodes } from "./nodes.ts";

export class Rules {
  readonly #nodes: Nodes;
  readonly #bodies: number[] = [];
  readonly #names: string[] = [];

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** Declares a rule; its body is given later. The name is for errors. */
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

  /** The automaton of these rules, and the node of `root`; NEVER when it matches nothing. */
  *sealed(
    root: number,
    table_max: number,
  ): Generator<undefined, { readonly automaton: Automaton; readonly root: number }> {
    const bodies = this.#bodies;
    const automaton = new Automaton(this.#nodes, bodies, table_max);
    yield* automaton.readRules();
    for (let node = 0, count = this.#nodes.count; node < count; node++)
      if (this.#nodes.isSearched(node)) yield* automaton.search(node);
    const matching = yield* rulesThatHold(this.#nodes, bodies, (node) =>
      this.#matchesPlainly(node, automaton),
    );
    const pruned = new Map<number, number>();
    const prune = (node: number) => this.#pruned(node, matching, pruned, automaton);
    for (let rule = 0; rule < bodies.length; rule++) bodies[rule] = yield* prune(bodies[rule]!);
    const start = yield* prune(root);
    yield* this.#refuseLeftRecursion(automaton, bodies);
    automaton.seal();
    return { automaton, root: start };
  }

  /** True when a node without calls matches some text. */
  #matchesPlainly(node: number, automaton: Automaton): boolean {
    return this.#nodes.isSearched(node) ? automaton.matchesSomething(node) : node !== NEVER;
  }

  /**
   * The node without parts that match nothing: first the parts are cleaned, then the node. `known` holds the results.
   */
  *#pruned(
    root: number,
    rules: Uint8Array,
    known: Map<number, number>,
    automaton: Automaton,
  ): Generator<undefined, number> {
    const { effort } = this.#nodes;
    const todo = [root];
    for (let node = todo.at(-1); node !== undefined; node = todo.at(-1)) {
      effort.units += PART_UNITS;
      if (effort.isDue()) yield;
      const open = known.has(node) ? [] : this.#partsOf(node).filter((part) => !known.has(part));
      todo.push(...open);
      if (open.length > 0) continue;
      todo.pop();
      if (known.has(node)) continue;
      const own = node;
      known.set(node, yield* effort.again(() => this.#withParts(own, rules, known, automaton)));
    }
    return known.get(root)!;
  }

  /** The parts that may change. */
  #partsOf(node: number): readonly number[] {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0) return [];
    switch (nodes.kind[node]) {
      case KIND.alt:
        return nodes.partsOf(node);
      case KIND.seq:
      case KIND.word:
        return [nodes.a[node]!, nodes.b[node]!];
      case KIND.repeat:
      case KIND.word_repeat:
        return [nodes.a[node]!];
      default:
        return [];
    }
  }

  #withParts(
    node: number,
    rules: Uint8Array,
    known: ReadonlyMap<number, number>,
    automaton: Automaton,
  ): number {
    const nodes = this.#nodes;
    if (nodes.doubtful[node] === 0) return node;
    const a = nodes.a[node]!;
    const of = (part: number) => known.get(part)!;
    switch (nodes.kind[node]) {
      case KIND.call:
        return rules[a] === 1 ? node : NEVER;
      case KIND.alt:
        return nodes.alt(nodes.partsOf(node).map(of));
      case KIND.seq:
        return nodes.seq(of(a), of(nodes.b[node]!));
      case KIND.word:
        return nodes.word(of(a), of(nodes.b[node]!));
      case KIND.repeat:
        return nodes.repeat(of(a), nodes.b[node]!, nodes.maxOf(node));
      case KIND.word_repeat:
        return nodes.wordRepeat(of(a), nodes.b[node]!, nodes.maxOf(node));
      default:
        return automaton.matchesSomething(node) ? node : NEVER;
    }
  }

  *#refuseLeftRecursion(automaton: Automaton, bodies: readonly number[]): Generator<undefined, void> {
    const calls: ReadonlySet<number>[] = [];
    for (const body of bodies) calls.push(yield* this.#leftCalls(automaton, body));
    const done = new Uint8Array(bodies.length);
    for (let rule = 0; rule < bodies.length; rule++) {
      const ring = yield* ringFrom(rule, calls, done, this.#nodes.effort);
      if (ring === undefined) continue;
      throw new Problem(
        "grammar_invalid",
        `${this.#names[ring] ?? "a rule"} refers to itself before anything is read, which never ends`,
      );
    }
  }

  /** Rules that may be called before a byte is read. */
  *#leftCalls(automaton: Automaton, body: number): Generator<undefined, ReadonlySet<number>> {
    const nodes = this.#nodes;
    const found = new Set<number>();
    const seen = new Set<number>();
    const todo = [body];
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      if (nodes.doubtful[node] === 0 || seen.has(node)) continue;
      seen.add(node);
      nodes.effort.units += PART_UNITS;
      if (nodes.effort.isDue()) yield;
      const a = nodes.a[node]!;
      switch (nodes.kind[node]) {
        case KIND.call:
          found.add(a);
          break;
        case KIND.alt:
        case KIND.and:
          for (const part of nodes.partsOf(node)) todo.push(part);
          break;
        case KIND.seq:
        case KIND.word:
          todo.push(a);
          if (automaton.nullable(a)) todo.push(nodes.b[node]!);
          break;
        case KIND.repeat:
        case KIND.word_repeat:
        case KIND.not:
          todo.push(a);
          break;
        default:
      }
    }
    return found;
  }
}

const OPEN = 1;
const DONE = 2;

/** A rule on a cycle that is reachable from `start`, if there is one. Rules marked in `done` are on no cycle. */
function* ringFrom(
  start: number,
  calls: readonly ReadonlySet<number>[],
  done: Uint8Array,
  effort: Effort,
): Generator<undefined, number | undefined> {
  if (done[start] === DONE) return undefined;
  const way: { readonly rule: number; readonly called: Iterator<number> }[] = [];
  const enter = (rule: number) => {
    done[rule] = OPEN;
    way.push({ rule, called: calls[rule]!.values() });
  };
  enter(start);
  for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
    effort.units += PART_UNITS;
    if (effort.isDue()) yield;
    const next = last.called.next();
    if (next.done === true) {
      done[last.rule] = DONE;
      way.pop();
    } else if (done[next.value] === OPEN) return next.value;
    else if (done[next.value] !== DONE) enter(next.value);
  }
  return undefined;
}
