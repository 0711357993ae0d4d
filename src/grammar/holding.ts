/**
 * Properties that a rule gets from its parts, such as "matches some text" and "matches the empty text". A node is
 * visited again only when one of its parts gets the property, so the work grows linearly with the number of parts.
 */
import { PART_UNITS } from "./effort.ts";
import { KIND, type Nodes } from "./nodes.ts";

/**
 * Marks the rules that have the property, by number. An ALT has it when a branch has it, a sequence when both parts
 * have it, a repetition when its node has it or may repeat 0 times, a call when its rule has it. `plainly` answers for
 * nodes without calls.
 */
export function* rulesThatHold(
  nodes: Nodes,
  bodies: readonly number[],
  plainly: (node: number) => boolean,
): Generator<undefined, Uint8Array> {
  const { effort } = nodes;
  const holds = new Uint8Array(nodes.count);
  const seen = new Uint8Array(nodes.count);
  const above = new Edges(nodes.count);
  const found: number[] = [];
  const todo: number[] = [];
  const need = (part: number, whole: number) => {
    above.add(part, whole);
    effort.units += PART_UNITS;
    if (seen[part] === 1) return;
    seen[part] = 1;
    todo.push(part);
  };
  for (const body of bodies) need(body, NOTHING);
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const parts = partsToAsk(nodes, bodies, node);
    if (parts !== undefined) for (const part of parts) need(part, node);
    else if (yield* effort.again(() => plainly(node as number))) found.push(node); // the loop runs while there is one
    if (effort.isDue()) yield;
  }
  for (let node = found.pop(); node !== undefined; node = found.pop()) {
    if (holds[node] === 1) continue;
    holds[node] = 1;
    for (let edge = above.first(node); edge >= 0; edge = above.next(edge)) {
      const whole = above.to(edge);
      effort.units += PART_UNITS;
      if (whole !== NOTHING && hasEnough(nodes, whole, holds)) found.push(whole);
    }
    if (effort.isDue()) yield;
  }
  return Uint8Array.from(bodies, (body) => holds[body]!);
}

const NOTHING = -1;

/** The parts that decide about a node; undefined when the node itself must be tested. */
function partsToAsk(nodes: Nodes, bodies: readonly number[], node: number): readonly number[] | undefined {
  if (nodes.doubtful[node] === 0) return undefined;
  const a = nodes.a[node]!;
  switch (nodes.kind[node]) {
    case KIND.call:
      return [bodies[a]!];
    case KIND.alt:
      return nodes.partsOf(node);
    case KIND.seq:
    case KIND.word:
      return [a, nodes.b[node]!];
    case KIND.repeat:
    case KIND.word_repeat:
      return nodes.b[node] === 0 ? undefined : [a];
    default:
      return undefined;
  }
}

/** Whether a node has the property, now that one of its parts has it. */
function hasEnough(nodes: Nodes, whole: number, holds: Uint8Array): boolean {
  const kind = nodes.kind[whole];
  if (kind !== KIND.seq && kind !== KIND.word) return true;
  return holds[nodes.a[whole]!] === 1 && holds[nodes.b[whole]!] === 1;
}

/** Edges between nodes, as linked lists in flat arrays. */
class Edges {
  readonly #heads: Int32Array;
  #to = new Int32Array(1024);
  #next = new Int32Array(1024);
  #count = 0;

  constructor(nodes: number) {
    this.#heads = new Int32Array(nodes).fill(NOTHING);
  }

  add(from: number, to: number): void {
    const edge = this.#count++;
    if (edge === this.#to.length) {
      this.#to = doubled(this.#to);
      this.#next = doubled(this.#next);
    }
    this.#to[edge] = to;
    this.#next[edge] = this.#heads[from]!;
    this.#heads[from] = edge;
  }

  first(from: number): number {
    return this.#heads[from]!;
  }

  next(edge: number): number {
    return this.#next[edge]!;
  }

  to(edge: number): number {
    return this.#to[edge]!;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * array.length);
  grown.set(array);
  return grown;
}
