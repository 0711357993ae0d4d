/** A digit whose pixels are moved to mislead the network: the network's answer, and the flag that its logits raise. */
import { postRows } from "../../calibrate/post-rows.ts";
import { percent, significant } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { setDial } from "../../state/learning.ts";
import { useAsked } from "../asked.ts";
import { Bars } from "../bars.tsx";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import { loadDigits, type MovedDigit, rowsAt } from "../digits.ts";
import type { Idea } from "../idea.ts";
import { Picture } from "../picture.tsx";

const MOVE: DialSpec = {
  name: "move",
  label: "every pixel moves by",
  low: 0,
  high: 0.2,
  step: 0.01,
  start: 0.05,
};
const WHICH: DialSpec = { name: "digit", label: "digit", low: 0, high: 3, step: 1, start: 0 };

interface Diagnosis {
  readonly top_id: number;
  readonly suspicion: number;
  readonly suspicious: boolean;
}

interface Misled {
  readonly digit: MovedDigit;
  readonly all: readonly MovedDigit[];
  readonly move: number;
  readonly probabilities: readonly number[];
  readonly diagnosis: Diagnosis;
  readonly threshold: number;
}

function View() {
  const [move, which] = [dialValue(MOVE), dialValue(WHICH)];
  const { reply, problem } = useAsked(`${move} ${which}`, () => ask(which, move));
  return (
    <>
      {reply === undefined ? <div class="live-room" /> : <Shown of={reply} />}
      {problem && <Says problem={problem} />}
      <Dial of={MOVE} shown={percent(move)} />
      <p class="live-buttons">
        {reply?.all.map(({ steps, row }, i) => (
          <button type="button" key={row} aria-pressed={i === which} onClick={() => setDial(WHICH.name, i)}>
            a {steps.targets[0]}
          </button>
        ))}
      </p>
    </>
  );
}

function Shown({ of: { digit, move, probabilities, diagnosis, threshold } }: { of: Misled }) {
  const is = digit.steps.targets[0] ?? 0;
  const is_fooled = diagnosis.top_id !== is;
  return (
    <div class="live-columns is-moved">
      <figure>
        <Picture pixels={movedBy(digit, move)} title={`a ${is}, every pixel moved by ${percent(move)}`} />
        <figcaption class={`live-verdict ${is_fooled ? "is-blocked" : ""}`}>
          Read as <strong>{diagnosis.top_id}</strong>
          {is_fooled && `, and still a ${is}`}
        </figcaption>
      </figure>
      <div>
        <Bars
          shares={probabilities.map((p, class_id) => ({
            name: String(class_id),
            p,
            is_marked: class_id === diagnosis.top_id && is_fooled,
          }))}
        />
        <p class="note">
          Suspicion {significant(diagnosis.suspicion, 2)}, flagged above {significant(threshold, 2)}:{" "}
          <b>{diagnosis.suspicious ? "flagged" : "not flagged"}</b>. It is a hint and no defence: most digits
          that were moved like this pass.
        </p>
      </div>
    </div>
  );
}

/** Clipped at black and white, as the network received it. */
function movedBy({ pixels, directions }: MovedDigit, move: number): Uint8Array {
  return pixels.map((pixel, i) => {
    const to = pixel + 255 * move * ((directions[i] ?? 1) - 1);
    return Math.round(Math.min(255, Math.max(0, to)));
  });
}

let baseline: Promise<{ readonly threshold: number }> | undefined;

async function ask(which: number, move: number): Promise<Misled> {
  const { set, pictures } = await loadDigits();
  baseline ??= postRows<{ baseline: { threshold: number } }>("/v1/baseline", set.validation, {
    false_positive_rate: 0.05,
  }).then((reply) => reply.baseline);
  const usual = await baseline;
  const digit = pictures.moved[which] ?? pictures.moved[0];
  if (digit === undefined) throw new Error("there is at least one digit");
  const row = rowsAt(digit.steps, [Math.round(move / pictures.step)]);
  const [{ results }, judged] = await Promise.all([
    postRows<{ results: readonly { probabilities: readonly number[] }[] }>("/v1/probabilities", row, {}),
    postRows<{ results: readonly Diagnosis[] }>("/v1/diagnose", row, { baseline: usual }),
  ]);
  const [diagnosis] = judged.results;
  if (diagnosis === undefined) throw new Error("there is a diagnosis for a row");
  const probabilities = results[0]?.probabilities ?? [];
  return { digit, all: pictures.moved, move, probabilities, diagnosis, threshold: usual.threshold };
}

export const adversarial: Idea = {
  id: "adversarial",
  title: "Rows that were tampered with",
  sentences: [
    "Move every pixel a little in the direction that hurts most, and the picture stays the same to an eye while the network reads another digit.",
    "Its logits give a hint of that: evidence gets weaker near the border, which a baseline of clean rows can notice, until the network is sure again of the wrong one.",
  ],
  View,
  asks: "POST /v1/baseline, /v1/diagnose",
};
