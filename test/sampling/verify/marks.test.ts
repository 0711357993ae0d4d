/** Drafts under a watermark: the distribution of the texts over keys, what detection finds, and what is refused. */
import { describe, expect, test } from "vitest";
import { fitOf, MARKED_TREE, writer } from "../../../proof/verify/marked.ts";
import { WatermarkReader } from "../../../src/sampling/draw/watermark/detect.ts";
import { WatermarkKey } from "../../../src/sampling/draw/watermark/keys.ts";
import { parseTest } from "../../../src/sampling/draw/watermark/test-options.ts";
import { parseVerifyOptions } from "../../../src/sampling/verify/options.ts";

const TEXTS = Number(process.env["MARKED_DRAFTS"] ?? 1500);

describe.each(["rejection", "block"])("%s", (method) => {
  test.each([
    ["dual_key_gumbel", "key_a"],
    ["gumbel", undefined],
  ] as const)("%s, drafts by %s: over keys the texts are the target's own", (scheme, drafter) => {
    expect(fitOf({ vocab_size: 3, method, scheme, drafter }, TEXTS).p_chi).toBeGreaterThan(1e-3);
  });

  test("the noise of the draft must not draw what stands in its place", () => {
    const world = { vocab_size: 3, method, scheme: "dual_key_gumbel", drafter: "key_b" } as const;
    expect(fitOf(world, 4 * TEXTS).p_chi).toBeLessThan(1e-3);
  });

  test("a token that the target's chain removes is in no text", () => {
    const world = { vocab_size: 5, top_k: 3, method, scheme: "dual_key_gumbel", drafter: "key_a" } as const;
    const { p_chi, impossible } = fitOf(world, TEXTS);
    expect(impossible).toBe(0);
    expect(p_chi).toBeGreaterThan(1e-3);
  });

  test("the mark is found by detection as it is", () => {
    const { scheme, options } = parseTest({ scheme: "dual_key_gumbel", key: "main" });
    const write = writer({ vocab_size: 64, method, scheme: "dual_key_gumbel", drafter: "key_a" });
    for (const secret of [5n, 6n, 7n]) {
      const text = { ...write(secret, 200, 3), prompt_length: 0 };
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

describe.each([
  ["gumbel", undefined, "independent"],
  ["gumbel", undefined, "without_replacement"],
  ["dual_key_gumbel", undefined, "independent"],
  ["dual_key_gumbel", "key_a", "without_replacement"],
] as const)("a tree under %s, drafts by %s, siblings %s", (scheme, drafter, siblings) => {
  const world = { vocab_size: 5, top_k: 3, method: "rejection", scheme, drafter, siblings } as const;

  test("over keys the texts are the target's own, and none is impossible", () => {
    const { p_chi, impossible, accepted } = fitOf({ ...world, parents: MARKED_TREE }, TEXTS);
    expect(p_chi).toBeGreaterThan(1e-3);
    expect(impossible).toBe(0);
    expect(accepted).toBeGreaterThan(1);
  });
});

test.each(["green_list", "synthid"])("%s is refused, with the reason", (scheme) => {
  const watermark = { scheme, key: "main" };
  expect(() => parseVerifyOptions({ draft_token_ids: [1], method: "rejection", watermark })).toThrow(
    `of ${scheme} no way is known that keeps the distribution`,
  );
  expect(() => parseVerifyOptions({ draft_token_ids: [1], method: "strict", watermark })).not.toThrow();
});
