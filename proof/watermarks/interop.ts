/** vLLM and transformers detect our marks, and we detect theirs: uniforms to the bit, p-values, green lists, layers. */

import { normalRows } from "../../evidence/normal-rows.ts";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { coarseUniform } from "../../src/kernels/kernel.ts";
import { normalTail } from "../../src/kernels/special.ts";
import { gumbel } from "../../src/sampling/draw/gumbel.ts";
import { vllmNoise } from "../../src/sampling/draw/vllm-noise.ts";
import { type Detection, WatermarkReader } from "../../src/sampling/draw/watermark/detect.ts";
import { WatermarkKey, wordsOf } from "../../src/sampling/draw/watermark/keys.ts";
import { wordIn } from "../../src/sampling/draw/watermark/prf.ts";
import { parseTest } from "../../src/sampling/draw/watermark/test-options.ts";
import type { Report } from "../proof.ts";
import type { Judge } from "./judge.ts";
import { secretOf } from "./keys.ts";
import { Writer } from "./marked.ts";

const P_NEAR = 1e-9;

type Found = readonly [score: number, p_value: number, counted: number];

/** The detector of a scheme, for one key. */
export function readerOf(
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly bigint[],
  vocab_size: number | undefined,
  repeats: "once" | "each" = "once",
): WatermarkReader {
  const { scheme, options } = parseTest({ key: "key", ...fields });
  const detector = scheme.detector(options, new WatermarkKey(secrets), vocab_size);
  return new WatermarkReader(detector, scheme.context(options), repeats);
}

/** Tests a text with the key. */
export function look(
  text: readonly number[],
  secrets: readonly bigint[],
  fields: Readonly<Record<string, unknown>>,
  vocab_size: number,
): Detection {
  return readerOf(fields, secrets, vocab_size).detect({ token_ids: text, prompt_length: 0 });
}

export async function uniforms(judge: Judge, report: Report, seed: number): Promise<void> {
  const random = seeded(seed, 1);
  const cases = Array.from({ length: 5000 }, () => {
    const width = 1 + random.below(9);
    const context = Array.from({ length: width }, () => (random.oneIn(6) ? -1 : random.below(200_000)));
    return [String(secretOf(random)), context, random.below(200_000)] as const;
  });
  const theirs = await judge.ask<readonly number[]>("vllm_uniforms", { cases });
  const other = cases.filter(
    ([key, context, id], i) =>
      coarseUniform(wordIn(wordsOf(BigInt(key)), Int32Array.from(context), id)) !== theirs[i],
  );
  report.claim(
    `u of ${cases.length} random keys, contexts and tokens is vLLM's to the bit`,
    other.length === 0,
    `${other.length} differ`,
  );
}

/** Totals closer than this may change order by the last bit of a logarithm. */
const NEAR = 1e-5;

export async function noises(judge: Judge, report: Report, seed: number): Promise<void> {
  const random = seeded(seed, 2);
  const size = 256;
  const cases = Array.from({ length: 300 }, () => {
    const scores = Array.from({ length: size }, () => Math.fround(8 * random.unit()));
    return [String(secretOf(random, 63)), random.below(5000), scores] as const;
  });
  const theirs = await judge.ask<readonly (readonly [number[], number])[]>("vllm_noises", { cases });
  let u_differs = 0;
  let token_differs = 0;
  let near = 0;
  const writer = new Writer(
    cases.map(([, , scores]) => Float32Array.from(scores)),
    [0n],
  );
  for (const [i, [key, step, scores]] of cases.entries()) {
    const [u, token] = theirs[i] as readonly [number[], number]; // one for each case
    u_differs += u.filter((value, id) => value !== vllmNoise({ seed: key, step }, id).uniform).length;
    const ours = writer.token(i, { seed: key, step, draw: { rule: gumbel.name, variant: "vllm" } });
    if (ours === token) continue;
    const totals = scores.map((score, id) => score + vllmNoise({ seed: key, step }, id).noise);
    if (Math.abs((totals[ours] ?? 0) - (totals[token] ?? 0)) < NEAR) near += 1;
    else token_differs += 1;
  }
  const rows = cases.length;
  report.claim(
    `u of ${rows * size} tokens is that of vLLM's sampling kernel to the bit`,
    u_differs === 0,
    `${u_differs} differ`,
  );
  report.claim(
    `draw gumbel, variant vllm gives the kernel's token in ${rows} rows`,
    token_differs === 0,
    `${token_differs} differ, ${near} by a last bit`,
  );
}

export async function detectors(judge: Judge, report: Report, seed: number, count: number): Promise<void> {
  const random = seeded(seed, 3);
  const bank = normalRows(64, 2048, 2.5, random);
  for (const fields of [
    { scheme: "gumbel", context_width: 4 },
    { scheme: "dual_key_gumbel", context_width: 4, alpha: 0.1 },
    { scheme: "dual_key_gumbel", context_width: 2, alpha: 0.5 },
  ]) {
    const key = secretOf(random);
    const writer = new Writer(bank, [key]);
    const texts = Array.from({ length: count }, (_, i) => {
      const watermark = i % 4 === 0 ? {} : { watermark: { key: "key", ...fields } };
      return writer.text(5 + random.below(60), watermark, random);
    });
    const theirs = await judge.ask<readonly Found[]>("vllm_detect", { ...fields, key: String(key), texts });
    const name = `${fields.scheme}, width ${fields.context_width}${"alpha" in fields ? `, α ${fields.alpha}` : ""}`;
    tell(
      report,
      `vLLM's detector and ours, ${count} texts of ours, ${name}`,
      texts.map((text) => look(text, [key], fields, 2048)),
      theirs,
      ({ p_value, p_value_two_moments = p_value }) => p_value_two_moments, // theirs is that of two moments
    );
    const marked = theirs.filter((_, i) => i % 4 !== 0 && (texts[i]?.length ?? 0) >= 40);
    report.figure(
      `${name}: vLLM finds our mark at p ≤ .01 in texts of 40 tokens and more`,
      `${marked.filter(([, p]) => p <= 0.01).length} of ${marked.length}`,
    );
  }
}

function tell(
  report: Report,
  what: string,
  ours: readonly Detection[],
  theirs: readonly Found[],
  p_of: (found: Detection) => number = ({ p_value }) => p_value,
): void {
  let worst = 0;
  let counted = 0;
  for (const [i, found] of ours.entries()) {
    const [, p, count] = theirs[i] as Found; // one for each text
    const { tokens_counted } = found;
    worst = Math.max(worst, Math.abs(p_of(found) - p));
    if (count !== tokens_counted) counted += 1;
  }
  report.claim(
    `${what}: the same p-values to 1e-9`,
    worst <= P_NEAR && counted === 0,
    `at most ${worst.toExponential(1)} apart, ${counted} count other tokens`,
  );
}

/** Texts that vLLM's rule draws on a CPU, compared with the tokens that our sampler draws at the same places. */
export async function drawnByVllm(judge: Judge, report: Report, seed: number): Promise<void> {
  const random = seeded(seed, 4);
  const bank = normalRows(16, 512, 2, random);
  const key = secretOf(random);
  const orders = Array.from({ length: 250 }, () =>
    Array.from({ length: 40 }, () => random.below(bank.length)),
  );
  const texts = await judge.ask<readonly number[][]>("vllm_draw", {
    key: String(key),
    context_width: 4,
    rows: bank.map((row) => Array.from(row)),
    orders,
  });
  const writer = new Writer(bank, [key]);
  const watermark = { scheme: "gumbel", key: "key", repeated_contexts: "none" };
  let differ = 0;
  for (const [i, text] of texts.entries())
    for (const [place, token] of text.entries()) {
      const ours = writer.token(orders[i]?.[place] ?? 0, { history: text.slice(0, place), watermark });
      if (ours !== token) differ += 1;
    }
  report.claim(
    `the tokens of 250 texts of 40 that vLLM's watermarker draws are ours`,
    differ === 0,
    `${differ} of 10,000 differ`,
  );
  const found = texts.filter((text) => look(text, [key], { scheme: "gumbel" }, 512).p_value <= 0.01).length;
  report.figure("we find vLLM's mark at p ≤ .01 in its texts of 40 tokens", `${found} of ${texts.length}`);
}

export async function greenLists(judge: Judge, report: Report, seed: number, count: number): Promise<void> {
  const random = seeded(seed, 5);
  const vocab_size = 1000;
  for (const [seeding, context_width] of [
    ["lefthash", 1],
    ["selfhash", 4],
  ] as const) {
    const key = secretOf(random, 31);
    const fields = { scheme: "green_list", seeding, context_width, gamma: 0.25 };
    const asked = { vocab_size, gamma: 0.25, delta: 2, key: String(key), seeding, context_width };
    const bank = normalRows(32, vocab_size, 2, random);
    // Tokens after id 0 are no evidence for us, because their list is the same under every key.
    for (const row of bank) row[0] = Number.NEGATIVE_INFINITY;
    const writer = new Writer(bank, [key]);
    const mark = { key: "key", delta: 2, repeated_contexts: "none", ...fields };
    const texts = Array.from({ length: count }, () =>
      writer.text(
        20 + random.below(20),
        { watermark: mark, history: [1, 2, 3, 4], prompt_length: 4 },
        random,
      ),
    );
    const theirs = await judge.ask<readonly Found[]>("green_detect", { ...asked, texts });
    tell(
      report,
      `transformers' green lists and ours, ${seeding}, ${count} texts of ours`,
      texts.map((text) => look(text, [key], fields, vocab_size)),
      theirs,
      ({ z_score = 0 }) => normalTail(z_score), // theirs is that of a normal distribution
    );
  }
}

export async function layers(judge: Judge, report: Report, seed: number, count: number): Promise<void> {
  const random = seeded(seed, 6);
  const keys = Array.from({ length: 30 }, () => secretOf(random, 31));
  const fields = { scheme: "synthid", ngram_len: 5 };
  const bank = normalRows(32, 1000, 2, random);
  const writer = new Writer(bank, keys);
  const texts = Array.from({ length: count }, () =>
    writer.text(20 + random.below(30), { watermark: { key: "key", ...fields } }, random),
  );
  const theirs = await judge.ask<readonly (readonly [number[][], boolean[]])[]>("synthid_values", {
    ngram_len: 5,
    keys: keys.map(String),
    texts,
  });
  let differ = 0;
  for (const [i, text] of texts.entries()) {
    const [values, counts] = theirs[i] as readonly [number[][], boolean[]]; // one for each text
    differ += differencesOf(text, keys, fields, values, counts);
  }
  report.claim(
    `synthid: every layer's value of ${count} texts, and which contexts repeat, are transformers'`,
    differ === 0,
    `${differ} tokens differ`,
  );
  await distributions(judge, report, keys, random);
}

/**
 * The weighted mean of a token's layers is its value: 30 bits make one number, which is theirs only if all bits are.
 * Neither side counts a repeated context. Ours also leaves out tokens that fall on a table place that was used before.
 */
function differencesOf(
  text: readonly number[],
  keys: readonly bigint[],
  fields: Readonly<Record<string, unknown>>,
  values: readonly number[][],
  counts: readonly boolean[],
): number {
  const told = (repeats: "once" | "each") =>
    readerOf(fields, keys, undefined, repeats).detect({ token_ids: text, prompt_length: 0 }, true).values ??
    [];
  const ours = told("each");
  const counted = told("once");
  const weights = keys.map((_, i) => 10 - (9 * i) / (keys.length - 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return values.filter((bits, at) => {
    const expected = bits.reduce((total, bit, layer) => total + (bit * (weights[layer] ?? 0)) / sum, 0);
    if (counts[at] !== true) return counted[at + 4] !== null;
    return Math.abs((ours[at + 4] ?? 0) - expected) > 1e-12;
  }).length;
}

async function distributions(
  judge: Judge,
  report: Report,
  keys: readonly bigint[],
  random: Seeded,
): Promise<void> {
  const scores = Array.from({ length: 12 }, () => Math.fround(4 * random.unit()));
  const text = Array.from({ length: 6 }, () => random.below(12));
  const theirs = await judge.ask<readonly number[][]>("synthid_probabilities", {
    ngram_len: 5,
    keys: keys.map(String),
    scores,
    text,
  });
  const writer = new Writer([Float32Array.from(scores)], keys);
  const draws = 20_000;
  let worst = 0;
  for (const [at, expected] of theirs.entries()) {
    const counts = new Array<number>(12).fill(0);
    const history = text.slice(0, at);
    const watermark = { scheme: "synthid", key: "key" };
    for (let seed = 0; seed < draws; seed++) {
      const token = writer.token(0, { seed, history, watermark });
      counts[token] = (counts[token] ?? 0) + 1;
    }
    const chi = expected.reduce(
      (total, p, id) => total + (p * draws < 1e-3 ? 0 : ((counts[id] ?? 0) - p * draws) ** 2 / (p * draws)),
      0,
    );
    worst = Math.max(worst, chi);
  }
  report.claim(
    "synthid draws from the distribution that transformers' processor leaves (χ² of 11 degrees, six contexts)",
    worst < 45,
    `at most ${worst.toFixed(1)}`,
  );
}
