/**
 * P-values over natural texts: prose by people, in which words repeat. Over random keys, p must be uniform for every
 * option of every scheme. Under one fixed key all texts share their common phrases, so each key has its own rate of
 * false positives; the report shows how these rates vary.
 */
import { readFile } from "node:fs/promises";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import type { FixedKeys, NaturalRates } from "../../evidence/watermark-results.ts";
import { MODEL_FOLDER } from "../../examples/model-host/model.ts";
import { loadTokenizer } from "../../examples/model-host/tokenizer.ts";
import { binomialTail } from "../../src/kernels/special.ts";
import type { Detection, WatermarkReader } from "../../src/sampling/draw/watermark/detect.ts";
import { Mt19937 } from "../../src/sampling/draw/watermark/mt19937.ts";
import type { Report } from "../proof.ts";
import { readerOf } from "./interop.ts";
import { secretOf } from "./keys.ts";

/** Tokens of a text, and of the whole vocabulary. */
const LENGTH = 400;
const VOCAB_SIZE = 8192;

/** Every option that changes the value of a token. */
const ASKED: readonly Readonly<Record<string, unknown>>[] = [
  ...[1, 2, 4, 8].map((context_width) => ({ scheme: "gumbel", context_width })),
  ...[0.1, 0.3, 0.5].map((alpha) => ({ scheme: "dual_key_gumbel", alpha })),
  { scheme: "dual_key_gumbel", alpha: 0.1, context_width: 1 },
  ...[0.1, 0.25, 0.5].map((gamma) => ({ scheme: "green_list", gamma })),
  { scheme: "green_list", context_width: 1 },
  { scheme: "green_list", seeding: "lefthash", context_width: 1 },
  { scheme: "green_list", seeding: "lefthash" },
  { scheme: "green_list", seeding: "lefthash", gamma: 0.5 },
  { scheme: "green_list", seeding: "selfhash", context_width: 1 },
  { scheme: "green_list", seeding: "selfhash", context_width: 2 },
  { scheme: "green_list", seeding: "selfhash" },
  { scheme: "synthid", ngram_len: 2 },
  { scheme: "synthid" },
  { scheme: "synthid", layers: 1 },
  { scheme: "synthid", layers: 4 },
  { scheme: "synthid", sampling_table_size: 4096 },
];

/** The token ids of files of prose, cut into texts of one length. */
export async function naturalTexts(files: readonly string[]): Promise<number[][]> {
  const codec = await loadTokenizer(MODEL_FOLDER);
  const texts: number[][] = [];
  for (const file of files) {
    const prose = (await readFile(file, "utf8")).replaceAll(/\s+/g, " ");
    const ids: number[] = [];
    for (let at = 0; at < prose.length; at += 10_000) ids.push(...codec.encode(prose.slice(at, at + 10_000)));
    for (let at = 0; at + LENGTH <= ids.length; at += LENGTH) texts.push(ids.slice(at, at + LENGTH));
  }
  return texts;
}

/** Keys whose tables are slow to make are used for this number of texts. */
const TEXTS_PER_KEY: Readonly<Record<string, number>> = { synthid: 5 };

/** p_value, and a randomised p-value that is uniform even for a discrete count. */
interface Found {
  readonly p_value: number;
  readonly p_random: number;
}

function foundIn(detection: Detection, asked: Readonly<Record<string, unknown>>, random: Seeded): Found {
  const { p_value, score, tokens_counted } = detection;
  const u = random.unit();
  const share = shareOf(asked);
  if (share === undefined || tokens_counted === 0) return { p_value, p_random: p_value };
  const count = asked["scheme"] === "synthid" ? Math.round(score * tokens_counted) : score;
  const above = binomialTail(tokens_counted, count + 1, share);
  return { p_value, p_random: above + u * (p_value - above) };
}

/** The probability that a token has the value 1, for schemes with values 0 and 1; undefined for other schemes. */
function shareOf({ scheme, gamma = 0.25, layers }: Readonly<Record<string, unknown>>): number | undefined {
  if (scheme === "green_list") return Math.floor(VOCAB_SIZE * Number(gamma)) / VOCAB_SIZE;
  return layers === 1 ? ONES_OF_SYNTHID : undefined;
}

const TABLE_SIZE = 65_536;
/** The part of SynthID's table of seed 0 that is 1. */
const ONES_OF_SYNTHID = (() => {
  const generator = new Mt19937(0);
  let ones = 0;
  for (let i = 0; i < TABLE_SIZE; i++) ones += generator.next() & 1;
  return ones / TABLE_SIZE;
})();

/** Tests with shuffled vocabularies are slow, so this factor reduces the number of their p-values. */
const SLOW_PART = 5;

function isSlow({ seeding }: Readonly<Record<string, unknown>>): boolean {
  return seeding === "lefthash" || seeding === "selfhash";
}

const SHARE_OFF_MAX = 0.003;
/** The number of standard deviations that a share of few texts may be off. */
const DEVIATIONS = 3;
const P_KS_MIN = 1e-3;
const LEVEL = 0.01;

function nameOf(asked: Readonly<Record<string, unknown>>): string {
  const { scheme, ...rest } = asked;
  return [scheme, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(", ");
}

/** Each text with `keys` random keys, one after the other. */
export function overRandomKeys(
  texts: readonly number[][],
  report: Report,
  seed: number,
  count_each: number,
): NaturalRates[] {
  return ASKED.map((asked) => {
    const count = isSlow(asked) ? Math.ceil(count_each / SLOW_PART) : count_each;
    const random = seeded(seed, 40);
    const name = nameOf(asked);
    const per_key = TEXTS_PER_KEY[String(asked["seeding"] ?? asked["scheme"])] ?? 1;
    const found: Found[] = [];
    let reader: WatermarkReader | undefined;
    for (let i = 0; i < count; i++) {
      if (reader === undefined || i % per_key === 0) reader = readerOf(asked, [secretOf(random)], VOCAB_SIZE);
      // The texts of one key are far apart in the prose, so that they share few phrases.
      const text = texts[(i * 97) % texts.length] as number[];
      found.push(foundIn(reader.detect({ token_ids: text, prompt_length: 0 }), asked, random));
    }
    const share = found.filter(({ p_value }) => p_value <= LEVEL).length / count;
    const share_random = found.filter(({ p_random }) => p_random <= LEVEL).length / count;
    const off_max = Math.max(SHARE_OFF_MAX, DEVIATIONS * Math.sqrt((LEVEL * (1 - LEVEL)) / count));
    const p_ks = kolmogorov(found.map(({ p_random }) => p_random));
    report.claim(
      `${name}: p is uniform over ${count} unmarked texts of prose, each with a random key (KS), and p ≤ .01 in .01 ± ${off_max.toFixed(4)} of them`,
      p_ks > P_KS_MIN && Math.abs(share_random - LEVEL) <= off_max && share <= LEVEL + off_max,
      `KS p = ${p_ks.toPrecision(2)}, ${share}${share === share_random ? "" : ` (ties drawn: ${share_random})`}`,
    );
    return { name, texts: count, at_01: share, at_01_ties_drawn: share_random, p_ks };
  });
}

/** The probability of a largest distance this large between uniform values and their distribution (Kolmogorov 1933; Stephens 1970). */
function kolmogorov(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let distance = 0;
  for (const [i, value] of sorted.entries())
    distance = Math.max(distance, value - i / n, (i + 1) / n - value);
  const t = distance * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * t * t);
  return Math.min(1, Math.max(0, p));
}

const FIXED: readonly Readonly<Record<string, unknown>>[] = [
  { scheme: "gumbel" },
  { scheme: "dual_key_gumbel" },
  { scheme: "green_list" },
  { scheme: "green_list", seeding: "lefthash", context_width: 1 },
  { scheme: "green_list", seeding: "selfhash" },
  { scheme: "synthid" },
];

/** Tests all texts under each of some keys, as a deployment with one key does. */
export function underFixedKeys(
  all_texts: readonly number[][],
  report: Report,
  seed: number,
  keys: number,
): FixedKeys[] {
  return FIXED.map((asked) => {
    const texts = isSlow(asked) ? all_texts.slice(0, 100) : all_texts.slice(0, 1000);
    const random = seeded(seed, 41);
    const shares = Array.from({ length: keys }, () => {
      const reader = readerOf(asked, [secretOf(random)], VOCAB_SIZE);
      const below = texts.filter(
        (token_ids) => reader.detect({ token_ids, prompt_length: 0 }).p_value <= LEVEL,
      );
      return below.length / texts.length;
    }).sort((a, b) => a - b);
    const mean = shares.reduce((sum, share) => sum + share, 0) / keys;
    const [least = 0] = shares;
    const median = shares[Math.floor(keys / 2)] ?? 0;
    const most = shares.at(-1) ?? 0;
    const name = nameOf(asked);
    report.figure(
      `${name}: p ≤ .01 in ${texts.length} texts of prose under ${keys} fixed keys`,
      `mean ${mean.toFixed(4)}, median ${median.toFixed(4)}, ${least.toFixed(4)} to ${most.toFixed(4)}`,
    );
    return { name, texts: texts.length, keys, mean, median, least, most };
  });
}
