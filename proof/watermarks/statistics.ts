/** The rate of false positives in unmarked texts, and the distribution of marked tokens over all keys. */

import { seeded } from "../../evidence/seeded.ts";
import type { Rates } from "../../evidence/watermark-results.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { WatermarkReader } from "../../src/sampling/draw/watermark/detect.ts";
import { WatermarkKey, watermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { parseTest } from "../../src/sampling/draw/watermark/test-options.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import type { Report } from "../proof.ts";
import { goodnessOfFit, P_MIN } from "../statistics/chi-square.ts";
import { secretOf } from "./keys.ts";
import { type Bank, Writer } from "./marked.ts";
import { MARKINGS, type Marking } from "./schemes.ts";

/**
 * Texts are windows of unmarked texts. The key changes with each window, or with every 100th when a key is slow to
 * make.
 */
const TEXTS_PER_KEY: Readonly<Record<string, number>> = { synthid: 100 };
const WINDOW = 100;

const LEVELS = [0.01, 0.001] as const;
/** The allowed number of standard deviations of a binomial: a right test exceeds it once in 30,000. */
const DEVIATIONS = 4;

export function falsePositives(bank: Bank, report: Report, seed: number, texts: number): Rates[] {
  const random = seeded(seed, 10);
  const writer = new Writer(bank, [0n]);
  const corpora = Array.from({ length: 100 }, () => writer.text(texts / 100 + WINDOW, {}, random));
  return MARKINGS.map((marking) => {
    const found = LEVELS.map(() => 0);
    const expected = LEVELS.map(() => 0);
    let reader: WatermarkReader | undefined;
    for (let i = 0; i < texts; i++) {
      if (i % (TEXTS_PER_KEY[marking.name] ?? 1) === 0 || reader === undefined)
        reader = readerFor(marking, [secretOf(random, marking.bits)]);
      const begin = Math.floor(i / 100);
      const text = (corpora[i % 100] as number[]).slice(begin, begin + WINDOW); // one of the hundred
      const { p_value, tokens_counted } = reader.detect({ token_ids: text, prompt_length: 0 });
      for (const [at, level] of LEVELS.entries()) {
        found[at] = (found[at] as number) + Number(p_value <= level); // each level has a place in both
        expected[at] = (expected[at] as number) + (marking.rate?.(tokens_counted, level) ?? level);
      }
    }
    for (const [at, level] of LEVELS.entries()) {
      const [count = 0, mean = 0] = [found[at], expected[at]];
      const bound = DEVIATIONS * Math.sqrt(mean * (1 - mean / texts));
      report.claim(
        `${marking.name}: of ${texts} unmarked texts ${Math.round(mean)} ± ${Math.round(bound)} have p ≤ ${level}`,
        Math.abs(count - mean) <= bound,
        `${count}`,
      );
    }
    const [at_01 = 0, at_001 = 0] = found;
    return { name: marking.name, texts, at_01: at_01 / texts, at_001: at_001 / texts };
  });
}

function readerFor({ test }: Marking, secrets: readonly bigint[]): WatermarkReader {
  const { scheme, options } = parseTest({ key: "key", ...test });
  return new WatermarkReader(
    scheme.detector(options, new WatermarkKey(secrets), undefined),
    scheme.context(options),
    "once",
  );
}

/** One row and one context under many keys: the tokens must have the chain's own distribution. */
export function overKeys(report: Report, seed: number, keys: number): void {
  const random = seeded(seed, 11);
  const logits = Float32Array.from({ length: 24 }, () => 5 * random.unit());
  const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
  const expected = Array.from(logits, (x) => Math.exp(x) / total);
  for (const { name, test, keeps } of MARKINGS) {
    if (!keeps) continue;
    const count = name === "synthid" ? keys / 10 : keys;
    const counts = new Array<number>(logits.length).fill(0);
    const secrets = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, secretOf(random)]));
    const sampler = createSampler({ vocab_size_max: 64, rows_max: 1 }, undefined, {
      keys: watermarkKeys(secrets),
    });
    const row = sampler.leaseRow() as Row; // there is one
    row.load(logits);
    row.finish();
    for (let i = 0; i < count; i++) {
      const options = { history: [3, 1, 4, 1, 5], seed: String(i), watermark: { ...test, key: `k${i}` } };
      const { token_id } = sampler.sample(row, parseStepOptions(options));
      counts[token_id] = (counts[token_id] ?? 0) + 1;
    }
    const { p_chi } = goodnessOfFit(counts, expected);
    report.claim(
      `${name}: over ${count} keys the tokens of one step are the chain's own (χ²)`,
      p_chi > P_MIN,
      `p = ${p_chi.toPrecision(3)}`,
    );
  }
}
