/** Temperature on a real row of 8,192 tokens: shares, entropy, and a thousand draws. */
import { postSample } from "../../api/client.ts";
import type { Sampled } from "../../api/wire.ts";
import { count } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import type { PageRow } from "../../rows/row.ts";
import { setDial } from "../../state/learning.ts";
import { exampleNamed } from "../../state/source.ts";
import { useAsked } from "../asked.ts";
import { Bars } from "../bars.tsx";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const TEMPERATURE: DialSpec = {
  name: "temperature",
  label: "temperature",
  low: 0.1,
  high: 2,
  step: 0.05,
  start: 0.8,
};
const TOLD_OF = [0.2, 0.8, 1, 1.2];
const SHOWN = 8;
const DRAWS = 1000;

interface Reply {
  readonly row: PageRow;
  readonly sampled: Sampled;
}

function View() {
  const temperature = dialValue(TEMPERATURE);
  const { reply, problem } = useAsked(String(temperature), () => ask(temperature));
  return (
    <>
      {reply === undefined ? <div class="live-room" /> : <Shares of={reply} />}
      {problem && <Says problem={problem} />}
      <Dial of={TEMPERATURE} />
      <p class="live-buttons">
        {TOLD_OF.map((value) => (
          <button
            type="button"
            key={value}
            aria-pressed={temperature === value}
            onClick={() => setDial(TEMPERATURE.name, value)}
          >
            {value === 1 ? "1: the model's own" : value}
          </button>
        ))}
      </p>
    </>
  );
}

function Shares({ of: { row, sampled } }: { of: Reply }) {
  const { draws = [], top_logprobs = [], trace = [] } = sampled;
  const drawn = (id: number) => draws.filter(({ token_id }) => token_id === id).length;
  const entropy = trace.at(-1)?.entropy ?? 0;
  const different = new Set(draws.map(({ token_id }) => token_id)).size;
  return (
    <div class="live-figure">
      <p class="live-answer">
        {row.text} … <strong>{entropy.toFixed(2)} nats</strong>: as uncertain as {choices(entropy)}. In{" "}
        {count(DRAWS)} draws there are {count(different)} different tokens.
      </p>
      <Bars
        shares={top_logprobs.map(({ token_id, logprob }) => ({
          name: row.labelOf(token_id)?.trim() ?? `#${token_id}`,
          p: Math.exp(logprob ?? Number.NEGATIVE_INFINITY),
          note: `drawn ${count(drawn(token_id))} times`,
        }))}
      />
    </div>
  );
}

function choices(entropy: number): string {
  const n = Math.exp(entropy);
  return n < 1.05 ? "no choice at all" : `a choice of ${n < 10 ? n.toFixed(1) : count(Math.round(n))}`;
}

async function ask(temperature: number): Promise<Reply> {
  const row = await exampleNamed("ship").load();
  const sampled = await postSample(row, {
    chain: [{ stage: "temperature", temperature }],
    seed: "1",
    n: DRAWS,
    trace: true,
    logprobs: true,
    top_logprobs: SHOWN,
    logprobs_mode: "processed",
  });
  return { row, sampled };
}

export const temperature: Idea = {
  id: "temperature",
  title: "Temperature over 8,192 tokens",
  sentences: [
    "Temperature divides every logit before softmax: the order of the tokens stays, how far they lie apart does not.",
    "1 is what the model itself says. At 0.2 the likeliest is drawn nearly every time, 0.8 is sharper than the model, and at 1.2 hundreds of others get their turn.",
  ],
  View,
  asks: "POST /v1/sample with n",
};
