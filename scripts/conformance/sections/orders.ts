/** The same options in two orders that give different results; and whole chains in the orders of hosts. */

import type { Line, Section } from "../../../evidence/conformance/vector.ts";
import { written } from "../../../evidence/conformance/written.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { PRESETS } from "../../../src/sampling/presets/index.ts";
import { type Answer, answerOf, isSame, MARGIN, type Question, stepOf } from "../definition.ts";
import { distributionLine } from "../distribution.ts";
import { randomRow, randomSequence } from "../rows.ts";

type Entry = Readonly<Record<string, unknown>> & { readonly stage: string };

const entry = (stage: string, ...values: readonly unknown[]): readonly Entry[] =>
  values.map((value) => ({ stage, [stage]: value }));

/** Pairs of stages to run in both orders, with values for which the order matters on some row. */
const ENTRIES: readonly (readonly Entry[])[] = [
  entry("temperature", 0.5, 2),
  entry("top_k", 2, 3),
  entry("top_p", 0.6, 0.8),
  entry("min_p", 0.1, 0.3),
  entry("typical_p", 0.5, 0.8),
  entry("top_n_sigma", 1, 0.6),
  entry("epsilon_cutoff", 0.1, 0.2),
  entry("repetition_penalty", 1.3, 2),
  entry("presence_penalty", 1, 1.5),
  entry("frequency_penalty", 0.5, 1),
  entry("logit_bias", { "0": 1.5, "2": -2 }, { "1": 3 }),
  [{ stage: "smoothing", smoothing_factor: 0.3 }],
  [{ stage: "xtc", xtc_probability: 1, xtc_threshold: 0.15 }],
];

const ROWS_A_PAIR = 2;
const TRIES = 80;

function pairs(): Line[] {
  const lines: Line[] = [];
  for (const [i, first] of ENTRIES.entries())
    for (const [j, second] of ENTRIES.entries()) {
      if (j <= i) continue;
      let found = 0;
      for (let attempt = 0; attempt < TRIES && found < ROWS_A_PAIR; attempt++) {
        const random = seeded(282, (i * 100 + j) * TRIES + attempt);
        const [a, b] = [random.pick(first), random.pick(second)];
        const row = randomRow(random);
        const sequence = [a, b].some(({ stage }) => stage.endsWith("penalty"))
          ? randomSequence(random, row.length)
          : {};
        const questions = [
          { chain: [a, b], row, ...sequence },
          { chain: [b, a], row, ...sequence },
        ];
        if (!differ(questions)) continue;
        const both = questions.map((question, at) => lineOf(question, "orders", lines.length + at));
        if (both.some((line) => line === undefined)) continue;
        lines.push(...(both as Line[]));
        found++;
      }
    }
  return lines;
}

function lineOf(question: Question, section: string, place: number): Line | undefined {
  const names = question.chain.map(({ stage }) => stage);
  return distributionLine(
    {
      ...question,
      section,
      id: `order-${String(place + 1).padStart(3, "0")}`,
      rule: names.join(" → "),
      about: `${names.join(", then ")}: the other order gives something else`,
      why: "each stage works on what the one before it left, docs/samplers.md",
    },
    MARGIN,
  );
}

/** The results differ by more than rounding, so the order is visible. */
function differ(questions: readonly Question[]): boolean {
  const [one, other] = questions.map((question) => answerOf(stepOf(question), question.row)) as [
    Answer,
    Answer,
  ]; // two
  return !isSame(one, other);
}

/** Options for every host; a host gets those that it supports. */
const ASKED: readonly Readonly<Record<string, unknown>>[] = [
  { temperature: 0.7, top_k: 4, top_p: 0.9 },
  { temperature: 1.5, top_p: 0.8, min_p: 0.1 },
  { temperature: 0.6, top_k: 5, top_p: 0.85, repetition_penalty: 1.3 },
  { temperature: 1.8, top_k: 6, min_p: 0.15, presence_penalty: 0.8, frequency_penalty: 0.3 },
  { temperature: 0.9, top_p: 0.7, logit_bias: { "1": 1.5, "3": -2 } },
];
const ROWS_A_HOST = 1;

function hostOrders(): Line[] {
  const lines: Line[] = [];
  for (const [at, { name, order, source }] of PRESETS.entries())
    for (const [which, options] of ASKED.entries()) {
      const names = order.map((place) => (typeof place === "string" ? place : place.stage));
      const own = Object.fromEntries(Object.entries(options).filter(([option]) => names.includes(option)));
      const { chain } = parseStepOptions({ preset: name, ...own, seed: 0 });
      let found = 0;
      for (let attempt = 0; attempt < TRIES && found < ROWS_A_HOST; attempt++) {
        const random = seeded(283, (at * 100 + which) * TRIES + attempt);
        const row = randomRow(random);
        const question = { chain: chain.map(written), row, ...randomSequence(random, row.length) };
        const id = `host-order-${String(lines.length + 1).padStart(3, "0")}`;
        const about = `${Object.keys(own).join(", ")} in the order of ${name}`;
        const why = `${source.title}, ${source.url}`;
        const line = distributionLine({ ...question, section: "orders", id, rule: name, about, why }, MARGIN);
        if (line === undefined || answerOf(stepOf(question), row).kept.length < 2) continue;
        lines.push(line);
        found++;
      }
    }
  return lines;
}

export const orders: Section = {
  name: "orders",
  about: "The same options in another order give something else: pairs of stages, and the orders of hosts.",
  files: () => ({ orders: pairs(), "orders-of-hosts": hostOrders() }),
};
