/**
 * Greedy steps: the most likely of the tokens that earlier stages keep; and rows that are difficult in floating point.
 */

import type { Line, RowField, Section } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";
import type { Question } from "../definition.ts";
import { distributionLine } from "../distribution.ts";
import { HAND, randomRow, randomSequence } from "../rows.ts";

const COLD = { stage: "temperature", temperature: 0 };

function greedyLines(): Line[] {
  const lines: Line[] = [];
  const add = (question: Question, about: string, margin: number) => {
    const id = `greedy-${String(lines.length + 1).padStart(3, "0")}`;
    const why =
      "temperature 0 takes the most likely token; of equal ones the lowest id (numpy.argmax, torch.argmax on a CPU)";
    const line = distributionLine(
      { ...question, section: "greedy", id, rule: "temperature 0", about, why },
      margin,
    );
    if (line !== undefined) lines.push(line);
  };
  for (const { about, row } of HAND) add({ chain: [COLD], row }, `the most likely token of ${about}`, 0);
  for (let i = 0; lines.length < 60; i++) {
    const random = seeded(287, i);
    const row = randomRow(random);
    const penalty = { stage: "repetition_penalty", repetition_penalty: 2 };
    const bias = { stage: "logit_bias", logit_bias: { "1": 1, "2": -1 } };
    const chain = [...(random.oneIn(2) ? [penalty] : []), ...(random.oneIn(2) ? [bias] : []), COLD];
    add(
      { chain, row, ...randomSequence(random, row.length) },
      "the most likely token behind penalties and biases",
      1e-3,
    );
  }
  return lines;
}

/** Rows given as text, with the numbers that the text stands for. */
interface Hard {
  readonly about: string;
  readonly field?: RowField;
  readonly row: readonly number[];
  readonly chain: readonly Readonly<Record<string, unknown>>[];
  readonly history?: readonly number[];
  readonly prompt_length?: number;
}

function filled(
  length: number,
  fill: number,
  values: Readonly<Record<string, number>>,
): Pick<Hard, "field" | "row"> {
  const row = new Array<number>(length).fill(fill);
  for (const [id, value] of Object.entries(values)) row[Number(id)] = value;
  return { field: { length, fill, values }, row };
}

function f32(values: readonly number[]): Pick<Hard, "field" | "row"> {
  const numbers = Float32Array.from(values);
  return { field: { f32: Buffer.from(numbers.buffer).toString("base64") }, row: [...numbers] };
}

const X = Number.NEGATIVE_INFINITY;
const wave = (length: number, scale: number) =>
  Array.from({ length }, (_, i) => Math.fround(scale * (((i * 7919) % 1009) / 1009 - 0.5)));

const FIVE = [
  { about: "temperature 0.5", chain: [{ stage: "temperature", temperature: 0.5 }] },
  { about: "top_k 3", chain: [{ stage: "top_k", top_k: 3 }] },
  { about: "top_p 0.9", chain: [{ stage: "top_p", top_p: 0.9 }] },
  { about: "min_p 0.2", chain: [{ stage: "min_p", min_p: 0.2 }] },
  {
    about: "temperature 0.7, top_k 4, top_p 0.95",
    chain: [
      { stage: "temperature", temperature: 0.7 },
      { stage: "top_k", top_k: 4 },
      { stage: "top_p", top_p: 0.95 },
    ],
  },
];

const ROWS: readonly (Pick<Hard, "field" | "row"> & { readonly about: string })[] = [
  {
    about: "151,936 tokens, three above the rest",
    ...filled(151_936, -20, { "17": 4, "151935": 3, "90000": 1.5 }),
  },
  {
    about: "32,000 masked tokens but four",
    ...filled(32_000, -1e9, { "0": 1, "31999": 0.5, "777": 0.2, "778": -3 }),
  },
  { about: "logits of 1e15 and below", row: [1e15, 1e15, 0, -1e15].map(Math.fround) },
  { about: "logits near the largest of float16: 65504", row: [65504, 65504, 65472, 0] },
  { about: "logits shifted by 10,000", row: [10_003, 10_002, 10_001.5, 10_000, 9_999] },
  { about: "logits shifted by -10,000", row: [-10_003, -10_002, -10_001.5, -10_000, -9_999] },
  { about: "all tokens masked but two equal", row: [X, 0.25, X, 0.25, X] },
  { about: "one token", row: [0.5] },
  { about: "two tokens that differ by one bit of float32", row: [1, Math.fround(1 + 2 ** -23), 0] },
  { about: "probabilities below float32's least: 0 and -120", row: [0, -120, -130, -1] },
  { about: "300 numbers as bytes of float32", ...f32(wave(300, 9)) },
  { about: "1,000 numbers as bytes of float32", ...f32(wave(1000, 14)) },
];

const EXACT: readonly Hard[] = [
  {
    about: "typical_p 0.5 of four equal tokens: two hold it",
    row: [0, 0, 0, 0],
    chain: [{ stage: "typical_p", typical_p: 0.5 }],
  },
  {
    about: "min_tokens 3 behind three generated tokens: the end may come",
    row: [1, 2, 0],
    chain: [{ stage: "min_tokens", min_tokens: 3, stop_token_ids: [1] }],
    history: [0, 0, 2, 2, 0],
    prompt_length: 2,
  },
  {
    about: "min_tokens 3 behind two generated tokens: it may not",
    row: [1, 2, 0],
    chain: [{ stage: "min_tokens", min_tokens: 3, stop_token_ids: [1] }],
    history: [0, 0, 2, 2],
    prompt_length: 2,
  },
  {
    about: "top_p 0.5 of four equal tokens: two hold it, and the bound is met exactly",
    row: [0, 0, 0, 0],
    chain: [{ stage: "top_p", top_p: 0.5 }],
  },
  {
    about: "top_p 0.25 of four equal tokens: one holds it",
    row: [0, 0, 0, 0],
    chain: [{ stage: "top_p", top_p: 0.25 }],
  },
  { about: "top_p 0.75 of four equal tokens", row: [2, 2, 2, 2], chain: [{ stage: "top_p", top_p: 0.75 }] },
  { about: "top_p 0 keeps one token", row: [1, 3, 2], chain: [{ stage: "top_p", top_p: 0 }] },
  { about: "top_p 1 keeps all", row: [1, 3, -30], chain: [{ stage: "top_p", top_p: 1 }] },
  {
    about: "min_p 1 keeps all that equal the best",
    row: [2, 1, 2, 0],
    chain: [{ stage: "min_p", min_p: 1 }],
  },
  {
    about: "epsilon_cutoff 0.25 of four equal tokens: a token at the bound stays",
    row: [0, 0, 0, 0],
    chain: [{ stage: "epsilon_cutoff", epsilon_cutoff: 0.25 }],
  },
  { about: "top_k above the length of the row", row: [1, 0], chain: [{ stage: "top_k", top_k: 50 }] },
  {
    about: "top_k 2 of three equal tokens, ties cut: the lowest ids stay",
    row: [1, 1, 1],
    chain: [{ stage: "top_k", top_k: 2 }],
  },
  {
    about: "top_k 2 of three equal tokens, ties kept",
    row: [1, 1, 1],
    chain: [{ stage: "top_k", top_k: 2, ties: "keep" }],
  },
  { about: "top_k 2, the tie just below the cut", row: [3, 2, 2, 1], chain: [{ stage: "top_k", top_k: 2 }] },
  {
    about: "an id past the row in the history counts for nothing",
    row: [1, 2, 3],
    chain: [{ stage: "presence_penalty", presence_penalty: 1 }],
    history: [2, 1_000_000, 2, 7],
    prompt_length: 0,
  },
  {
    about: "a repetition penalty multiplies negative scores, and leaves 0 as it is",
    row: [-1, 0, 1],
    chain: [{ stage: "repetition_penalty", repetition_penalty: 2 }],
    history: [0, 1, 2],
    prompt_length: 0,
  },
  {
    about: "a bias of -inf bans whatever is added later",
    row: [5, 1, 0],
    chain: [
      { stage: "logit_bias", logit_bias: { "0": "-inf" } },
      { stage: "presence_penalty", presence_penalty: -50 },
    ],
    history: [0],
    prompt_length: 0,
  },
];

function hardLines(): Line[] {
  const all: Hard[] = [
    ...EXACT,
    ...ROWS.flatMap((row) =>
      FIVE.map(({ chain, about }) => ({ ...row, chain, about: `${about} on ${row.about}` })),
    ),
  ];
  return all.flatMap(({ about, field, ...question }, i) => {
    const id = `hard-${String(i + 1).padStart(3, "0")}`;
    const rule = String(question.chain[0]?.["stage"]);
    const line = distributionLine(
      {
        ...question,
        section: "hard rows",
        id,
        rule,
        about,
        why: "the definition of the stage, docs/samplers.md",
      },
      0,
    );
    if (line === undefined || (line["probabilities"] as readonly number[]).length > KEPT_MAX) return [];
    return [field === undefined ? line : { ...line, row: field }];
  });
}

/** The suite leaves out longer answers, because they would be most of its bytes. */
const KEPT_MAX = 320;

export const greedy: Section = {
  name: "greedy",
  about: "The most likely token of what the stages before it leave.",
  files: () => ({ greedy: greedyLines() }),
};

export const hard: Section = {
  name: "hard rows",
  about: "Bounds that are met exactly, ties at a cut, 151,936 tokens, logits of 1e15, float16's largest.",
  files: () => ({ "hard-rows": hardLines() }),
};
