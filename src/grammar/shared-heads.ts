/**
 * The answers of heads, shared between grammars. For example, a JSON string is the same expression in every schema: its
 * tokens are found once for each vocabulary. Nodes of two grammars are equal when they have the same structure. Each
 * structure gets a number here, which is made from the numbers of its parts.
 */
import type { Tokens } from "../vocabulary/tokens.ts";
import type { Crossings } from "./crossings.ts";
import { KIND, type Nodes } from "./nodes.ts";
import { ARRAY_BYTES } from "./sizes.ts";

/** The answer of a head: the tokens that it allows on every stack, and the places where tokens reach past its end. */
export interface Head {
  readonly mask: Uint32Array;
  readonly crossings: readonly Crossings[];
}

/** Bytes of a head's objects, besides its mask and crossings. */
const HEAD_BYTES = 128;
/** Approximate bytes of a map entry without the text of its key. */
const STRUCTURE_BYTES = 160;

/** Approximate bytes of a head. */
export function bytesOfHead({ mask, crossings }: Head): number {
  let bytes = HEAD_BYTES + ARRAY_BYTES + mask.byteLength;
  for (const each of crossings) bytes += each.bytes;
  return bytes;
}

/**
 * The number of a structure that is not shared: it is too large, or it has calls, whose rules belong to one grammar.
 */
export const NOT_SHARED = -1;
/** Maximum parts of a structure. */
const PARTS_MAX = 512;
const DEPTH_MAX = 64;

/** The structure numbers of one grammar's nodes. They are computed again after the shared answers were forgotten. */
export interface Structures {
  generation: number;
  readonly ids: Map<number, number>;
}

export class SharedHeads {
  readonly #bytes_max: number;
  #structures = new Map<string, number>();
  #heads = new WeakMap<Tokens, Map<number, Head>>();
  #bytes = 0;
  /** the number of times that everything was forgotten */
  #generation = 0;

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  /** Approximate bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  newStructures(): Structures {
    return { generation: this.#generation, ids: new Map() };
  }

  /** The number of a node's structure; NOT_SHARED when it has none. Spends units for each part. */
  structureOf(nodes: Nodes, node: number, known: Structures): number {
    if (this.bytes > this.#bytes_max) this.#forget();
    if (known.generation !== this.#generation) {
      known.ids.clear();
      known.generation = this.#generation;
    }
    const left = { parts: PARTS_MAX };
    const id = this.#structureOf(nodes, node, known.ids, left, 0);
    nodes.effort.units += PARTS_MAX - Math.max(0, left.parts);
    return id;
  }

  #structureOf(
    nodes: Nodes,
    node: number,
    known: Map<number, number>,
    left: { parts: number },
    depth: number,
  ): number {
    // A known part counts too, because it is in the key of its parent.
    if (left.parts-- <= 0 || depth > DEPTH_MAX) return NOT_SHARED;
    const found = known.get(node);
    if (found !== undefined) return found;
    const key = this.#keyOf(nodes, node, (part) => this.#structureOf(nodes, part, known, left, depth + 1));
    let id: number = NOT_SHARED;
    if (key !== undefined) {
      id = this.#structures.get(key) ?? this.#number(key);
    }
    known.set(node, id);
    return id;
  }

  #number(key: string): number {
    const id = this.#structures.size;
    this.#structures.set(key, id);
    this.#bytes += STRUCTURE_BYTES + key.length;
    return id;
  }

  /** A node as text, with its parts as the numbers of their structures; undefined when a part has no number. */
  #keyOf(nodes: Nodes, node: number, of: (part: number) => number): string | undefined {
    const kind = nodes.kind[node]!;
    const a = nodes.a[node]!;
    switch (kind) {
      case KIND.call:
        return undefined;
      case KIND.set:
        return `${kind} ${nodes.sets[a]!.join()}`;
      case KIND.alt:
      case KIND.and:
        return keyOfParts(kind, nodes.partsOf(node).map(of).sort(ascending));
      case KIND.seq:
      case KIND.word:
        return keyOfParts(kind, [of(a), of(nodes.b[node]!)]);
      case KIND.repeat:
      case KIND.word_repeat:
        return keyOfParts(kind, [of(a)], `${nodes.b[node]} ${nodes.maxOf(node)}`);
      case KIND.not:
        return keyOfParts(kind, [of(a)]);
      default:
        return `${kind}`;
    }
  }

  /** The answer of heads with this structure; undefined until it is known. */
  get(tokens: Tokens, structure: number): Head | undefined {
    return this.#heads.get(tokens)?.get(structure);
  }

  keep(tokens: Tokens, structure: number, head: Head): void {
    let heads = this.#heads.get(tokens);
    if (heads === undefined) {
      heads = new Map();
      this.#heads.set(tokens, heads);
    }
    heads.set(structure, head);
    this.#bytes += bytesOfHead(head) + STRUCTURE_BYTES;
  }

  #forget(): void {
    this.#structures = new Map();
    this.#heads = new WeakMap();
    this.#bytes = 0;
    this.#generation++;
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}

function keyOfParts(kind: number, parts: readonly number[], more = ""): string | undefined {
  return parts.includes(NOT_SHARED) ? undefined : `${kind} ${parts.join()} ${more}`;
}
