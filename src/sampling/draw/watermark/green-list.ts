/**
 * green_list: the key and the preceding tokens make some tokens green, and green tokens get a bonus before the draw.
 * With Philox each token is green independently; lefthash and selfhash shuffle the vocabulary like transformers.
 */
import * as z from "zod";
import { exp } from "../../../kernels/float64.ts";
import { GAIN_MAX } from "../../../kernels/kernel.ts";
import { binomialTail } from "../../../kernels/special.ts";
import { allAtOnce } from "../../../pieces.ts";
import type { Candidates } from "../../candidates/candidates.ts";
import type { Compact } from "../../candidates/compact/compact.ts";
import { drawPlace } from "../../candidates/compact/cumulative.ts";
import { finite, oneOf } from "../../options/fields.ts";
import { contextWidth, keyId, repeats } from "./fields.ts";
import type { KeyWords, WatermarkKey } from "./keys.ts";
import { isAmongFirst, randpermInPieces } from "./mt19937.ts";
import { noiseIn, uniformIn } from "./prf.ts";
import type { Detector, MarkedStep, WatermarkScheme } from "./scheme.ts";
import { keepTable, tableIfMade } from "./tables.ts";
import { requireVocabSize } from "./vocabulary.ts";

const options = z.strictObject({
  scheme: z.literal("green_list"),
  key: keyId(),
  gamma: finite({ min: 0, max: 1, openMin: true, openMax: true })
    .default(0.25)
    .describe("Share of the vocabulary that is green."),
  delta: finite({ min: 0, max: 100 }).default(2).describe("Bonus for the scores of green tokens."),
  seeding: oneOf(["philox", "lefthash", "selfhash"])
    .default("philox")
    .describe(
      "How the key makes tokens green: `philox`, each token independently; `lefthash`, the first γ of a shuffled vocabulary (transformers); `selfhash`, the same with the token's own id in the seed, for the 40 best.",
    ),
  context_width: contextWidth(4),
  ...repeats(),
});

type Options = z.infer<typeof options>;

/** The rules for green tokens, one object for each `seeding`. */
interface Seeding {
  /** number of preceding tokens that decide whether a token is green */
  width(context_width: number): number;
  readonly of_prompt: boolean;
  /** the evidence besides the token id; absent: the whole context; undefined: the value is the same under every key */
  seed?(context: Int32Array, token_id: number, key: WatermarkKey): number | undefined;
  /** P(a token is green) over random keys */
  share(asked: Pick<Asked, "gamma" | "vocab_size">): number;
  /** work: reads of every kept token, and reads of a shuffled vocabulary */
  readonly passes: number;
  /**
   * Orders the kept tokens by id, and returns 1 for green and 0 for other tokens; valid until the next call. Pauses when
   * it takes long.
   */
  green(listed: Compact, context: Int32Array, asked: Asked): Generator<undefined, Uint8Array>;
  isGreen(context: Int32Array, token_id: number, asked: Asked): boolean;
  tokenWork(asked: Pick<Asked, "gamma" | "vocab_size">): number;
}

interface Asked {
  readonly key: WatermarkKey;
  readonly words: KeyWords;
  readonly gamma: number;
  readonly vocab_size: number;
}

/** Which of the kept tokens are green; scratch of one step. */
let FLAGS = new Uint8Array(4096);

function flagsFor(count: number): Uint8Array {
  if (FLAGS.length < count) FLAGS = new Uint8Array(2 * count);
  return FLAGS;
}

const philox: Seeding = {
  width: (context_width) => context_width,
  of_prompt: false,
  share: ({ gamma }) => gamma,
  passes: 6,
  *green(listed, context, { words, gamma }) {
    yield;
    const { count } = listed.orderById();
    const uniforms = listed.uniforms(noiseIn(words, context));
    const flags = flagsFor(count);
    // No branch, because it would be mispredicted for every green token.
    for (let i = 0; i < count; i++) flags[i] = Number(uniforms[i]! < gamma);
    return flags;
  },
  isGreen: (context, token_id, { words, gamma }) => uniformIn(words, context, token_id) < gamma,
  tokenWork: () => 256,
};

/** transformers seeds with 64-bit numbers, of which torch's generator takes the lower half. */
const SEED_MODULUS = 2n ** 64n - 1n;

function seedOf(product: bigint): number {
  const seed = ((product % SEED_MODULUS) + SEED_MODULUS) % SEED_MODULUS;
  return Number(seed & 0xffffffffn);
}

function leftSeed(key: WatermarkKey, context: Int32Array): number {
  return seedOf(key.value * BigInt(context[context.length - 1]!));
}

/** The number of green tokens of the vocabulary. */
function greenCount({ gamma, vocab_size }: Pick<Asked, "gamma" | "vocab_size">): number {
  return Math.floor(vocab_size * gamma);
}

function shareOf(asked: Pick<Asked, "gamma" | "vocab_size">): number {
  return greenCount(asked) / asked.vocab_size;
}

const lefthash: Seeding = {
  width: (context_width) => context_width,
  of_prompt: true,
  // The seed uses the last token alone. For token id 0 it is 0 with every key.
  seed: (context) => context[context.length - 1]! || undefined,
  share: shareOf,
  passes: 16,
  *green(listed, context, asked) {
    const is_green = new Uint8Array(asked.vocab_size);
    const first = yield* randpermInPieces(leftSeed(asked.key, context), asked.vocab_size, greenCount(asked));
    for (let i = 0; i < first.length; i++) is_green[first[i]!] = 1;
    const { token_ids, count } = listed.orderById();
    const flags = flagsFor(count);
    for (let i = 0; i < count; i++) flags[i] = is_green[token_ids[i]!]!;
    return flags;
  },
  isGreen: (context, token_id, asked) =>
    isAmongFirst(leftSeed(asked.key, context), asked.vocab_size, greenCount(asked), token_id),
  tokenWork: (asked) => 4096 + 8 * greenCount(asked),
};

const TABLE_SIZE = 1_000_003;
/** From this number of tokens on, each test of a token is a separate piece. */
const PIECE_SIZE = 16_384;
/** Number of best tokens that transformers tests. */
const SELF_TRIED = 40;

const TABLE = "selfhash";

function tableOf(key: WatermarkKey): Int32Array {
  return tableIfMade<Int32Array>(key, TABLE) ?? allAtOnce(makeTable(key));
}

function* makeTable(key: WatermarkKey): Generator<undefined, Int32Array> {
  const table = yield* randpermInPieces(Number(key.value & 0xffffffffn), TABLE_SIZE, TABLE_SIZE);
  return keepTable(key, TABLE, table, table.byteLength);
}

/** The smallest key·a·b over the window that ends with the token, in 64 bits; a and b are hashed ids. */
function selfSeed(key: WatermarkKey, context: Int32Array, token_id: number): number {
  const table = tableOf(key);
  const hashed = (id: number) => BigInt(table[id % TABLE_SIZE]! + 1);
  const own = hashed(token_id);
  let least = BigInt.asIntN(64, key.value * own * own);
  for (let i = 0; i < context.length; i++) {
    const product = BigInt.asIntN(64, key.value * hashed(context[i]!) * own);
    if (product < least) least = product;
  }
  return seedOf(least);
}

const selfhash: Seeding = {
  // The token itself is the last of its window.
  width: (context_width) => context_width - 1,
  of_prompt: true,
  // The seed is made of a pair of tokens: the token itself and one of its window.
  seed: (context, token_id, key) => selfSeed(key, context, token_id),
  share: shareOf,
  passes: 64,
  *green(listed, context, asked) {
    const { token_ids, count } = listed.rank();
    const green = new Set<number>();
    for (const id of Array.from(token_ids.subarray(0, Math.min(SELF_TRIED, count)))) {
      if (selfhash.isGreen(context, id, asked)) green.add(id);
      if (asked.vocab_size > PIECE_SIZE) yield;
    }
    listed.orderById();
    const flags = flagsFor(count);
    for (let i = 0; i < count; i++) flags[i] = Number(green.has(token_ids[i]!));
    return flags;
  },
  isGreen: (context, token_id, asked) =>
    isAmongFirst(selfSeed(asked.key, context, token_id), asked.vocab_size, greenCount(asked), token_id),
  tokenWork: (asked) => 4096 + 8 * greenCount(asked),
};

const SEEDINGS: Readonly<Record<Options["seeding"], Seeding>> = { philox, lefthash, selfhash };

/** The draw of one marked step, with pauses. */
function* drawGreen(
  candidates: Candidates,
  { seeding, gamma, delta }: Options,
  key: WatermarkKey,
  { context, step }: MarkedStep,
): Generator<undefined, number> {
  const vocab_size = requireVocabSize(seeding !== "philox", step.vocab_size, "/watermark");
  const gain = exp(delta);
  if (seeding === "philox" && gain <= GAIN_MAX) {
    const noise = noiseIn(key.words, context);
    const drawn = candidates.drawMarked({ noise, gamma, gain }, step.uniform("token"));
    if (drawn !== undefined) return drawn;
  }
  const listed = candidates.all();
  const asked = { key, words: key.words, gamma, vocab_size };
  const green = yield* SEEDINGS[seeding].green(listed, context, asked);
  const { token_ids, count } = listed;
  const weights = listed.probabilities();
  const gains = [1, gain];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i]! * gains[green[i]!]!;
    weights[i] = weight;
    total += weight;
  }
  return token_ids[drawPlace(weights, count, total, step.uniform("token"))]!;
}

/** P(green | drawn), if the other tokens gain the average amount: a good approximation for many tokens. */
function greenOf(probability: number, gamma: number, delta: number): number {
  const gain = exp(delta);
  const others = (1 - probability) * (gamma * gain + 1 - gamma);
  const green = (gamma * gain) / (probability * gain + others);
  return green / (green + (1 - gamma) / (probability + others));
}

/** The evidence is a context with its token, or a seed with its token. */
function evidenceOf(
  { seed: seedOfToken }: Seeding,
  key: WatermarkKey,
): Pick<Detector, "counts" | "evidence"> {
  if (seedOfToken === undefined) return { counts: "ngrams" };
  return {
    counts: "evidence",
    evidence(context, token_id, to, at) {
      const seed = seedOfToken(context, token_id, key);
      to[at] = seed ?? 0;
      to[at + 1] = token_id;
      return seed !== undefined;
    },
  };
}

/** P(X ≥ green) of a binomial; 1 for a list without green tokens or with all green. */
function greenTail(count: number, green: number, share: number): number {
  return share > 0 && share < 1 ? binomialTail(count, green, share) : 1;
}

export const green_list: WatermarkScheme<Options> = {
  name: "green_list",
  summary:
    "Adds delta to the scores of green tokens, a share gamma of the vocabulary that key and context choose, and then draws.",
  formula: "sᵢ ← sᵢ + δ for i ∈ G(key, context), |G| = γ·V; philox: i ∈ G where uᵢ < γ",
  test: "|green| ~ Binomial(n, γ), p = P(X ≥ |green|); z = (|green| − γ·n) / √(n·γ·(1 − γ))",
  source: {
    title:
      "Kirchenbauer et al., A Watermark for Large Language Models, 2023; lefthash and selfhash as transformers 5.24",
    url: "https://arxiv.org/abs/2301.10226",
  },
  options,
  example: { key: "main", delta: 2 },
  keepsDistribution: false,
  passes: ({ seeding }) => SEEDINGS[seeding].passes,
  context: ({ seeding, context_width }) => ({
    width: SEEDINGS[seeding].width(context_width),
    padding: -1,
    of_prompt: SEEDINGS[seeding].of_prompt,
  }),
  takesPieces: ({ seeding }) => seeding !== "philox",
  *prepare({ seeding }, key) {
    if (seeding === "selfhash" && tableIfMade(key, TABLE) === undefined) yield* makeTable(key);
  },
  draw: (candidates, options, key, marked) => allAtOnce(drawGreen(candidates, options, key, marked)),
  drawInPieces: drawGreen,
  expected: (probability, { gamma, delta }) => ({
    marked: greenOf(probability, gamma, delta),
    unmarked: gamma,
  }),
  detector({ seeding, gamma }, key, given) {
    const rule = SEEDINGS[seeding];
    const vocab_size = requireVocabSize(seeding !== "philox", given, "/vocab_size");
    const asked = { key, words: key.words, gamma, vocab_size };
    const share = rule.share(asked);
    return {
      ...evidenceOf(rule, key),
      counts_partial: !rule.of_prompt,
      token_work: rule.tokenWork(asked),
      verdict_work: 2048,
      value: (context, token_id) => Number(rule.isGreen(context, token_id, asked)),
      judge(values, count) {
        let score = 0;
        for (let i = 0; i < count; i++) score += values[i]!;
        const z_score = (score - count * gamma) / Math.sqrt(count * gamma * (1 - gamma));
        return { score, p_value: greenTail(count, score, share), z_score };
      },
    };
  },
};
