/**
 * The structure of a draft: a sequence, or a tree in which each token names its parent. A parent comes before its
 * children, so a path through the tree reads the rows in order.
 */
import { Problem, show } from "../../errors.ts";

/** Maximum number of tokens of a tree. Engines build trees of 26 to 64. */
export const TREE_TOKENS_MAX = 256;

/** Maximum number of tokens of one path. Engines draft 2 to 8. */
export const PATH_TOKENS_MAX = 16;

/** The root node: the end of the history. */
export const ROOT = -1;

export class DraftTree {
  /** length of the longest path, in tokens */
  readonly depth: number;
  /** true when some token has more than one child */
  readonly branches: boolean;
  /** nodes that have children, including the root: each has a row from which its children were drawn */
  readonly inner: number;
  /** children by node + 1 */
  readonly #children: readonly (readonly number[])[];
  /** rank among the nodes with children, by node + 1 */
  readonly #ranks: readonly number[];

  /** `parents` as returned by `checkedParents`. */
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

  /** The children of `node`, in the order in which they are tried. */
  childrenOf(node: number): readonly number[] {
    return this.#children[node + 1] ?? [];
  }

  /** Index of the draft's row from which the children of `node` were drawn. */
  draftRowOf(node: number): number {
    return this.#ranks[node + 1] ?? -1;
  }
}

/** The tree of a draft. Throws a Problem for invalid parents, and for a draft that is too large. */
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
