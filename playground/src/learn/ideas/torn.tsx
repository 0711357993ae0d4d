/** Torn between two classes, or unsure among all: the verdict on a row of three. */
import { percent } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { postJson, useAsked } from "../asked.ts";
import { Bars } from "../bars.tsx";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const LEAD: DialSpec = {
  name: "lead",
  label: "cat's lead over dog",
  low: 0,
  high: 5,
  step: 0.05,
  start: 0.1,
};
const REST: DialSpec = { name: "rest", label: "bird's logit", low: -4, high: 2, step: 0.1, start: -3 };
const DOG = 1.9;

interface Diagnosis {
  readonly verdict: string;
  readonly entropy: number;
  readonly margin: number | null;
}

interface Reply {
  readonly diagnosis: Diagnosis;
  readonly probabilities: readonly number[];
}

const WORDS: Readonly<Record<string, string>> = {
  torn: "Torn: two of them have nearly everything, and neither has much more than the other",
  unsure: "Unsure: the probability is spread, and no class leads",
  confident: "Confident: one of them has four fifths or more",
};

function View() {
  const logits = [DOG + dialValue(LEAD), DOG, dialValue(REST)];
  const { reply, problem } = useAsked(logits.join(), async (): Promise<Reply> => {
    const [diagnosis, { probabilities }] = await Promise.all([
      postJson<Diagnosis>("/v1/diagnose", { logits }),
      postJson<{ probabilities: readonly number[] }>("/v1/probabilities", { logits }),
    ]);
    return { diagnosis, probabilities };
  });
  return (
    <>
      {reply === undefined ? (
        <div class="live-room" />
      ) : (
        <div class="live-figure">
          <p class="live-verdict">
            <span class={`badge-small is-${reply.diagnosis.verdict}`}>{reply.diagnosis.verdict}</span>{" "}
            {WORDS[reply.diagnosis.verdict]} ({percent(reply.probabilities[0] ?? 0)} for cat,{" "}
            {reply.diagnosis.entropy.toFixed(2)} nats).
          </p>
          <Bars
            shares={["Cat", "Dog", "Bird"].map((name, i) => ({ name, p: reply.probabilities[i] ?? 0 }))}
          />
        </div>
      )}
      {problem && <Says problem={problem} />}
      <Dial of={LEAD} />
      <Dial of={REST} />
    </>
  );
}

export const torn: Idea = {
  id: "torn",
  title: "Torn is not unsure",
  sentences: [
    "A row whose first two are nearly level is torn: the model knows what it may be, and cannot decide between the two.",
    "A row where everything is level is something else: raise the bird, and the model knows nothing.",
  ],
  View,
  asks: "POST /v1/diagnose",
};
