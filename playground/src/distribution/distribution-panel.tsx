/** The distribution as a whole: every token of the row by rank, and the uncertainty while an option is animated. */
import { useEffect } from "preact/hooks";
import { count } from "../components/format.ts";
import { type Answer, answer } from "../state/result.ts";
import { Curve } from "./curve.tsx";
import { DistributionRoom } from "./distribution-room.tsx";
import { sweep } from "./sweep.ts";
import { inWords, SweepChart } from "./sweep-chart.tsx";
import { askWhole, whole } from "./whole.ts";

export function DistributionPanel() {
  const shown = answer.value;
  return shown === undefined ? (
    <DistributionRoom />
  ) : (
    <DistributionRoom>
      <Charts of={shown} />
    </DistributionRoom>
  );
}

function Charts({ of }: { of: Answer }) {
  const { row } = of.question;
  useEffect(() => askWhole(row), [row]);
  const all = whole.value?.row === row ? whole.value : undefined;
  const played = sweep.value;
  return (
    <div class="charts">
      <figure>
        {all === undefined ? <div class="chart-room" /> : <Curve of={of} all={all} />}
        <figcaption class="note">
          {all === undefined ? (
            "…"
          ) : (
            <>
              Half of the row's probability lies with {tokens(all.half)}, 99 % with {tokens(all.most)} of{" "}
              {count(row.vocab_size)}.
            </>
          )}
        </figcaption>
      </figure>
      <figure>
        {played === undefined ? <div class="chart-room is-empty" /> : <SweepChart of={played} />}
        <figcaption class="note" aria-live="polite">
          {played === undefined
            ? "Press ▶ at an option of the chain: its value goes through what is usual, and entropy is drawn here."
            : played.is_running
              ? `${played.name} is played…`
              : inWords(played)}
        </figcaption>
      </figure>
    </div>
  );
}

function tokens(n: number): string {
  return n === 1 ? "1 token" : `${count(n)} tokens`;
}
