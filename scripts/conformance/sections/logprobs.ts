/**
 * Reported log-probabilities, before and after the sampler's own work; ranks with ties; the greedy choice; draws by
 * inverse CDF.
 */

import { type Line, rowField, type Section, short } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { answerOf, MARGIN, type Question, stepOf } from "../definition.ts";
import { HAND, randomRow, randomSequence } from "../rows.ts";

const CHAIN = [
  { stage: "repetition_penalty", repetition_penalty: 1.4 },
  { stage: "temperature", temperature: 0.6 },
  { stage: "top_k", top_k: 5 },
  { stage: "top_p", top_p: 0.9 },
];
const AT = CHAIN.findIndex(({ stage }) => stage === "temperature");

const MODES = [
  { mode: "raw", chain: [], about: "of the logits as they came" },
  {
    mode: "before_temperature",
    chain: CHAIN.slice(0, AT),
    about: "behind the penalties, before the temperature",
  },
  {
    mode: "behind_temperature",
    chain: CHAIN.slice(0, AT + 1),
    about: "at the temperature, before tokens are removed",
  },
  { mode: "processed", chain: CHAIN, about: "of the probabilities that are drawn from" },
] as const;

const WHY = "logprobs_mode of vLLM: raw_logprobs, processed_logprobs; docs/api.md, logprobs_mode";

/** ln p of every token of a row; −Infinity for one that is removed or masked. */
function logprobsOf(question: Question): { readonly logprobs: readonly number[]; readonly margin: number } {
  const { kept, probabilities, margin } = answerOf(stepOf(question), question.row);
  const logprobs = question.row.map((_, id) => {
    const place = kept.indexOf(id);
    return place < 0 ? Number.NEGATIVE_INFINITY : Math.log(probabilities[place] as number); // place is one of them
  });
  return { logprobs, margin };
}

function modes(): Line[] {
  const lines: Line[] = [];
  for (let i = 0; lines.length < 160; i++) {
    const random = seeded(284, i);
    const row = i < HAND.length ? [...(HAND[i]?.row ?? [])] : randomRow(random);
    const sequence = randomSequence(random, row.length);
    const told = MODES.map(({ chain }) => logprobsOf({ chain, row, ...sequence }));
    if (i >= HAND.length && told.some(({ margin }) => margin < MARGIN)) continue;
    if (new Set(told.map(({ logprobs }) => logprobs.join())).size < MODES.length && i >= HAND.length)
      continue;
    for (const [at, { mode, about }] of MODES.entries()) {
      const own = told[at]?.logprobs ?? [];
      lines.push({
        id: `logprobs-${String(lines.length + 1).padStart(3, "0")}`,
        section: "logprobs",
        task: "logprobs",
        rule: `logprobs_mode ${mode}`,
        about: `ln p ${about}`,
        chain: CHAIN,
        row: rowField(row),
        ...sequence,
        logprobs_mode: mode,
        logprobs: rowField(own),
        tolerance: 1e-4,
        otherwise: MODES.flatMap((other, j) =>
          j === at || told[j]?.logprobs.join() === own.join()
            ? []
            : [
                {
                  as: [`as if logprobs_mode were ${other.mode}`],
                  logprobs: rowField(told[j]?.logprobs ?? []).map((x) => (x === null ? x : short(x))),
                },
              ],
        ),
        why: WHY,
      });
    }
  }
  return lines;
}

function ranks(): Line[] {
  const lines: Line[] = [];
  for (let i = 0; i < 30; i++) {
    const random = seeded(285, i);
    const row = i < HAND.length ? [...(HAND[i]?.row ?? [])] : randomRow(random);
    const ids = [...row.keys()].filter((id) => Number.isFinite(row[id]));
    const by_id = ids.map(
      (id) => 1 + row.filter((x, other) => x > (row[id] as number) || (x === row[id] && other < id)).length,
    );
    const counted = ids.map((id) => row.filter((x) => x >= (row[id] as number)).length);
    for (const [rank_ties, own, other] of [
      ["by_id", by_id, counted],
      ["counted", counted, by_id],
    ] as const)
      lines.push({
        id: `ranks-${String(lines.length + 1).padStart(3, "0")}`,
        section: "logprobs",
        task: "ranks",
        rule: `rank_ties ${rank_ties}`,
        about:
          rank_ties === "by_id"
            ? "equal logits rank by lower id"
            : "a rank counts every token that is at least as likely (vLLM)",
        row: rowField(row),
        token_ids: ids,
        ranks: own,
        otherwise:
          own.join() === other.join()
            ? []
            : [{ as: [`as if rank_ties were ${rank_ties === "by_id" ? "counted" : "by_id"}`], ranks: other }],
        why: "vllm/v1/sample/sampler.py, batched_count_greater_than; docs/api.md, rank_ties",
      });
  }
  return lines;
}

/** In order of ids, the token at which the running sum of probabilities exceeds u. */
function drawn(kept: readonly number[], probabilities: readonly number[], u: number) {
  let sum = 0;
  let margin = 1;
  for (const [i, id] of kept.entries()) {
    sum += probabilities[i] as number; // as many
    margin = Math.min(margin, Math.abs(sum - u));
    if (sum > u) return { id, margin };
  }
  return { id: kept.at(-1) as number, margin }; // one is kept
}

function draws(): Line[] {
  const lines: Line[] = [];
  for (let i = 0; lines.length < 200; i++) {
    const random = seeded(286, i);
    const row = i < 3 * HAND.length ? [...(HAND[i % HAND.length]?.row ?? [])] : randomRow(random);
    const chain =
      i % 2 === 0
        ? []
        : [
            { stage: "temperature", temperature: random.pick([0.7, 1.3]) },
            { stage: "top_k", top_k: 4 },
          ];
    const u = Math.round(random.unit() * 9999) / 10_000;
    const { kept, probabilities, margin } = answerOf(stepOf({ chain, row }), row);
    const { id, margin: of_u } = drawn(kept, probabilities, u);
    if (margin < MARGIN || of_u < MARGIN) continue;
    const places = [...kept.keys()].sort(
      (a, b) => (probabilities[b] as number) - (probabilities[a] as number) || a - b,
    );
    const ranked = drawn(
      places.map((at) => kept[at] as number),
      places.map((at) => probabilities[at] as number),
      u,
    ).id;
    const reversed = drawn(kept, probabilities, 1 - u).id;
    const others = [
      { as: ["as if tokens stood in the order of their probabilities"], token_id: ranked },
      { as: ["as if u were 1 - u"], token_id: reversed },
    ];
    lines.push({
      id: `draw-${String(lines.length + 1).padStart(3, "0")}`,
      section: "draws",
      task: "draw",
      rule: "inverse_cdf",
      about: `the token at u = ${u}, in the order of ids`,
      chain,
      row: rowField(row),
      u,
      token_id: id,
      otherwise: others.filter(({ token_id }) => token_id !== id),
      why: "inversion: the first token at which the sum of probabilities exceeds u (Devroye, Non-Uniform Random Variate Generation, III.2)",
    });
  }
  return lines;
}

export const logprobs: Section = {
  name: "logprobs",
  about: "Log-probabilities and ranks that are reported: of which scores, and where tokens tie.",
  files: () => ({ logprobs: modes(), ranks: ranks() }),
};

export const drawSection: Section = {
  name: "draws",
  about: "The token for a given uniform number: no random generator is needed.",
  files: () => ({ draws: draws() }),
};
