/**
 * What heads of one grammar allow, kept for others. A string of JSON is the same expression in every schema: what it
 * allows is found once for a vocabulary. Nodes of two grammars are the same when they have the same structure, however
 * they are numbered: each structure gets a number of its own here, made of the numbers of its parts.
 */
import type { Tokens } from "../vocabulary/tokens.ts";
import type { Trie } from "../vocabulary/trie.ts";
import { KIND, type Nodes } from "./nodes.ts";

/** What a head allows: tokens whatever lies below, and where tokens reach past its end. */
export interface Head {
  readonly mask: Uint32Array;
  readonly crossings: readonly Crossing[];
}

/** A node of the tree that the head itself cannot take, though it may have ended `ended` bytes into the token. */
export interface Crossing {
  readonly trie: Trie;
  readonly node: number;
  readonly ended: number;
}

/** Bytes that a crossing takes, about. */
const CROSSING_BYTES = 40;
/** Bytes of an entry of a map besides the text that is its key, about. */
const STRUCTURE_BYTES = 160;

/** Bytes that a head takes, about. */
export function bytesOfHead({ mask, crossings }: Head): number {
  return mask.byteLength + crossings.length * CROSSING_BYTES;
}

/** The number of a structure that is not kept: too large, or with rules, which are another grammar's own. */
export const NOT_SHARED = -1;
/** Parts of a structure that is looked at. */
const PARTS_MAX = 512;
const DEPTH_MAX = 64;

/** The structures of one grammar's nodes. They are asked again when what is kept was forgotten. */
export interface Structures {
  generation: number;
  readonly ids: Map<number, number>;
}

export class SharedHeads {
  readonly #bytes_max: number;
  #structures = new Map<string, number>();
  #heads = new WeakMap<Tokens, Map<number, Head>>();
  #bytes = 0;
  /** counts how often all was forgotten */
  #generation = 0;

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  /** Bytes that are kept, about. */
  get bytes(): number {
    return this.#bytes;
  }

  newStructures(): Structures {
    return { generation: this.#generation, ids: new Map() };
  }

  /** The number of a node's structure; NOT_SHARED where it has none. Spends units for each part that is looked at. */
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
    // A known part counts, too: it stands in the key of what it is a part of.
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

  /** A node as text, its parts as the numbers of their structures; undefined where a part has none. */
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

  /** What heads of this structure allow, if it is known. */
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
