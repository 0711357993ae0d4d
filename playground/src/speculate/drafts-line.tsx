/**
 * One sentence: the number of calls for a text, and the number of accepted drafted tokens, with a legend of the marks.
 */
import { count } from "../components/format.ts";
import type { Written } from "../write/draw-next.ts";
import type { SideName } from "../write/side-names.ts";

export function DraftsLine({ name, written }: { name: SideName | undefined; written: readonly Written[] }) {
  const drafts = written.flatMap(({ draft }) => (draft === undefined ? [] : [draft]));
  const calls = drafts.flatMap(({ drafted }) => (drafted === undefined ? [] : [drafted]));
  if (calls.length === 0) return null;
  const accepted = drafts.filter(({ fate }) => fate === "accepted").length;
  const drafted = calls.reduce((sum, tokens) => sum + tokens, 0);
  return (
    <p class="note drafts-line">
      {name !== undefined && `${name}: `}
      {count(drafts.length)} tokens in {count(calls.length)} calls,{" "}
      {(drafts.length / calls.length).toFixed(2)} a call; {count(accepted)} of {count(drafted)} drafted tokens
      were <span class="is-accepted">accepted</span>; where one was <s class="rejected">rejected</s>, another
      stands in its place.
    </p>
  );
}
