/** Random searches of each rule, and the comparison of a host's answer with ours. */
import type { FoundSequence, Searcher, World } from "../../evidence/beam-search.ts";
import type { Seeded } from "../../evidence/seeded.ts";

export interface Asked {
  readonly world: World;
  readonly beam: Readonly<Record<string, unknown>>;
  /** the options of each row's chain, in the host's names */
  readonly row: Readonly<Record<string, unknown>>;
}

/** Sequences, best first, as [token ids, score]; the score is null when the host reports none. */
export type Answer = readonly (readonly [readonly number[], number | null])[];

function worldOf(random: Seeded): World {
  const vocab_size = random.pick([16, 24, 40, 64]);
  return {
    seed: random.below(2 ** 31),
    vocab_size,
    prompt: Array.from({ length: 1 + random.below(4) }, () => random.below(vocab_size)),
    spread: random.pick([1, 3, 6]),
  };
}

/** `vocab_size` is at least (ends + 1) · num_beams, as hosts require, because their first step has one row. */
function common(random: Seeded, { vocab_size }: World, ends_max: number) {
  const ends = random.below(ends_max + 1);
  const beams_max = Math.min(8, Math.floor(vocab_size / Math.max(2, ends + 1)));
  const end_token_ids = Array.from({ length: ends }, (_, i) => 3 * i + random.below(3));
  return { num_beams: 2 + random.below(beams_max - 1), end_token_ids, max_tokens: 1 + random.below(10) };
}

const PENALTIES = [0, 1, 0.6, 2, -0.5];

/** A random search for each rule that a host has. */
export const ASKED: Readonly<Record<string, (random: Seeded) => Asked>> = {
  transformers(random) {
    const world = worldOf(random);
    const penalties = random.oneIn(3)
      ? { no_repeat_ngram_size: 2 + random.below(2), repetition_penalty: random.pick([0.8, 1.2, 1.7]) }
      : {};
    const own = {
      length_penalty: random.pick(PENALTIES),
      early_stopping: random.pick([true, false, "never"]),
    };
    const beam = { rule: "transformers", ...common(random, world, 3), ...own };
    const temperature = random.oneIn(3) ? { temperature: random.pick([0.5, 0.7, 1.3, 2]) } : {};
    return { world, beam, row: { ...penalties, ...temperature } };
  },
  vllm(random) {
    const world = worldOf(random);
    const beam = { rule: "vllm", ...common(random, world, 3), length_penalty: random.pick(PENALTIES) };
    return { world, beam, row: {} };
  },
  tensorrt_llm(random) {
    const world = worldOf(random);
    const own = {
      length_penalty: random.pick(PENALTIES),
      early_stopping: random.below(3),
      beam_search_diversity_rate: random.pick([0, 0, 0.1, 0.5]),
    };
    const { end_token_ids, ...rest } = common(random, world, 1);
    const ends = end_token_ids.length === 0 ? [1] : end_token_ids;
    return { world, beam: { rule: "tensorrt_llm", ...rest, end_token_ids: ends, ...own }, row: {} };
  },
  onnxruntime_genai(random) {
    const world = worldOf(random);
    const { end_token_ids, ...rest } = common(random, world, 3);
    const own = { length_penalty: random.pick(PENALTIES), early_stopping: random.pick([true, false]) };
    // The host needs an end token.
    const ends = end_token_ids.length === 0 ? [1] : end_token_ids;
    const beam = { ...rest, end_token_ids: ends, ...own, prompt_tokens: world.prompt.length };
    return { world, beam: { rule: "onnxruntime_genai", ...beam }, row: {} };
  },
  llama_cpp(random) {
    const world = worldOf(random);
    return { world, beam: { rule: "llama_cpp", ...common(random, world, 1) }, row: {} };
  },
};

/**
 * The chain that corresponds to a host's options: transformers penalises log-probabilities, not logits, bans
 * afterwards, and divides last.
 */
export function ownRow(row: Asked["row"]): Readonly<Record<string, unknown>> {
  const { repetition_penalty, no_repeat_ngram_size, temperature } = row;
  const chain = [
    ...(repetition_penalty === undefined
      ? []
      : [{ stage: "repetition_penalty", repetition_penalty, repetition_penalty_normalize: true }]),
    ...(no_repeat_ngram_size === undefined ? [] : [{ stage: "no_repeat_ngram_size", no_repeat_ngram_size }]),
    ...(temperature === undefined ? [] : [{ stage: "temperature", temperature }]),
  ];
  return chain.length === 0 ? {} : { chain };
}

/** The error of float32 sums of a few tens of numbers. */
const TOLERANCE = 4e-6;

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b)) * 4;
}

export type Verdict = "same" | "tie" | "other";

/** Equal sequences and scores; or equal scores with tied sequences; or a difference. */
export function verdictOf(ours: readonly FoundSequence[], theirs: Answer): Verdict {
  if (ours.length !== theirs.length) return "other";
  const isSame = ({ token_ids }: FoundSequence, i: number) => String(token_ids) === String(theirs[i]?.[0]);
  // When the host reports no score, a sequence at another rank gets the score of our search.
  const scoreOf = (i: number) => ours.find((each) => isSame(each, i))?.score ?? Number.NaN;
  const scores = ours.every((each, i) => {
    const told = theirs[i]?.[1] ?? undefined;
    return told === undefined && isSame(each, i) ? true : near(each.score, told ?? scoreOf(i));
  });
  if (!scores) return "other";
  return ours.every(isSame) ? "same" : "tie";
}

/** The sequences in the host's form: onnxruntime-genai leaves the end token out. */
export function asTold(name: string, { beam }: Asked, sequences: readonly FoundSequence[]): FoundSequence[] {
  const ends = beam["end_token_ids"] as readonly number[]; // every search here has them
  return sequences.map((each) => {
    const is_ended = name === "onnxruntime_genai" && ends.includes(each.token_ids.at(-1) ?? -1);
    return is_ended ? { ...each, token_ids: each.token_ids.slice(0, -1) } : each;
  });
}

/**
 * Whether onnxruntime-genai leaves a beam of this search unwritten. With several end tokens, more than num_beams of the
 * best 2 · num_beams continuations may end; an assertion that is missing in its releases excludes this
 * (beam_search_scorer.cpp, Process). The beam then goes on with an older token, and the answer cannot be compared.
 */
export function leavesBeamUnwritten({ world, beam }: Asked, searcher: Searcher): boolean {
  // One more token, so that the host's last step is not the last of ours.
  const max_tokens = Number(beam["max_tokens"]);
  const { live, steps } = searcher.search(world, { ...beam, max_tokens: max_tokens + 1 });
  const going = live.slice(0, Math.min(max_tokens, steps - 1));
  return going.some((count) => count < Number(beam["num_beams"]));
}
