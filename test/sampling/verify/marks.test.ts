/** Drafts under a watermark: the distribution of the texts over keys, what detection finds, and what is refused. */
import { describe, expect, test } from "vitest";
import { seeded } from "../../../evidence/seeded.ts";
import { goodnessOfFit } from "../../../proof/statistics/chi-square.ts";
import { secretOf } from "../../../proof/watermarks/keys.ts";
import { WatermarkReader } from "../../../src/sampling/draw/watermark/detect.ts";
import { WatermarkKey, type WatermarkKeys } from "../../../src/sampling/draw/watermark/keys.ts";
import { parseTest } from "../../../src/sampling/draw/watermark/test-options.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import type { SparseRow } from "../../../src/sampling/rows.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { parseVerifyOptions } from "../../../src/sampling/verify/options.ts";
import { verifyDraft } from "../../../src/sampling/verify/verify.ts";

/** A whole row of a small vocabulary, which depends on the token before. */
function rowOf(vocab_size: number, before: number, salt: number): SparseRow {
  const random = seeded(salt, before + 1);
  const values = Float64Array.from({ length: vocab_size }, () => 2.5 * random.unit());
  return { token_ids: Int32Array.from({ length: vocab_size }, (_, i) => i), values, vocab_size } as SparseRow;
}

function lawOf({ values }: SparseRow): number[] {
  const weights = Array.from(values, (x) => Math.exp(x));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

interface World {
  readonly vocab_size: number;
  readonly method: string;
  readonly scheme: string;
  /** which of the key's two secrets the drafter uses; absent: it does not mark */
  readonly drafter: "key_a" | "key_b" | undefined;
}

/** Texts of this many tokens under one key, made of drafts of two. */
function writer({ vocab_size, method, scheme, drafter }: World) {
  let key = new WatermarkKey([1n]);
  const keys: WatermarkKeys = {
    get: (id) => (id === "main" ? key : new WatermarkKey([key.derived(id)])),
    size: 1,
  };
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 }, undefined, { keys });
  return (secret: bigint, length: number, seed: number): number[] => {
    key = new WatermarkKey([secret]);
    const text: number[] = [];
    while (text.length < length) {
      const drafted: number[] = [];
      const target = [rowOf(vocab_size, text.at(-1) ?? -1, 1)];
      const draft: SparseRow[] = [];
      while (drafted.length < Math.min(2, length - text.length - 1)) {
        const history = [...text, ...drafted];
        const row = rowOf(vocab_size, history.at(-1) ?? -1, 2);
        const mark = drafter && { watermark: { scheme: "gumbel", key: drafter } };
        // Each call drafts with its own seed, because block verification has read the drafts that the call before
        // rejected.
        const draft_seed = seed + 1_000_000 * (7 + text.length);
        const options = parseStepOptions({ history, step: history.length, seed: draft_seed, ...mark });
        drafted.push(sampler.sample(row, options).token_id);
        draft.push(row);
        target.push(rowOf(vocab_size, drafted.at(-1) ?? -1, 1));
      }
      const options = parseVerifyOptions({
        draft_token_ids: drafted,
        draft_rows: "logits",
        method,
        history: text,
        step: text.length,
        seed,
        watermark: { scheme, key: "main" },
      });
      text.push(...verifyDraft(sampler, { target, draft }, options).token_ids);
    }
    return text;
  };
}

/** The p-value of χ² over texts of three tokens, each with its own key. */
function fitOf(world: World, texts: number): number {
  const { vocab_size } = world;
  const write = writer(world);
  const random = seeded(11, 5);
  const counts = new Array<number>(vocab_size ** 3).fill(0);
  for (let i = 0; i < texts; i++) {
    const [a = 0, b = 0, c = 0] = write(secretOf(random), 3, i);
    counts[(a * vocab_size + b) * vocab_size + c]! += 1;
  }
  const laws = Array.from({ length: vocab_size + 1 }, (_, i) => lawOf(rowOf(vocab_size, i - 1, 1)));
  const expected = counts.map((_, place) => {
    const [a, b, c] = [
      Math.floor(place / vocab_size ** 2),
      Math.floor(place / vocab_size) % vocab_size,
      place % vocab_size,
    ];
    return laws[0]![a]! * laws[a + 1]![b]! * laws[b + 1]![c]!;
  });
  return goodnessOfFit(counts, expected).p_chi;
}

const TEXTS = Number(process.env["MARKED_DRAFTS"] ?? 1500);

describe.each(["rejection", "block"])("%s", (method) => {
  test.each([
    ["dual_key_gumbel", "key_a"],
    ["gumbel", undefined],
  ] as const)("%s, drafts by %s: over keys the texts are the target's own", (scheme, drafter) => {
    expect(fitOf({ vocab_size: 3, method, scheme, drafter }, TEXTS)).toBeGreaterThan(1e-3);
  });

  test("the noise of the draft must not draw what stands in its place", () => {
    const world = { vocab_size: 3, method, scheme: "dual_key_gumbel", drafter: "key_b" } as const;
    expect(fitOf(world, 4 * TEXTS)).toBeLessThan(1e-3);
  });

  test("the mark is found by detection as it is", () => {
    const { scheme, options } = parseTest({ scheme: "dual_key_gumbel", key: "main" });
    const write = writer({ vocab_size: 64, method, scheme: "dual_key_gumbel", drafter: "key_a" });
    for (const secret of [5n, 6n, 7n]) {
      const text = { token_ids: write(secret, 200, 3), prompt_length: 0 };
      const look = (key: bigint) =>
        new WatermarkReader(
          scheme.detector(options, new WatermarkKey([key]), undefined),
          scheme.context(options),
          "once",
        ).detect(text).p_value;
      expect(look(secret)).toBeLessThan(1e-6);
      expect(look(99n)).toBeGreaterThan(1e-4);
    }
  });
});

test.each(["green_list", "synthid"])("%s is refused, with the reason", (scheme) => {
  const watermark = { scheme, key: "main" };
  expect(() => parseVerifyOptions({ draft_token_ids: [1], method: "rejection", watermark })).toThrow(
    `of ${scheme} no way is known that keeps the distribution`,
  );
  expect(() => parseVerifyOptions({ draft_token_ids: [1], method: "strict", watermark })).not.toThrow();
});
