/**
 * Results of the hosts' own code for single stages (test/vectors/stage-hosts.ndjson: rows, options, and the resulting
 * probabilities, each with the host, its version, and the file or class that ran). Our results must be the same.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { survivors } from "./survivors.ts";

interface HostCase {
  readonly host: string;
  readonly source: string;
  readonly stage: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly logits: readonly number[];
  readonly history: readonly number[];
  readonly prompt_length: number;
  /** 0 for a token that was removed */
  readonly probabilities: readonly number[];
}

const cases = readFileSync(new URL("../vectors/stage-hosts.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as HostCase);

describe("the stages of", () => {
  const kinds = new Map(cases.map((each) => [`${each.host}, ${each.source}: ${each.stage}`, each]));
  test.each([...kinds.keys()])("%s", (kind) => {
    const own = cases.filter(({ host, source, stage }) => `${host}, ${source}: ${stage}` === kind);
    expect(own.length).toBeGreaterThanOrEqual(8);
    for (const { stage, options, logits, history, prompt_length, probabilities } of own) {
      const left = survivors(logits, { chain: [{ stage, ...options }], history, prompt_length, seed: 1 });
      const kept = probabilities.flatMap((p, id) => (p > 0 ? [id] : []));
      expect(left.token_ids, JSON.stringify(options)).toEqual(kept);
      for (const [i, id] of kept.entries()) expect(left.probabilities[i]).toBeCloseTo(probabilities[id]!, 6);
    }
  });
});
