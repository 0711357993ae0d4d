/**
 * Steps with the answers that hosts' own code gave (test/vectors/engines, made by `npm run proof:engines -- --write`):
 * under the host's preset the same tokens stay, with the same probabilities. The first line of a file tells which code
 * of which host it speaks of.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { survivors } from "./survivors.ts";

interface Head {
  readonly preset: string;
  readonly variant?: string;
  readonly version: string;
}

interface Vector {
  /** null stands for −Infinity */
  readonly logits: readonly (number | null)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly history: readonly number[];
  readonly prompt_length: number;
  readonly kept: readonly number[] | "all";
  readonly p: readonly number[];
}

const FOLDER = new URL("../vectors/engines/", import.meta.url);

const files = readdirSync(FOLDER).map((name) => {
  const [head, ...lines] = readFileSync(new URL(name, FOLDER), "utf8").trim().split("\n");
  return {
    ...(JSON.parse(head as string) as Head), // every file has a head
    vectors: lines.map((line) => JSON.parse(line) as Vector),
  };
});

describe.each(files)("$preset $variant as $version has it", ({ preset, variant, vectors }) => {
  test("there are steps enough", () => {
    expect(vectors.length).toBeGreaterThan(100);
  });

  test.each(vectors.map((vector, i) => [i, vector] as const))("step %i", (_, vector) => {
    const { options, history, prompt_length } = vector;
    const logits = vector.logits.map((logit) => logit ?? Number.NEGATIVE_INFINITY);
    const host = { preset, ...(variant !== undefined && { variant }) };
    const { token_ids, probabilities } = survivors(logits, {
      ...host,
      ...options,
      history,
      prompt_length,
      seed: 1,
    });
    expect(token_ids).toEqual(vector.kept === "all" ? logits.map((__, id) => id) : vector.kept);
    for (const [i, p] of vector.p.entries())
      expect(Math.abs(probabilities[i]! - p)).toBeLessThanOrEqual(3e-5 * p + 3e-7);
  });
});
