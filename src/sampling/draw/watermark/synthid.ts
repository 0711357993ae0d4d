/**
 * synthid: a tournament over layers. In each layer the key and the context give every token 0 or 1. Of two draws, the one
 * with 1 wins. The result is the distribution of the winner. Same hash and table as transformers.
 */
import * as z from "zod";
import { binomialTail, normalTail } from "../../../kernels/special.ts";
import { allAtOnce } from "../../../pieces.ts";
import { drawPlace } from "../../candidates/compact/cumulative.ts";
import { rule, whole } from "../../options/fields.ts";
import { CONTEXT_WIDTH_MAX, keyId, repeats } from "./fields.ts";
import { LAYERS_MAX, type WatermarkKey } from "./keys.ts";
import { Mt19937 } from "./mt19937.ts";
import type { TestOptions, WatermarkScheme } from "./scheme.ts";
import { keepTable, tableIfMade } from "./tables.ts";

const options = z.strictObject({
  scheme: z.literal("synthid"),
  key: keyId(),
  ngram_len: whole({ min: 2, max: CONTEXT_WIDTH_MAX + 1 })
    .default(5)
    .describe("Number of tokens that decide a token's layers: the token and those before it."),
  layers: whole({ min: 1, max: LAYERS_MAX })
    .default(30)
    .describe(
      "Number of layers derived from a single secret; a key of several secrets has a layer for each.",
    ),
  sampling_table_size: whole({ min: 2, max: 65_536 })
    .refine((size) => (size & (size - 1)) === 0, rule("must be a power of 2"))
    .default(65_536)
    .describe("Size of the table of random bits."),
  sampling_table_seed: whole({ min: 0, max: 4_294_967_295 }).default(0).describe("Seed of that table."),
  ...repeats("single_turn", 1024),
});

type Options = z.infer<typeof options>;

/** The lower half of 6364136223846793005: a table of at most 2¹⁶ entries uses no more of the hash. */
const MULTIPLIER = 0x4c957f2d;

function hashed(hash: number, word: number): number {
  return (Math.imul((hash + word) | 0, MULTIPLIER) + 1) | 0;
}

function hashContext(context: Int32Array): number {
  let hash = 1;
  for (let i = 0; i < context.length; i++) hash = hashed(hash, context[i]!);
  return hash;
}

/** The tables of a key: the bits of all layers for every n-gram hash, and the score of unmarked text. */
interface Layers {
  readonly count: number;
  readonly bits: Int32Array;
  readonly mask: number;
  /** see sumsOfBytes */
  readonly sums: Float64Array;
  readonly mean: number;
  readonly variance: number;
}

type Tabled = TestOptions<Options>;

function nameOf({ layers, sampling_table_size, sampling_table_seed }: Tabled): string {
  return `synthid ${layers} ${sampling_table_size} ${sampling_table_seed}`;
}

function layersOf(key: WatermarkKey, options: Tabled): Layers {
  return tableIfMade<Layers>(key, nameOf(options)) ?? allAtOnce(makeLayers(key, options));
}

/** Makes and caches the table of a key; pauses after each layer. */
function* makeLayers(key: WatermarkKey, options: Tabled): Generator<undefined, Layers> {
  const { layers, sampling_table_size, sampling_table_seed } = options;
  const generator = new Mt19937(sampling_table_seed);
  const table = new Uint8Array(sampling_table_size);
  for (let i = 0; i < sampling_table_size; i++) table[i] = generator.next() & 1;
  const keys = key.layers(layers).map((each) => Number(BigInt.asIntN(32, each)));
  const mask = sampling_table_size - 1;
  const bits = new Int32Array(sampling_table_size);
  for (let layer = 0; layer < keys.length; layer++) {
    yield;
    addLayer(bits, table, layer, keys[layer]!);
  }
  yield;
  const sums = sumsOfBytes(weightsOf(keys.length));
  const made = { count: keys.length, bits, mask, sums, ...momentsOf(bits, sums) };
  return keepTable(key, nameOf(options), made, bits.byteLength + sums.byteLength);
}

function addLayer(bits: Int32Array, table: Uint8Array, layer: number, key: number): void {
  const mask = bits.length - 1;
  let place = hashed(0, key);
  for (let hash = 0; hash < bits.length; hash++) {
    bits[hash] = bits[hash]! | (table[place & mask]! << layer);
    place = (place + MULTIPLIER) | 0;
  }
}

/** Later layers weigh less, from 10 to 1, with a mean of 1, because they have less left to decide. */
function weightsOf(count: number): Float64Array {
  const weights = Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? 1 : 10 - (9 * i) / (count - 1),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** For each value of each of the four bytes of a word, the weights of its bits together. */
function sumsOfBytes(weights: Float64Array): Float64Array {
  const sums = new Float64Array(4 * 256);
  for (let byte = 0; byte < 4; byte++)
    for (let value = 0; value < 256; value++)
      for (let bit = 0; bit < 8; bit++)
        if (((value >> bit) & 1) === 1)
          sums[byte * 256 + value] = sums[byte * 256 + value]! + (weights[byte * 8 + bit] ?? 0);
  return sums;
}

/** The weighted mean of a token's layers. */
function scoreOf(bits: number, sums: Float64Array): number {
  const low = sums[bits & 255]! + sums[256 + ((bits >>> 8) & 255)]!;
  return low + (sums[512 + ((bits >>> 16) & 255)]! + sums[768 + (bits >>> 24)]!);
}

/**
 * Mean and variance of a token's value when every hash is equally likely: the table is not perfectly
 * balanced.
 */
function momentsOf(bits: Int32Array, sums: Float64Array): Pick<Layers, "mean" | "variance"> {
  let sum = 0;
  let squares = 0;
  for (let hash = 0; hash < bits.length; hash++) {
    const value = scoreOf(bits[hash]!, sums);
    sum += value;
    squares += value * value;
  }
  const mean = sum / bits.length;
  return { mean, variance: squares / bits.length - mean * mean };
}

/** The bits of the kept tokens; scratch of one step. */
let OWN = new Int32Array(4096);

/** Number of layers that are processed together: their bits make this many patterns. */
const TOGETHER = 6;
const PATTERNS = 1 << TOGETHER;
const MASSES = new Float64Array(PATTERNS);
const FACTORS = new Float64Array(PATTERNS);

/**
 * p ← p·(1 + g − Σ g·p), layer by layer. Tokens with the same bits in six layers get the same factor, so those six need
 * only the mass of each pattern, and then one factor per pattern.
 */
function tournament(probabilities: Float64Array, bits: Int32Array, count: number, layers: number): void {
  MASSES.fill(0);
  for (let i = 0; i < count; i++) {
    const pattern = bits[i]! & (PATTERNS - 1);
    MASSES[pattern] = MASSES[pattern]! + probabilities[i]!;
  }
  for (let first = 0; first < layers; first += TOGETHER) {
    makeFactors(Math.min(TOGETHER, layers - first));
    MASSES.fill(0);
    for (let i = 0; i < count; i++) {
      const rest = bits[i]! >>> first;
      const probability = probabilities[i]! * FACTORS[rest & (PATTERNS - 1)]!;
      probabilities[i] = probability;
      const pattern = (rest >>> TOGETHER) & (PATTERNS - 1);
      MASSES[pattern] = MASSES[pattern]! + probability;
    }
  }
}

/** The masses of the patterns for the next layers: the decided layer no longer separates them. */
function makeFactors(layers: number): void {
  FACTORS[0] = 1;
  for (let layer = 0; layer < layers; layer++) {
    const decided = 1 << layer;
    const left = 1 << (layers - layer);
    let mass = 0;
    for (let pattern = 1; pattern < left; pattern += 2) mass += MASSES[pattern]!;
    const losing = 1 - mass;
    const winning = 2 - mass;
    for (let pattern = 0; pattern < left; pattern += 2)
      MASSES[pattern >> 1] = MASSES[pattern]! * losing + MASSES[pattern + 1]! * winning;
    for (let pattern = 0; pattern < decided; pattern++) {
      FACTORS[pattern + decided] = FACTORS[pattern]! * winning;
      FACTORS[pattern] = FACTORS[pattern]! * losing;
    }
  }
}

/** The bits of the tokens from id 0 on: hashes of consecutive ids differ by MULTIPLIER. */
function writeBits(own: Int32Array, bits: Int32Array, hash: number): void {
  const mask = bits.length - 1;
  let place = hashed(hash, 0);
  for (let id = 0; id < own.length; id++) {
    own[id] = bits[place & mask]!;
    place = (place + MULTIPLIER) | 0;
  }
}

export const synthid: WatermarkScheme<Options> = {
  name: "synthid",
  summary:
    "A tournament in layers: in each layer two draws compete, and the one with the larger random bit of key and context wins.",
  formula: "pᵢ ← pᵢ·(1 + gᵢₗ − Σⱼ gⱼₗ·pⱼ) for layers l = 1 … m, gᵢₗ ∈ {0, 1} of (key_l, context, i)",
  test: "z of the weighted mean of g over tokens and layers, weights 10 … 1, p = ½ erfc(z / √2); one layer: binomial",
  source: {
    title:
      "Dathathri et al., Scalable watermarking for identifying large language model outputs, Nature 634, 2024; as transformers 5.24",
    url: "https://www.nature.com/articles/s41586-024-08025-4",
  },
  options,
  example: { key: "main" },
  keepsDistribution: true,
  passes: () => 24,
  takesPieces: (options, key) => tableIfMade(key, nameOf(options)) === undefined,
  *prepare(options, key) {
    if (tableIfMade(key, nameOf(options)) === undefined) yield* makeLayers(key, options);
  },
  context: ({ ngram_len }) => ({ width: ngram_len - 1, padding: 0, of_prompt: false }),
  draw(candidates, options, key, { context, step }) {
    const { count: layers, bits, mask } = layersOf(key, options);
    const drawn = candidates.drawMarked(
      {
        layers,
        period: bits.length,
        writeBits: (own) => writeBits(own, bits, hashContext(context)),
      },
      step.uniform("token"),
    );
    if (drawn !== undefined) return drawn;
    const listed = candidates.all().orderById();
    const { token_ids, count } = listed;
    const probabilities = listed.probabilities();
    const hash = hashContext(context);
    if (OWN.length < count) OWN = new Int32Array(2 * count);
    const own = OWN;
    for (let i = 0; i < count; i++) own[i] = bits[hashed(hash, token_ids[i]!) & mask]!;
    tournament(probabilities, own, count, layers);
    return token_ids[drawPlace(probabilities, count, 1, step.uniform("token"))]!;
  },
  detector(options, key) {
    const { count: layers, bits, mask, sums, mean, variance } = layersOf(key, options);
    return {
      counts: "contexts",
      counts_partial: false,
      token_work: 128,
      verdict_work: 2048,
      // n-grams with equal hashes have the same layers.
      evidence(context, token_id, to, at) {
        to[at] = hashed(hashContext(context), token_id) & mask;
        to[at + 1] = 0;
        return true;
      },
      value: (context, token_id) => scoreOf(bits[hashed(hashContext(context), token_id) & mask]!, sums),
      judge(values, count) {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += values[i]!;
        const score = sum / count;
        // Table entries are drawn without replacement, so all of them together have the mean and carry no
        // evidence.
        const left = Math.max(0, (bits.length - count) / (bits.length - 1));
        const deviation = Math.sqrt((variance * left) / count);
        if (deviation === 0) return { score, p_value: 1, z_score: 0 };
        const z_score = (score - mean) / deviation;
        // One bit per token is too coarse for a normal distribution.
        const p_value = layers === 1 ? binomialTail(count, sum, mean) : normalTail(z_score);
        return { score, p_value, z_score };
      },
    };
  },
};
