/**
 * A sentence: how many tokens two texts share at the beginning, where they differ, and how much they have in common.
 */
import { count, named } from "../../components/format.ts";
import type { Differences } from "../differences.ts";
import type { SideName } from "../side-names.ts";
import type { Side } from "../sides.ts";

interface Props {
  readonly sides: readonly (readonly [SideName, Side])[];
  readonly differences: Differences;
}

export function Parting({ sides, differences: { same_beginning, shared } }: Props) {
  const [a, b] = sides.map(([, { written }]) => written);
  if (a === undefined || b === undefined) return null;
  const [here, there] = [a[same_beginning], b[same_beginning]];
  if (here === undefined || there === undefined)
    return <p class="parting-line">The same for {count(same_beginning)} tokens so far.</p>;
  const before = same_beginning === 0 ? "They part at once:" : `The same for ${tokens(same_beginning)}, then`;
  return (
    <p class="parting-line">
      {before} {named(here.token_id, here.text.trim())} in A and {named(there.token_id, there.text.trim())} in
      B. {count(shared)} of {tokens(Math.max(a.length, b.length))} {shared === 1 ? "is" : "are"} in both.
    </p>
  );
}

function tokens(n: number): string {
  return n === 1 ? "1 token" : `${count(n)} tokens`;
}
