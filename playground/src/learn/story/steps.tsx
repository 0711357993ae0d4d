/** The steps of the story: a title, a few sentences, and controls to drag. */
import type { ComponentType } from "preact";
import { percent } from "../../components/format.ts";
import type { ChainList } from "../../rows/examples.ts";
import { dials, setDial } from "../../state/learning.ts";
import { view } from "../../state/signals.ts";
import { prompt } from "../../write/writer.ts";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Mode, Told } from "./question.ts";

export interface Step {
  readonly id: string;
  readonly mode: Mode;
  readonly title: string;
  readonly words: readonly string[];
  readonly Controls?: ComponentType<{ readonly told: Told | undefined }>;
}

export const CONTEXT: DialSpec = {
  name: "context",
  label: "how much it has read",
  low: 0,
  high: 1,
  step: 0.05,
  start: 1,
};
export const TEMPERATURE: DialSpec = {
  name: "story_temperature",
  label: "temperature",
  low: 0.1,
  high: 2,
  step: 0.05,
  start: 0.8,
};
const CUTS = [
  { name: "top_k", dial: { name: "story_k", label: "top-k", low: 1, high: 10, step: 1, start: 5 } },
  { name: "top_p", dial: { name: "story_p", label: "top-p", low: 0.05, high: 1, step: 0.05, start: 0.6 } },
  { name: "min_p", dial: { name: "story_min", label: "min-p", low: 0.01, high: 1, step: 0.01, start: 0.1 } },
] as const;

/** The selected cut as a stage. */
export function cutNow(): ChainList[number] {
  const { name, dial } = CUTS[dials.value["cut"] ?? 1] ?? CUTS[1];
  return { stage: name, [name]: dialValue(dial) };
}

export const DRAW: DialSpec = {
  name: "story_step",
  label: "step of the sequence",
  low: 0,
  high: 40,
  step: 1,
  start: 0,
};

function Context({ told }: { told: Told | undefined }) {
  const first = told?.bars[0];
  return (
    <>
      <Dial of={CONTEXT} shown={percent(dialValue(CONTEXT))} />
      <p class="live-answer">
        {first && (
          <>
            The logit of “{first.name}” is now <strong>{first.logit.toFixed(1)}</strong>.
          </>
        )}
      </p>
    </>
  );
}

const SAID: readonly (readonly [number, string])[] = [
  [0.95, "sharper than the model itself"],
  [1, "what the model itself says"],
  [Number.POSITIVE_INFINITY, "flatter than the model itself"],
];

function Temperature() {
  const value = dialValue(TEMPERATURE);
  const said = SAID.find(([end]) => value <= end)?.[1];
  return (
    <>
      <Dial of={TEMPERATURE} shown={`${value}`} />
      <p class="live-answer">
        {value}: <strong>{said}</strong>
      </p>
      <p class="live-buttons">
        {[0.2, 0.8, 1, 1.2].map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={value === each}
            onClick={() => setDial(TEMPERATURE.name, each)}
          >
            {each === 1 ? "1: the model's own" : each}
          </button>
        ))}
      </p>
    </>
  );
}

const RULES: Readonly<Record<string, string>> = {
  top_k: "keeps the k likeliest tokens, however likely they are.",
  top_p:
    "keeps the likeliest tokens until they have the share p together. It keeps few when the model is sure, many when it is not.",
  min_p: "keeps the tokens that are at least p times as likely as the likeliest.",
};

function Cut({ told }: { told: Told | undefined }) {
  const at = dials.value["cut"] ?? 1;
  const { name, dial } = CUTS[at] ?? CUTS[1];
  return (
    <>
      <p class="live-buttons">
        {CUTS.map(({ dial: { label } }, i) => (
          <button type="button" key={label} aria-pressed={i === at} onClick={() => setDial("cut", i)}>
            {label}
          </button>
        ))}
      </p>
      <p class="cut-rule">
        <strong>{dial.label}</strong> {RULES[name]}
      </p>
      <Dial of={dial} />
      <p class="live-answer">
        {told?.question.mode === "cut" && (
          <>
            <strong>{told.sampled.kept}</strong> of 8,192 tokens are kept
          </>
        )}
      </p>
    </>
  );
}

function Draw() {
  return <Dial of={DRAW} />;
}

function Write() {
  return (
    <p class="live-buttons">
      <button
        type="button"
        class="main"
        onClick={() => {
          prompt.value = "The old ship sailed into the";
          view.value = "write";
        }}
      >
        Let it write on
      </button>
    </p>
  );
}

export const STEPS: readonly Step[] = [
  {
    id: "story-row",
    mode: "logits",
    title: "A row comes out of the last layer",
    words: [
      "A language model reads a text and ends with a list of activations. Its last layer multiplies them by weights, one set for each of its 8,192 tokens, and adds a bias. The results are the logits.",
      "Drag from the word “the” alone to the whole text: the layer is linear, so the logits move in straight lines. A logit tells what comes, not why. The only way to learn why is to change the text and look again.",
    ],
    Controls: Context,
  },
  {
    id: "story-softmax",
    mode: "shares",
    title: "Softmax makes shares of them",
    words: [
      "Probabilities have to be positive and sum to 1. Softmax takes e to the power of each logit and divides by the sum. A lead of 1 means 2.7 times the probability; only leads count, so adding a number to all changes nothing.",
    ],
  },
  {
    id: "story-temperature",
    mode: "temperature",
    title: "Temperature, with 1 as the watershed",
    words: [
      "Every logit is divided by the temperature before softmax. At 1 nothing changes. Below 1, at the usual .8 too, the likely tokens gain; above 1 the unlikely ones do. The order never changes.",
      "A low temperature makes a text likelier, not truer: where the model is wrong, it is then wrong every time.",
    ],
    Controls: Temperature,
  },
  {
    id: "story-cut",
    mode: "cut",
    title: "Top-k, top-p, min-p: which tokens stay",
    words: [
      "Thousands of unlikely tokens have a share together that is drawn sooner or later. Each rule removes the tail in its own way; what stays is scaled to 100 % again.",
    ],
    Controls: Cut,
  },
  {
    id: "story-draw",
    mode: "draw",
    title: "The draw",
    words: [
      "The kept tokens lie side by side on a line from 0 to 1, each as wide as its probability. A random number u, made of seed and step alone, falls on one of them. The same seed and step always give the same token.",
    ],
    Controls: Draw,
  },
  {
    id: "story-text",
    mode: "draw",
    title: "And so a text",
    words: [
      "The token is appended, the model reads the longer text, and a new row comes out. That is all: a text is one draw after another.",
    ],
    Controls: Write,
  },
];
