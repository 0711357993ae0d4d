/** A threshold on a probability is a limit on the logit. */
import { percent, signed } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { postJson, useAsked } from "../asked.ts";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const ATTACK: DialSpec = {
  name: "attack",
  label: "logit of “attack”",
  low: -4,
  high: 8,
  step: 0.05,
  start: 2.9,
};
const THRESHOLD: DialSpec = {
  name: "threshold",
  label: "block at",
  low: 0.5,
  high: 0.99,
  step: 0.01,
  start: 0.95,
};

interface Reply {
  readonly probability: number;
  readonly decision: { readonly class_id: number | null; readonly threshold_log_odds: number };
}

const placeOf = (x: number) => `${(100 * (x - ATTACK.low)) / (ATTACK.high - ATTACK.low)}%`;

function View() {
  const [x, threshold] = [dialValue(ATTACK), dialValue(THRESHOLD)];
  const { reply, problem } = useAsked(`${x} ${threshold}`, () =>
    postJson<Reply>("/v1/probabilities", { logits: [x], labels: ["attack"], threshold }),
  );
  const is_blocked = reply?.decision.class_id === 0;
  return (
    <>
      <div class="live-figure">
        <p class={`live-verdict ${is_blocked ? "is-blocked" : ""}`}>
          {reply && (
            <>
              <strong>{is_blocked ? "Blocked" : "Let through"}</strong> at {percent(reply.probability)}
            </>
          )}
        </p>
        <div class="number-line" aria-hidden="true">
          {reply && <Limit at={reply.decision.threshold_log_odds} />}
          <b style={{ left: placeOf(x) }} />
        </div>
      </div>
      {problem && <Says problem={problem} />}
      <Dial of={ATTACK} />
      <Dial of={THRESHOLD} shown={percent(threshold)} />
    </>
  );
}

function Limit({ at }: { at: number }) {
  return (
    <>
      <i class="blocked" style={{ left: placeOf(at) }} />
      <span style={{ left: placeOf(at) }}>{signed(at, 2)}</span>
    </>
  );
}

export const firewall: Idea = {
  id: "firewall",
  title: "A firewall's 95 %",
  sentences: [
    "“Block at 95 %” and “block when the logit reaches 2.94” are one rule: the threshold has its own log-odds, and the logit is held to them.",
    "Just below nothing happens and just above everything does, so a threshold is worth as much as the probabilities are honest.",
  ],
  View,
  asks: "POST /v1/probabilities with threshold",
};
