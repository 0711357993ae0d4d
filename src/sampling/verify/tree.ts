/**
 * The order in which drafted tokens may follow one another: one behind the other, or a tree, in which each token names the
 * one before it. A parent stands before its children, so that a path through the tree reads the rows in their order.
 */
import { Problem, show } from "../../errors.ts";

/** Tokens of a draft that is a tree. Engines build trees of 26 to 64. */
export const TREE_TOKENS_MAX = 256;

/** Tokens of one path. Engines draft 2 to 8. */
export const PATH_TOKENS_MAX = 16;

/** The node that stands for the end of the history. */
export const ROOT = -1;

export class DraftTree {
  /** tokens of the longest path */
  readonly depth: number;
  /** some token has more than one that may follow it */
  readonly branches: boolean;
  /** nodes that have children, the root among them: each has a row that its children were drawn from */
  readonly inner: number;
  /** children by node + 1 */
  readonly #children: readonly (readonly number[])[];
  /** rank among the nodes with children, by node + 1 */
  readonly #ranks: readonly number[];

  /** `parents` as `checkedParents` gives them. */
  constructor(parents: readonly number[]) {
    const children: number[][] = Array.from({ length: parents.length + 1 }, () => []);
    const depths: number[] = [0];
    for (const [node, parent] of parents.entries()) {
      children[parent + 1]?.push(node);
      depths.push((depths[parent + 1] ?? 0) + 1);
    }
    let inner = 0;
    this.#ranks = children.map((list) => (list.length > 0 ? inner++ : -1));
    this.#children = children;
    this.inner = inner;
    this.depth = depths.reduce((deepest, depth) => Math.max(deepest, depth), 0);
    this.branches = children.some(({ length }) => length > 1);
  }

  /** The nodes whose parent is `node`, in the order in which they are tried. */
  childrenOf(node: number): readonly number[] {
    return this.#children[node + 1] ?? [];
  }

  /** Which row of the draft the children of `node` were drawn from. */
  draftRowOf(node: number): number {
    return this.#ranks[node + 1] ?? -1;
  }
}

/** The tree of a draft. Throws the Problem of parents that make none, and of a draft that is too large. */
export function treeOf(tokens: number, parents: readonly number[] | undefined): DraftTree {
  if (parents === undefined) {
    if (tokens > PATH_TOKENS_MAX)
      throw new Problem(
        "limit_exceeded",
        `a draft may have at most ${PATH_TOKENS_MAX} tokens, got ${tokens}`,
        "/draft_token_ids",
      );
    return new DraftTree(Array.from({ length: tokens }, (_, node) => node - 1));
  }
  if (tokens > TREE_TOKENS_MAX)
    throw new Problem(
      "limit_exceeded",
      `a draft with parents may have at most ${TREE_TOKENS_MAX} tokens, got ${tokens}`,
      "/draft_token_ids",
    );
  if (parents.length !== tokens)
    throw new Problem(
      "length_mismatch",
      `parents must name one for each of the ${tokens} drafted tokens, got ${parents.length}`,
      "/parents",
    );
  const wrong = parents.findIndex((parent, node) => parent >= node);
  if (wrong >= 0)
    throw new Problem(
      "invalid_option",
      `a parent stands before its token: parents/${wrong} must be from -1 to ${wrong - 1}, got ${show(parents[wrong])}`,
      `/parents/${wrong}`,
    );
  const tree = new DraftTree(parents);
  if (tree.depth > PATH_TOKENS_MAX)
    throw new Problem(
      "limit_exceeded",
      `no path of a draft may have more than ${PATH_TOKENS_MAX} tokens, got one of ${tree.depth}`,
      "/parents",
    );
  return tree;
}
