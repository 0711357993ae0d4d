/** The distributions of the rules that draw, over every text of a small world. */
import { Searcher } from "../../evidence/beam-search.ts";
import { goodnessOfFit, upperTail } from "../statistics/chi-square.ts";
import { SMALL, type Text, textsOf } from "./world.ts";

export const COMMON = { end_token_ids: [0], max_tokens: 3 };
export const TEXTS = textsOf(SMALL, 0, COMMON.max_tokens);
const PROBABILITIES = TEXTS.map(({ p }) => p);

/** A chain, the texts that it leaves possible, and their probabilities. */
interface Chained {
  readonly row: Readonly<Record<string, unknown>>;
  readonly law: readonly number[];
  readonly index: ReadonlyMap<string, number>;
}

function chained(row: Chained["row"], texts: readonly Text[]): Chained {
  const index = new Map(texts.map(({ token_ids }, i) => [String(token_ids), i]));
  return { row, law: texts.map(({ p }) => p), index };
}

const PLAIN = chained({}, TEXTS);
const WARP = { temperature: 1.7, top_k: 3 };
/** The chain divides first and keeps three tokens then. */
const WARPED = chained(WARP, textsOf(SMALL, 0, COMMON.max_tokens, WARP));

/** The texts of many searches; each search is made from its index. Throws for a text that cannot occur. */
function* drawn(
  beam: object,
  searches: number,
  { row, index: places }: Chained = PLAIN,
): Generator<number[]> {
  const searcher = new Searcher();
  for (let seed = 1; seed <= searches; seed++) {
    const { sequences } = searcher.search(SMALL, beam, row, seed);
    yield sequences.map(({ token_ids }) => {
      const index = places.get(String(token_ids));
      if (index === undefined) throw new Error(`a text that cannot be: ${token_ids.join(" ")}`);
      return index;
    });
  }
}

function fitOf(counts: readonly number[], law: readonly number[]): number {
  return goodnessOfFit(counts, law).p_chi;
}

function pairsOf(law: readonly number[], pairs: Iterable<readonly number[]>): number {
  const counts = new Map<string, number>();
  for (const pair of pairs) {
    if (pair[0] === pair[1]) throw new Error(`a text that came twice: ${pair[0]}`);
    counts.set(String(pair), (counts.get(String(pair)) ?? 0) + 1);
  }
  const all = law.flatMap((pa, a) =>
    law.flatMap((pb, b) => (a === b ? [] : [{ key: `${a},${b}`, p: (pa * pb) / (1 - pa) }])),
  );
  return fitOf(
    all.map(({ key }) => counts.get(key) ?? 0),
    all.map(({ p }) => p),
  );
}

/** The p-value of each distribution, from this number of searches. */
export const LAWS: Readonly<Record<string, (searches: number) => number>> = {
  "arithmetic: a beam draws from the model's law": (searches) => {
    const counts = PROBABILITIES.map(() => 0);
    for (const [index = 0] of drawn({ rule: "arithmetic", num_beams: 1, ...COMMON }, searches))
      counts[index] = (counts[index] ?? 0) + 1;
    return fitOf(counts, PROBABILITIES);
  },
  "arithmetic: so does the last of four": (searches) => {
    const counts = PROBABILITIES.map(() => 0);
    for (const indices of drawn({ rule: "arithmetic", num_beams: 4, ...COMMON }, searches)) {
      // The texts of one search depend on each other, so only one of them is counted, at a position that changes from
      // search to search.
      const index = indices[counts.reduce((a, b) => a + b) % indices.length] ?? 0;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    return fitOf(counts, PROBABILITIES);
  },
  "stochastic: the first text is a draw": (searches) => {
    const counts = PROBABILITIES.map(() => 0);
    for (const [index = 0] of drawn({ rule: "stochastic", num_beams: 2, ...COMMON }, searches))
      counts[index] = (counts[index] ?? 0) + 1;
    return fitOf(counts, PROBABILITIES);
  },
  "arithmetic: with a temperature and top-k, a beam draws from the law of the chain": (searches) => {
    const counts = WARPED.law.map(() => 0);
    const beam = { rule: "arithmetic", num_beams: 1, ...COMMON };
    for (const [index = 0] of drawn(beam, searches, WARPED)) counts[index] = (counts[index] ?? 0) + 1;
    return fitOf(counts, WARPED.law);
  },
  "stochastic: pairs are draws without replacement": (searches) =>
    pairsOf(PROBABILITIES, drawn({ rule: "stochastic", num_beams: 2, ...COMMON }, searches)),
  "stochastic: with a temperature and top-k, too": (searches) =>
    pairsOf(WARPED.law, drawn({ rule: "stochastic", num_beams: 2, ...COMMON }, searches, WARPED)),
  "stochastic: means by inclusion probabilities are the model's": (searches) => {
    const searcher = new Searcher();
    let total = 0;
    let squares = 0;
    for (let seed = 1; seed <= searches; seed++) {
      const beam = { rule: "stochastic", num_beams: 3, ...COMMON };
      const { sequences, last } = searcher.search(SMALL, beam, {}, seed);
      const { inclusion } = last as unknown as { readonly inclusion: readonly number[] };
      const estimate = sequences.reduce(
        (sum, { token_ids, chain_logprob }, i) =>
          sum +
          (token_ids.length * Math.exp(chain_logprob ?? Number.NEGATIVE_INFINITY)) / (inclusion[i] ?? 0),
        0,
      );
      total += estimate;
      squares += estimate * estimate;
    }
    const mean = TEXTS.reduce((sum, { token_ids, p }) => sum + token_ids.length * p, 0);
    const variance = (squares / searches - (total / searches) ** 2) / searches;
    return upperTail(1, (total / searches - mean) ** 2 / variance);
  },
};
