/** Why training uses logits: the slope of the loss is p − y. */
import { percent, signed } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { postJson, useAsked } from "../asked.ts";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const RIGHT: DialSpec = { name: "right", label: "logit of cat", low: -6, high: 8, step: 0.1, start: -1 };
const OTHERS = [1.5, 0.3];
const NAMES = ["Cat (it was a cat)", "Dog", "Bird"];

interface Reply {
  readonly probabilities: readonly number[];
}

function View() {
  const logits = [dialValue(RIGHT), ...OTHERS];
  const { reply, problem } = useAsked(logits.join(), () => postJson<Reply>("/v1/probabilities", { logits }));
  const slopes = reply?.probabilities.map((p, i) => p - (i === 0 ? 1 : 0));
  return (
    <>
      <ul class="slopes">
        {NAMES.map((name, i) => {
          const slope = slopes?.[i] ?? 0;
          return (
            <li key={name}>
              <span>{name}</span>
              <span class="slope" aria-hidden="true">
                <i class={slope < 0 ? "is-up" : ""} style={{ "--part": String(Math.abs(slope)) }} />
              </span>
              <b>{slopes && signed(slope, 3)}</b>
            </li>
          );
        })}
      </ul>
      <p class="live-answer">
        {reply && (
          <>
            The loss is <strong>{(-Math.log(reply.probabilities[0] ?? 1)).toFixed(2)}</strong>: cat had{" "}
            {percent(reply.probabilities[0] ?? 0)}. A step of training moves each logit against its slope.
          </>
        )}
      </p>
      {problem && <Says problem={problem} />}
      <Dial of={RIGHT} />
    </>
  );
}

export const gradient: Idea = {
  id: "gradient",
  title: "Why training uses logits: p − y",
  sentences: [
    "The loss of the right class is −ln p. Its slope by each logit is p − y: the probability, less 1 for the class that came.",
    "Where the model is wrong and sure, the slope is nearly 1 and learning is fast; where it is right, the slope goes to 0. So it does not vanish where it is needed, and does vanish where there is nothing left to learn.",
  ],
  View,
  asks: "POST /v1/probabilities",
};
