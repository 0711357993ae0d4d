/** A tree of tokens as a nested list. A run of tokens without a branch is on one line. */

export interface TreeNode {
  /** index of the node before it; -1 after the text */
  readonly parent: number;
  readonly text: string;
  /** a number or words after the token */
  readonly figure: string;
  /** `kept`: on the accepted path; `live`: it continued; `dropped`: it did not */
  readonly fate: "kept" | "live" | "dropped";
}

export function TokenTree({ nodes, label }: { nodes: readonly TreeNode[]; label: string }) {
  const children = new Map<number, number[]>();
  for (const [index, { parent }] of nodes.entries())
    children.set(parent, [...(children.get(parent) ?? []), index]);
  return (
    // A wide tree scrolls, so the keyboard must reach it.
    <section class="token-tree" aria-label={label} tabIndex={0}>
      <Branches of={children.get(-1) ?? []} nodes={nodes} children_of={children} />
    </section>
  );
}

interface BranchesProps {
  readonly of: readonly number[];
  readonly nodes: readonly TreeNode[];
  readonly children_of: ReadonlyMap<number, readonly number[]>;
}

function Branches({ of, nodes, children_of }: BranchesProps) {
  if (of.length === 0) return null;
  return (
    <ul>
      {of.map((index) => {
        const line = lineFrom(index, children_of);
        return (
          <li key={index}>
            {line.map((at) => (
              <Token key={at} of={nodes[at] as TreeNode} />
            ))}
            <Branches of={children_of.get(line.at(-1) ?? index) ?? []} {...{ nodes, children_of }} />
          </li>
        );
      })}
    </ul>
  );
}

/** A node and its descendants, down to the first branch. */
function lineFrom(index: number, children_of: ReadonlyMap<number, readonly number[]>): readonly number[] {
  const line = [index];
  for (;;) {
    const [only, ...others] = children_of.get(line.at(-1) ?? index) ?? [];
    if (only === undefined || others.length > 0) return line;
    line.push(only);
  }
}

const IN_WORDS = { kept: "chosen", live: "", dropped: "given up" } as const;

function Token({ of: { text, figure, fate } }: { of: TreeNode }) {
  return (
    <span class={`tree-token is-${fate}`}>
      <span class="tree-text">{text}</span> <span class="tree-figure">{figure}</span>
      {fate !== "live" && <span class="unseen"> {IN_WORDS[fate]} </span>}
    </span>
  );
}
