/** Softmax: three logits and their shares. */
import { signed } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { setDial } from "../../state/learning.ts";
import { postJson, useAsked } from "../asked.ts";
import { Bars } from "../bars.tsx";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const range = { low: -10, high: 20, step: 0.1 };
const DIALS: readonly DialSpec[] = [
  { ...range, name: "cat", label: "Cat", start: 8.2 },
  { ...range, name: "dog", label: "Dog", start: 1.5 },
  { ...range, name: "bird", label: "Bird", start: 0.3 },
];

interface Reply {
  readonly probabilities: readonly number[];
  readonly log_odds: readonly (number | null)[];
}

function View() {
  const logits = DIALS.map(dialValue);
  const { reply, problem } = useAsked(logits.join(), () => postJson<Reply>("/v1/probabilities", { logits }));
  return (
    <>
      <Bars
        shares={DIALS.map(({ label }, i) => ({
          name: label,
          p: reply?.probabilities[i],
          note: reply === undefined ? "" : `log-odds ${signed(reply.log_odds[i] ?? 0, 2)}`,
        }))}
      />
      {problem && <Says problem={problem} />}
      {DIALS.map((each) => (
        <Dial key={each.name} of={each} />
      ))}
      <p class="live-buttons">
        {[1, -1].map((by) => (
          <button
            type="button"
            key={by}
            onClick={() => {
              for (const each of DIALS) setDial(each.name, Number((dialValue(each) + by).toFixed(2)));
            }}
          >
            {by > 0 ? "Add 1 to all three" : "Take 1 from all"}
          </button>
        ))}
      </p>
    </>
  );
}

export const softmax: Idea = {
  id: "softmax",
  title: "Softmax: cat, dog or bird",
  sentences: [
    "Softmax makes shares of 100 % out of logits: e to the power of each, divided by the sum of them.",
    "Only differences count: a logit larger by 1 is 2.72 times as likely, and adding the same to all three changes nothing, as you may try.",
  ],
  View,
  asks: "POST /v1/probabilities",
};
