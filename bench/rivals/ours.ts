/**
 * Ours, as a JS user calls it: the library's entry, options checked once, one `sample` a step. "Copied" begins with a
 * Float32Array outside the sampler; "in place" begins with a row in the sampler's memory, where the service writes
 * arriving bytes and where a model can write its logits.
 */
import { createSampler, parseStepOptions, type Row, type Sampler } from "../../src/index.ts";
import { optionsOf, type Rules } from "./chains.ts";
import type { Kept, Rival, Runner } from "./rival.ts";

const SEED = { seed: 1 };

export interface Ours {
  readonly copied: Rival;
  readonly in_place: Rival;
  /** The rows in this sampler's memory. Every runner reads these, so all have the same cache conditions. */
  readonly rows: readonly Float32Array[];
}

export function createOurs(values: readonly Float32Array[]): Ours {
  const vocab_size = values[0]!.length;
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: values.length + 1 });
  const written = new Map(
    values.map((each) => {
      const row = load(leased(sampler), each);
      return [row.values, row];
    }),
  );
  const spare = leased(sampler);
  return {
    copied: rivalOf("ours, row copied", sampler, (row) => load(spare, row)),
    in_place: rivalOf("ours", sampler, (row) => rewrite(written.get(row)!)),
    rows: [...written.keys()],
  };
}

function leased(sampler: Sampler): Row {
  return sampler.leaseRow()!; // as many as were asked for
}

function load(row: Row, values: Float32Array): Row {
  row.load(values);
  row.finish();
  return row;
}

/** The values are in memory already; this is the work that remains when the last of them was written. */
function rewrite(row: Row): Row {
  const { length } = row;
  row.begin("f32");
  row.wrote(length);
  row.finish();
  return row;
}

function rivalOf(name: string, sampler: Sampler, rowOf: (values: Float32Array) => Row): Rival {
  return { name, prepare: (rules) => runnerOf(rules, sampler, rowOf) };
}

function runnerOf(rules: Rules, sampler: Sampler, rowOf: (values: Float32Array) => Row): Runner {
  const asked = { ...optionsOf(rules), ...SEED };
  const options = parseStepOptions(asked);
  let step = 0;
  return {
    rules,
    step: (values) => sampler.sample(rowOf(values), { ...options, step: step++ }).token_id,
    kept: (values) => keptOf(sampler, rowOf(values), asked),
  };
}

/** Maximum number of tokens whose log-probabilities a step may request. */
const NAMED_MAX = 1024;

/** All kept ids. Up to 1,024 of them, evenly spread, have probabilities; the others have NaN. */
function keptOf(sampler: Sampler, row: Row, asked: Readonly<Record<string, unknown>>): Kept {
  const token_ids = sampler.sample(row, parseStepOptions({ ...asked, kept_token_ids: true })).kept_token_ids!;
  const stride = Math.ceil(token_ids.length / NAMED_MAX);
  const named = token_ids.filter((_, i) => i % stride === 0);
  const processed = { logprob_token_ids: named, logprobs_mode: "processed" };
  const { named_logprobs } = sampler.sample(row, parseStepOptions({ ...asked, ...processed }));
  const probabilities = new Float64Array(token_ids.length).fill(Number.NaN);
  for (const [i, { logprob }] of named_logprobs!.entries())
    probabilities[i * stride] = Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
  const { top_logprobs } = sampler.sample(row, parseStepOptions(asked));
  const logprobs = top_logprobs?.map(({ token_id, logprob }) => [token_id, logprob!] as const);
  return { token_ids, probabilities, ...(logprobs && { logprobs }) };
}
