/**
 * The tokens of a vocabulary as a tree of their bytes, in flat arrays. Nodes are in depth-first order, so a walk is a
 * loop: the next node is the next index, and a subtree is skipped by a jump.
 *
 * node      0     1     2     3     4            tokens "a", "ab", "ac", "b"
 * byte      a     b     c     b
 * depth     0     1     1     0                  bytes before it
 * skip      3     2     3     4                  the next node that is not below it
 * first     0     1     2     3     4            its tokens are ordered[first[node] … first[node + 1]]
 * ordered   ids, in the order of their bytes
 */
import type { Vocabulary } from "./vocabulary.ts";

export interface Trie {
  readonly nodes: number;
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  readonly skip: Int32Array;
  readonly first: Int32Array;
  readonly ordered: Int32Array;
}

/** The tree of the tokens that have bytes and that `wanted` accepts. */
export function trieOf(vocabulary: Vocabulary, wanted: (token_id: number) => boolean = () => true): Trie {
  const { bytes, offsets, size } = vocabulary;
  const lengthOf = (id: number) => offsets[id + 1]! - offsets[id]!;
  const ids: number[] = [];
  let node_max = 0;
  for (let id = 0; id < size; id++) {
    if (lengthOf(id) === 0 || !wanted(id)) continue;
    ids.push(id);
    node_max += lengthOf(id);
  }
  const ordered = Int32Array.from(ids).sort((a, b) => compare(bytes, offsets, a, b));
  const building = {
    byte: new Uint8Array(node_max),
    depth: new Uint16Array(node_max),
    skip: new Int32Array(node_max),
    first: new Int32Array(node_max + 1),
  };
  const open: number[] = []; // the node at each depth on the way to the token before
  let nodes = 0;
  let before = -1;
  for (let at = 0; at < ordered.length; at++) {
    const id = ordered[at]!;
    const shared = before < 0 ? 0 : sharedLength(bytes, offsets, before, id);
    while (open.length > shared) building.skip[open.pop()!] = nodes;
    for (let depth = shared; depth < lengthOf(id); depth++) {
      building.byte[nodes] = bytes[offsets[id]! + depth]!;
      building.depth[nodes] = depth;
      // All nodes on the path get the same number, so only the last one holds the token.
      building.first[nodes] = at;
      open.push(nodes);
      nodes++;
    }
    before = id;
  }
  while (open.length > 0) building.skip[open.pop()!] = nodes;
  building.first[nodes] = ordered.length;
  return {
    nodes,
    byte: building.byte.slice(0, nodes),
    depth: building.depth.slice(0, nodes),
    skip: building.skip.slice(0, nodes),
    first: building.first.slice(0, nodes + 1),
    ordered,
  };
}

function compare(bytes: Uint8Array, offsets: Uint32Array, a: number, b: number): number {
  const shared = sharedLength(bytes, offsets, a, b);
  const at_a = offsets[a]! + shared;
  const at_b = offsets[b]! + shared;
  const left_a = offsets[a + 1]! - at_a;
  const left_b = offsets[b + 1]! - at_b;
  if (left_a === 0 || left_b === 0) return left_a - left_b || a - b;
  return bytes[at_a]! - bytes[at_b]!;
}

function sharedLength(bytes: Uint8Array, offsets: Uint32Array, a: number, b: number): number {
  const begin_a = offsets[a]!;
  const begin_b = offsets[b]!;
  const length = Math.min(offsets[a + 1]! - begin_a, offsets[b + 1]! - begin_b);
  for (let i = 0; i < length; i++) if (bytes[begin_a + i] !== bytes[begin_b + i]) return i;
  return length;
}
