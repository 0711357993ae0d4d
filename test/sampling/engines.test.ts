/**
 * Steps with the answers that hosts' own code gave (conformance/hosts, made by `npm run proof:engines -- --write`):
 * under the host's preset the same tokens stay, with the same probabilities.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { survivors } from "./survivors.ts";

interface Recorded {
  readonly id: string;
  readonly host: { readonly preset: string; readonly variant?: string };
  /** null stands for −Infinity */
  readonly row: readonly (number | null)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly history: readonly number[];
  readonly prompt_length: number;
  readonly kept: readonly number[] | "all";
  readonly probabilities: readonly number[];
}

const FOLDER = new URL("../../conformance/hosts/", import.meta.url);

const files = readdirSync(FOLDER).map((name) => ({
  name,
  recorded: readFileSync(new URL(name, FOLDER), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded),
}));

describe.each(files)("$name", ({ recorded }) => {
  test("there are steps enough", () => {
    expect(recorded.length).toBeGreaterThan(100);
  });

  test.each(recorded.map((each) => [each.id, each] as const))("%s", (_, each) => {
    const { host, options, history, prompt_length } = each;
    const logits = each.row.map((logit) => logit ?? Number.NEGATIVE_INFINITY);
    const asked = { ...host, ...options, history, prompt_length, seed: 1 };
    const { token_ids, probabilities } = survivors(logits, asked);
    expect(token_ids).toEqual(each.kept === "all" ? logits.map((__, id) => id) : each.kept);
    for (const [i, p] of each.probabilities.entries())
      expect(Math.abs(probabilities[i]! - p)).toBeLessThanOrEqual(3e-5 * p + 3e-7);
  });
});
