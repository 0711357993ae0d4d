/**
 * Random drafts under random chains, verified at once and drawn step by step. `strict` must give the same bytes. Every
 * stage is in many of the chains, also those that carry state or read the history.
 */
import { randomRow } from "../../evidence/rows.ts";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../src/sampling/report/report.ts";
import type { LogitsRow } from "../../src/sampling/rows.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { parseVerifyOptions } from "../../src/sampling/verify/options.ts";
import { verifyDraft } from "../../src/sampling/verify/verify.ts";

type Options = Readonly<Record<string, unknown>>;

const DRAFTED_MAX = 5;
/** rows up to 256 tokens take another code path than longer ones */
const VOCABULARIES = [40, 300, 700];
const LOOK_BACK = STAGES.filter(({ looksBack, state }) => looksBack === true || state !== undefined);

const sampler = createSampler({ vocab_size_max: 1024, rows_max: DRAFTED_MAX + 1 });
const rows: readonly Row[] = Array.from({ length: DRAFTED_MAX + 1 }, () => {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("as many rows as the sampler has");
  return row;
});

/** The results of many drafts. */
export interface Compared {
  /** one line for each draft whose reply differs from the steps */
  readonly differences: readonly string[];
  /** positions that were accepted, and drafts that were refused for the reason for which a step of them is refused */
  readonly positions: number;
  readonly refused: number;
}

export function compareWithSteps(drafts: number, seed: number): Compared {
  const differences: string[] = [];
  let positions = 0;
  let refused = 0;
  for (let index = 0; index < drafts; index++) {
    const { difference, taken } = compare(seeded(seed, index), index);
    if (difference !== undefined) differences.push(difference);
    positions += taken;
    if (taken === 0) refused += 1;
  }
  return { differences, positions, refused };
}

interface Draft {
  readonly difference: string | undefined;
  readonly taken: number;
}

function compare(random: Seeded, index: number): Draft {
  const vocabulary = random.pick(VOCABULARIES);
  const drafted = random.below(DRAFTED_MAX + 1);
  const options = randomOptions(random, vocabulary);
  const target = Array.from({ length: drafted + 1 }, (_, i) => randomTarget(random, i, vocabulary));
  const own = target.map(() => (random.oneIn(4) ? randomMask(random, vocabulary, options) : undefined));
  const [draft_token_ids, expected] = stepByStep(random, options, target, own, vocabulary);
  let taken = 0;
  const got = textOf(() => {
    const parsed = parseVerifyOptions({ ...options, draft_token_ids });
    const { positions } = verifyDraft(sampler, { target, draft: [], own }, parsed);
    taken = positions.length;
    return positions;
  });
  if (got === expected) return { difference: undefined, taken };
  const difference = `draft ${index}: ${JSON.stringify({ ...options, draft_token_ids })} gave ${got}, not ${expected}`;
  return { difference, taken };
}

/** The tokens of single steps, up to the first that differs from the draft; drafts often repeat those tokens. */
function stepByStep(
  random: Seeded,
  options: Options,
  target: readonly LogitsRow[],
  own: readonly (Options | undefined)[],
  vocabulary: number,
): readonly [draft: number[], text: string] {
  const draft: number[] = [];
  let history = options["history"] as readonly number[];
  let state: unknown = null;
  let goes_on = true;
  const text = textOf(() =>
    target.flatMap((row, i): Sampled[] => {
      const drafted = i < target.length - 1;
      if (!goes_on) {
        if (drafted) draft.push(random.below(vocabulary));
        return [];
      }
      const call = { ...options, ...own[i], history, step: (options["step"] as number) + i, state };
      let sampled: Sampled;
      try {
        sampled = sampler.sample(row, parseStepOptions(JSON.parse(JSON.stringify(call))));
      } catch (error) {
        for (let left = i; left < target.length - 1; left++) draft.push(random.below(vocabulary));
        throw error;
      }
      if (drafted) draft.push(random.oneIn(5) ? random.below(vocabulary) : sampled.token_id);
      goes_on = draft[i] === sampled.token_id;
      history = [...history, sampled.token_id];
      state = sampled.state;
      return [sampled];
    }),
  );
  return [draft, text];
}

/** The JSON of the result, or the problem; a problem of a row is given without its position. */
function textOf(make: () => readonly Sampled[]): string {
  try {
    return JSON.stringify(make());
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function randomTarget(random: Seeded, index: number, vocabulary: number): LogitsRow {
  const values = randomRow(vocabulary, random.below(2 ** 30));
  if (random.oneIn(5)) {
    const token_ids = Int32Array.from(values.keys()).filter((id) => id % 3 !== 0);
    const sent = Float64Array.from(token_ids, (id) => values[id]!);
    return { token_ids, values: sent, vocab_size: vocabulary, max_omitted: 1 };
  }
  const row = rows[index]!;
  row.load(values);
  row.finish();
  return row;
}

function randomOptions(random: Seeded, vocabulary: number): Options {
  const stages = [
    random.pick(LOOK_BACK),
    ...Array.from({ length: random.below(3) }, () => random.pick(STAGES)),
  ];
  const history = Array.from({ length: random.below(40) }, () => random.below(vocabulary));
  return {
    chain: [...new Set(stages)].map(({ name, example }) => ({ stage: name, ...example })),
    history,
    prompt_length: random.below(history.length + 1),
    seed: random.below(1000),
    step: random.below(50),
    ...(random.oneIn(2) && { top_logprobs: 3 }),
    ...(random.oneIn(4) && { trace: true }),
    ...(random.oneIn(4) && { uncertainty: true }),
    ...(random.oneIn(8) && { kept_token_ids: true }),
  };
}

/** A separate mask for one position, as a grammar has one for each position along a draft. */
function randomMask(random: Seeded, vocabulary: number, { chain }: Options): Options {
  const allowed_token_ids = Array.from({ length: vocabulary }, (_, id) => id).filter(() => random.oneIn(2));
  return { chain: [{ stage: "allowed_token_ids", allowed_token_ids }, ...(chain as readonly Options[])] };
}
