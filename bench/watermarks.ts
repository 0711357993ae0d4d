/**
 * Costs of watermarks, their detection and replays: `npm run bench:watermarks`. It reports the fastest of many rounds
 * and the median; on a busy machine only the fastest is meaningful.
 */
import { normalRows } from "../evidence/normal-rows.ts";
import { seeded } from "../evidence/seeded.ts";
import { commandLine, count, run } from "../src/command-line.ts";
import type { Row } from "../src/kernels/kernel.ts";
import { WatermarkReader } from "../src/sampling/draw/watermark/detect.ts";
import { WatermarkKey, watermarkKeys } from "../src/sampling/draw/watermark/keys.ts";
import { parseTest } from "../src/sampling/draw/watermark/test-options.ts";
import { DEFAULT_OPTION_LIMITS } from "../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../src/sampling/options/step-options.ts";
import { parseReplay, replay } from "../src/sampling/replay.ts";
import { createSampler } from "../src/sampling/sampler.ts";

const { values } = commandLine({
  name: "npm run bench:watermarks --",
  about: "What marks, their detection and replays cost, in process and on one core.",
  options: { rounds: count("N", "rounds of each", 300) },
});

const SCHEMES = ["gumbel", "dual_key_gumbel", "green_list", "synthid"] as const;
const KEY = 0x0123456789abcdefn;

interface Times {
  readonly least: number;
  readonly median: number;
}

/** Microseconds of a round. */
function time(work: () => void): Times {
  for (let i = 0; i < values.rounds / 4; i++) work();
  const times = Array.from({ length: values.rounds }, () => {
    const began = performance.now();
    work();
    return (performance.now() - began) * 1000;
  }).sort((a, b) => a - b);
  return { least: times[0] ?? 0, median: times[times.length >> 1] ?? 0 };
}

function tell(what: string, { least, median }: Times, unit: (us: number) => string): void {
  console.log(`${what.padEnd(64)} ${unit(least).padStart(22)} ${unit(median).padStart(22)}`);
}

const us = (each: number) => `${each.toFixed(1)} µs`;

function steps(vocab_size: number, chain: Readonly<Record<string, unknown>>, sigma: number): void {
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 }, undefined, {
    keys: watermarkKeys({ key: KEY }),
  });
  const row = sampler.leaseRow() as Row; // there is one
  row.load(normalRows(1, vocab_size, sigma, seeded(1))[0] ?? []);
  const history = Array.from({ length: 64 }, (_, i) => i * 7);
  for (const draw of [
    {},
    { draw: { rule: "gumbel" } },
    ...SCHEMES.map((scheme) => ({ watermark: { scheme, key: "key" } })),
  ]) {
    const options = parseStepOptions({ ...chain, ...draw, seed: 1, history });
    let step = 0;
    const times = time(() => {
      // A new row, about which nothing is cached.
      row.finish();
      sampler.sample(row, { ...options, step: step++ });
    });
    tell(`${vocab_size}, σ ${sigma}, ${JSON.stringify(chain)}, ${JSON.stringify(draw)}`, times, us);
  }
}

function detection(): void {
  const random = seeded(2);
  const token_ids = Int32Array.from({ length: 1000 }, () => random.below(128_000));
  for (const scheme of SCHEMES) {
    const test = parseTest({ scheme, key: "key" });
    const detector = test.scheme.detector(test.options, new WatermarkKey([KEY]), 128_256);
    const reader = new WatermarkReader(detector, test.scheme.context(test.options), "once");
    const times = time(() => void reader.detect({ token_ids, prompt_length: 0 }));
    tell(
      `detection, ${scheme}, a text of 1,000 tokens`,
      times,
      (each) => `${(1000 / each).toFixed(2)} M tokens/s`,
    );
  }
}

function replays(): void {
  const vocab_size = 32_000;
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 });
  const row = sampler.leaseRow() as Row; // there is one
  const logits = normalRows(1, vocab_size, 3, seeded(3))[0] ?? new Float32Array(vocab_size);
  for (const chain of [{ temperature: 0.8 }, { top_p: 0.9 }, { top_k: 50 }, { draw: { rule: "gumbel" } }]) {
    let step = 0;
    const times = time(() => {
      row.load(logits);
      row.finish();
      const options = parseReplay({ ...chain, seed: "1", step: step++, token_id: 17 }, DEFAULT_OPTION_LIMITS);
      sampler.inspect(row, options, (left) => replay(left, options)).next();
    });
    tell(
      `replay, ${vocab_size}, ${JSON.stringify(chain)}`,
      times,
      (each) => `${Math.round(1e6 / each)} rows/s`,
    );
  }
}

await run(async () => {
  console.log(`${"".padEnd(64)} ${"fastest".padStart(22)} ${"median".padStart(22)}`);
  steps(128_256, { top_k: 1000 }, 3);
  steps(128_256, { temperature: 0.8 }, 3);
  steps(128_256, { temperature: 0.8 }, 8);
  detection();
  replays();
});
