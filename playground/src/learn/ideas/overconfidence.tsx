/** An overconfident network, the one number that corrects it, and the digits that it got wrong. */

import { postRows } from "../../calibrate/post-rows.ts";
import { Diagram } from "../../calibrate/reliability.tsx";
import type { Quality } from "../../calibrate/wire.ts";
import { percent } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { setDial } from "../../state/learning.ts";
import { useAsked } from "../asked.ts";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import { type Digits, loadDigits, rowsAt, type WrongDigit } from "../digits.ts";
import type { Idea } from "../idea.ts";
import { Picture } from "../picture.tsx";

const DIVISOR: DialSpec = {
  name: "divide_by",
  label: "divide the logits by",
  low: 0.5,
  high: 5,
  step: 0.05,
  start: 1,
};

interface Judged {
  readonly digits: Digits;
  readonly quality: Quality;
  /** for each picture, the most likely class and its probability */
  readonly said: readonly { readonly class_id: number; readonly probability: number }[];
}

function View() {
  const divisor = dialValue(DIVISOR);
  const { reply, problem } = useAsked(String(divisor), () => judge(divisor));
  const best = useAsked("best", askBest).reply;
  return (
    <>
      {reply === undefined ? <div class="live-room" /> : <Shown of={reply} />}
      {problem && <Says problem={problem} />}
      <Dial of={DIVISOR} />
      <p class="live-buttons">
        <button type="button" aria-pressed={divisor === 1} onClick={() => setDial(DIVISOR.name, 1)}>
          As it came: 1
        </button>
        {best !== undefined && (
          <button type="button" aria-pressed={divisor === best} onClick={() => setDial(DIVISOR.name, best)}>
            The best on 2,000 other digits: {best}
          </button>
        )}
      </p>
    </>
  );
}

function Shown({ of: { digits, quality, said } }: { of: Judged }) {
  const { wrong } = digits.pictures;
  return (
    <div class="live-columns">
      <div class="diagrams">
        <Diagram title={`Right ${percent(quality.accuracy)} of the time`} quality={quality} />
      </div>
      <figure>
        <figcaption>
          <b>Wrong, and surest of it</b>
        </figcaption>
        <ul class="digits">
          {wrong.map((digit, i) => (
            <Wrong key={digit.row} digit={digit} is={digits.set.test.targets[digit.row]} said={said[i]} />
          ))}
        </ul>
      </figure>
    </div>
  );
}

interface WrongProps {
  readonly digit: WrongDigit;
  readonly is: number | undefined;
  readonly said: Judged["said"][number] | undefined;
}

function Wrong({ digit, is, said }: WrongProps) {
  if (said === undefined) return null;
  const words = `a ${is}, taken for a ${said.class_id} with ${sure(said.probability)}`;
  return (
    <li>
      <Picture pixels={digit.pixels} title={words} />
      <span aria-hidden="true">
        <b>{said.class_id}</b>? {sure(said.probability)}
      </span>
    </li>
  );
}

function sure(p: number): string {
  return `${(100 * p).toFixed(1)} %`;
}

async function judge(divisor: number): Promise<Judged> {
  const digits = await loadDigits();
  const { test } = digits.set;
  const divided = { ...test, logits: test.logits.map((x) => x / divisor) };
  const pictured = rowsAt(
    test,
    digits.pictures.wrong.map(({ row }) => row),
  );
  const [{ before: quality }, { results }] = await Promise.all([
    postRows<{ before: Quality }>("/v1/calibrate", divided, { targets: test.targets, resamples: 0 }),
    postRows<{ results: readonly { probabilities: readonly number[]; top_id: number }[] }>(
      "/v1/probabilities",
      pictured,
      { temperature: divisor },
    ),
  ]);
  const said = results.map(({ top_id, probabilities }) => ({
    class_id: top_id,
    probability: probabilities[top_id] ?? 0,
  }));
  return { digits, quality, said };
}

async function askBest(): Promise<number> {
  const { validation } = (await loadDigits()).set;
  const options = { targets: validation.targets, resamples: 0 };
  const reply = await postRows<{ calibration: { temperature: number } }>(
    "/v1/calibrate",
    validation,
    options,
  );
  return Number(reply.calibration.temperature.toFixed(2));
}

export const overconfidence: Idea = {
  id: "overconfidence",
  title: "Overconfidence, and its cure",
  sentences: [
    "This network reads nine of ten digits rightly and says it is sure of nineteen in twenty: where its line stands above its bar, it promises more than it keeps.",
    "One number mends that: divide all logits by it, and not one answer changes, only how sure the network is of it, above all of the digits it got wrong.",
  ],
  View,
  asks: "POST /v1/calibrate, /v1/probabilities",
};
