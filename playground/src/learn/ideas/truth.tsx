/**
 * A low temperature gives likelier tokens, not truer ones: a digit that the network got wrong, at several temperatures.
 */
import { percent } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { postJson, useAsked } from "../asked.ts";
import { Bars } from "../bars.tsx";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import { loadDigits, rowsAt } from "../digits.ts";
import type { Idea } from "../idea.ts";
import { Picture } from "../picture.tsx";

const TEMPERATURE: DialSpec = {
  name: "truth_temperature",
  label: "temperature",
  low: 0.1,
  high: 4,
  step: 0.1,
  start: 1,
};
/** The shown classes: the likeliest, and the true one. */
const SHOWN = 4;

interface Reply {
  readonly probabilities: readonly number[];
  readonly pixels: Uint8Array;
  readonly target: number;
}

async function ask(temperature: number): Promise<Reply> {
  const { set, pictures } = await loadDigits();
  // The surest come first. At the last one, temperature has something to change.
  const wrong = pictures.wrong.at(-1);
  if (wrong === undefined) throw new Error("there are digits that the network got wrong");
  const { logits, targets } = rowsAt(set.test, [wrong.row]);
  const { probabilities } = await postJson<Pick<Reply, "probabilities">>("/v1/probabilities", {
    logits: [...logits],
    temperature,
  });
  return { probabilities, pixels: wrong.pixels, target: targets[0] ?? 0 };
}

function View() {
  const temperature = dialValue(TEMPERATURE);
  const { reply, problem } = useAsked(String(temperature), () => ask(temperature));
  return (
    <>
      {reply === undefined ? <div class="live-room" /> : <Verdict of={reply} />}
      {problem && <Says problem={problem} />}
      <Dial of={TEMPERATURE} />
    </>
  );
}

function Verdict({ of: { probabilities, pixels, target } }: { of: Reply }) {
  const order = probabilities
    .map((_, digit) => digit)
    .sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const [said = 0] = order;
  const shown = [...order.slice(0, SHOWN).filter((digit) => digit !== target), target];
  return (
    <div class="live-columns is-moved">
      <Picture pixels={pixels} title={`A handwritten ${target}`} />
      <div class="live-figure">
        <p class="live-verdict">
          It says {said} with <strong>{percent(probabilities[said] ?? 0)}</strong>. It is a {target}.
        </p>
        <Bars
          shares={shown.map((digit) => ({
            name: String(digit),
            p: probabilities[digit] ?? 0,
            is_marked: digit === target,
            note: digit === target ? "what it is" : "",
          }))}
        />
      </div>
    </div>
  );
}

export const truth: Idea = {
  id: "truth",
  title: "Likelier is not truer",
  sentences: [
    "A low temperature gives more to what the model already prefers. Here it prefers the wrong digit: the colder, the surer, and as wrong as before.",
    "No temperature changes which class comes first. It is a dial of confidence and variety, not of truth.",
  ],
  View,
  asks: "POST /v1/probabilities with temperature",
};
