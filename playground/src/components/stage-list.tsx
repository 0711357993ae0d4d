/** The stages from top to bottom, for screens that are too narrow for columns. */
import type { Answer } from "../state/result.ts";
import { Close } from "./close.tsx";
import { count, percent } from "./format.ts";
import type { Column } from "./lives.ts";

export function StageList({ of, columns }: { of: Answer; columns: readonly Column[] }) {
  const { vocab_size } = of.question.row;
  const width = (n: number) => `${(100 * Math.log(n + 1)) / Math.log(vocab_size + 1)}%`;
  return (
    <ol class="stage-list">
      <li>
        <span class="stage-name">as it came</span>
        <b>{count(vocab_size)}</b>
        <i style={{ width: width(vocab_size) }} />
      </li>
      {columns.map(({ entry, place }) => (
        <li key={place}>
          <span class="stage-name">{entry.stage}</span>
          <b>{count(entry.kept_after)}</b>
          <i style={{ width: width(entry.kept_after) }} />
          <small>
            {entry.kept_after < entry.kept_before ? `keeps ${percent(1 - entry.mass_removed)}` : "keeps all"},{" "}
            {entry.entropy.toFixed(2)} nats <Close entry={entry} of={of} />
          </small>
        </li>
      ))}
    </ol>
  );
}
