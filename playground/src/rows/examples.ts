/** The example rows of the page: each shows one thing, with a chain that makes it visible. */

import { asset } from "../api/asset.ts";
import { bytesOf } from "./base64.ts";
import type { PageRow } from "./row.ts";
import { rowOfLogits } from "./row.ts";
import { syntheticRow } from "./synthetic.ts";

/** A chain as it is sent. */
export type ChainList = readonly Readonly<Record<string, unknown> & { stage: string }>[];

export interface Example {
  readonly id: string;
  readonly title: string;
  /** what to look at */
  readonly note: string;
  readonly chain: ChainList;
  /** true when the demo model made it */
  readonly is_of_demo?: boolean;
  /** only offered for combinations with another row */
  readonly is_second?: boolean;
  load(): Promise<PageRow>;
}

const USUAL: ChainList = [
  { stage: "temperature", temperature: 0.8 },
  { stage: "top_k", top_k: 40 },
  { stage: "top_p", top_p: 0.95 },
  { stage: "min_p", min_p: 0.05 },
];

/** The demo model's token that ends a text. */
const END_OF_TEXT = "<|endoftext|>";

/** The row of a model after a text, stored with the page. */
interface StoredRow {
  readonly text: string;
  readonly history: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly data: string;
}

async function stored(id: string): Promise<PageRow> {
  const response = await fetch(asset(`examples/${id}.json`));
  if (!response.ok) throw new Error(`The example does not load: ${response.status}`);
  const { text, history, labels, data } = (await response.json()) as StoredRow; // written by scripts/write-playground-rows.ts
  const bytes = bytesOf(data);
  return {
    dtype: "f16",
    bytes,
    vocab_size: bytes.length / 2,
    text,
    history,
    prompt_length: history.length,
    is_of_demo: true,
    // the only token without a text is the one that ends a text
    labelOf: (token_id) => (labels[token_id] === "" ? END_OF_TEXT : labels[token_id]),
  };
}

/** The text field's placeholder. */
export const LITTLE_TEXT = '"cat": 4.1\n"dog": 3.2\n"bird": 1.3\n"fish": 0.4\n"newt": -1.0';

export const EXAMPLES: readonly Example[] = [
  {
    id: "ship",
    title: "The old ship…",
    note: "A small language model's 8,192 logits after a few words.",
    chain: USUAL,
    is_of_demo: true,
    load: () => stored("ship"),
  },
  {
    id: "torn",
    title: "Torn",
    note: "Two tokens nearly level: see how far temperature and min_p move them apart.",
    chain: [
      { stage: "temperature", temperature: 1 },
      { stage: "min_p", min_p: 0.1 },
    ],
    is_of_demo: true,
    load: () => stored("torn"),
  },
  {
    id: "sure",
    title: "Certain",
    note: "One token has nearly everything: high temperatures are what it takes to hear the others.",
    chain: [
      { stage: "temperature", temperature: 2 },
      { stage: "top_p", top_p: 0.95 },
    ],
    is_of_demo: true,
    load: () => stored("sure"),
  },
  {
    id: "unsure",
    title: "Wide open",
    note: "Thousands of tokens share the mass: each truncation rule cuts somewhere else.",
    chain: [
      { stage: "top_n_sigma", top_n_sigma: 1.5 },
      { stage: "typical_p", typical_p: 0.9 },
      { stage: "temperature", temperature: 1.1 },
    ],
    is_of_demo: true,
    load: () => stored("unsure"),
  },
  {
    id: "loop",
    title: "A loop",
    note: "The text repeats itself: penalties look at its history.",
    chain: [
      { stage: "repetition_penalty", repetition_penalty: 1.3 },
      { stage: "dry", dry_multiplier: 0.8 },
      ...USUAL,
    ],
    is_of_demo: true,
    load: () => stored("loop"),
  },
  {
    id: "short",
    title: "only “the”",
    note: "What the same model says after a single word: its row without the context.",
    chain: USUAL,
    is_of_demo: true,
    is_second: true,
    load: () => stored("short"),
  },
  {
    id: "tie",
    title: "Knife edge",
    note: "0.1, 0.2, 0.3, 0.4 and top_p 0.7: the limit meets the sum exactly, and rounding must not decide.",
    chain: [{ stage: "top_p", top_p: 0.7 }],
    load: async () =>
      rowOfLogits(
        Float32Array.of(0.1, 0.2, 0.3, 0.4).map((p) => Math.log(p)),
        ["one tenth", "two tenths", "three tenths", "four tenths"],
      ),
  },
  {
    id: "large",
    title: "128,256 tokens",
    note: "As wide as a present-day vocabulary (made up): every slider still answers at once.",
    chain: USUAL,
    load: async () => syntheticRow(),
  },
];
