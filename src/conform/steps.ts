/** The questions that a step or a verification of this sampler answers, in this package or over HTTP. */
import type { Sampled } from "../sampling/report/report.ts";
import { VERIFY_METHODS } from "../sampling/verify/index.ts";
import type { Verified } from "../sampling/verify/verify.ts";
import { type Answer, rowOf, type Vector } from "./vectors.ts";

export type Fields = Readonly<Record<string, unknown>>;
type Rows = readonly (readonly number[])[];

export interface StepTaker {
  /** maximum number of tokens whose log-probabilities a reply contains */
  readonly told_max: number;
  sample(rows: Rows, options: Fields): Promise<Sampled>;
  verify(rows: Rows, options: Fields): Promise<Verified>;
}

/** The function for each task; undefined for tasks that a step cannot answer. */
export type Tasks = Readonly<Record<string, (vector: Vector) => Promise<Answer | undefined>>>;

export function stepTasks(taker: StepTaker): Tasks {
  const sampled = (rows: Rows, options: Fields) => taker.sample(rows, { seed: 1, ...options });
  const distribution = (rows: Rows, options: Fields) => distributionOf(taker, rows, options);
  return {
    distribution: (vector) => distribution([rowOf(vector["row"])], stepFields(vector)),
    combine: ({ rows, combine }) => distribution((rows as unknown[]).map(rowOf), { combine, chain: [] }),
    logprobs: async ({ row, logprobs_mode, ...vector }) => {
      const logits = rowOf(row);
      if (logits.length > taker.told_max) return undefined;
      const logprob_token_ids = [...logits.keys()];
      const options = { ...stepFields(vector as Vector), logprobs: true, logprobs_mode, logprob_token_ids };
      const { named_logprobs = [] } = await sampled([logits], options);
      return { logprobs: named_logprobs.map(({ logprob }) => logprob) };
    },
    ranks: async ({ row, token_ids, rank_ties, rule }) => {
      const ids = token_ids as readonly number[]; // as the suite writes it
      const ties = rank_ties ?? String(rule).split(" ")[1];
      const ranks: (number | undefined)[] = [];
      for (const id of ids) {
        const chain = [{ stage: "forced_token_ids", forced_token_ids: { "0": id } }];
        const { rank } = await sampled([rowOf(row)], { chain, logprobs: true, rank_ties: ties });
        ranks.push(rank);
      }
      return { ranks };
    },
    verify: ({ draft, p, q, method, seed }) => verified(taker, draft, p as Rows, q as Rows, { method, seed }),
    stop: async ({ stop, prompt, generated }) => {
      const ids = generated as readonly number[]; // as the suite writes it
      const last = ids.at(-1) as number; // one was drawn
      const history = [...(prompt as readonly number[]), ...ids.slice(0, -1)];
      const prompt_length = (prompt as readonly number[]).length;
      const row = Array.from({ length: 1 + Math.max(last, ...history) }, (_, id) =>
        id === last ? 0 : Number.NEGATIVE_INFINITY,
      );
      const { finish_reason = null } = await sampled([row], { stop, history, prompt_length });
      return { finish_reason };
    },
  };
}

function stepFields({ chain, history, prompt_length, state }: Vector): Fields {
  const given = Object.entries({ chain, history, prompt_length, state }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

/** undefined when more tokens are kept than a reply can list. */
async function distributionOf(taker: StepTaker, rows: Rows, options: Fields): Promise<Answer | undefined> {
  const top_logprobs = Math.min(taker.told_max, rows[0]?.length ?? 1);
  const asked = { seed: 1, ...options, top_logprobs, logprobs_mode: "processed" };
  const { top_logprobs: told = [], kept } = await taker.sample(rows, asked);
  if (kept > top_logprobs) return undefined;
  const left = told.filter(({ logprob }) => logprob !== null).sort((a, b) => a.token_id - b.token_id);
  return {
    kept: left.map(({ token_id }) => token_id),
    probabilities: left.map(({ logprob }) => Math.exp(logprob ?? Number.NEGATIVE_INFINITY)),
  };
}

async function verified(
  taker: StepTaker,
  draft_token_ids: unknown,
  p: Rows,
  q: Rows,
  options: Fields,
): Promise<Answer> {
  const reads = VERIFY_METHODS.some(({ name, readsDraft }) => readsDraft && name === options["method"]);
  const laws = [...p, ...(reads ? q : [])].map((law, place) => (place < p.length ? law.map(Math.log) : law));
  const told = reads ? { draft_rows: "probabilities" } : {};
  const { accepted, token_ids } = await taker.verify(laws, {
    draft_token_ids,
    chain: [],
    ...options,
    ...told,
  });
  return { accepted, token_id: token_ids[accepted] };
}
