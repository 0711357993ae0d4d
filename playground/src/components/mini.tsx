/**
 * On narrow screens, a line with the answer stays in sight while the chain is changed and the answer itself is out of
 * sight.
 */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { answer } from "../state/result.ts";
import { is_stale } from "../state/stale.ts";
import { count } from "./format.ts";
import { columnsOf } from "./lives.ts";
import { Token } from "./token.tsx";

export function Mini() {
  const shown = answer.value;
  const is_outcome_seen = useSignal(true);
  useEffect(() => {
    const outcome = document.querySelector(".outcome");
    if (outcome === null) return;
    const observer = new IntersectionObserver(([entry]) => {
      is_outcome_seen.value = entry?.isIntersecting ?? false;
    });
    observer.observe(outcome);
    return () => observer.disconnect();
  }, []);
  if (shown === undefined) return null;
  const { row } = shown.question;
  const { token_id } = shown.sampled;
  const counts = columnsOf(shown).map(({ entry }) => entry.kept_after);
  const steps = [row.vocab_size, ...counts].filter((n, i, all) => n !== all[i - 1]);
  return (
    // all of its content is elsewhere on the page too
    <div
      class={`mini ${is_stale.value ? "is-stale" : ""} ${is_outcome_seen.value ? "is-away" : ""}`}
      aria-hidden="true"
    >
      <span class="drawn">
        <Token token_id={token_id} label={row.labelOf(token_id)} />
      </span>
      <span>{steps.map(count).join(" → ")}</span>
    </div>
  );
}
