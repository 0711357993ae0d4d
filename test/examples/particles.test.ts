/** The particles of the example have the model's distribution given the grammar, and its run prints texts of the schema. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { drawParticles } from "../../examples/particles/particles.ts";
import { createSampler, createVocabulary, vocabulariesOf } from "../../src/index.ts";

const LETTERS = ["a", "b", "c"];
const END = LETTERS.length;
const vocabulary = createVocabulary("letters", {
  tokens: [...LETTERS.map((text) => new TextEncoder().encode(text)), undefined],
  special: new Map([[END, "<end>"]]),
  end_ids: [END],
});
const sampler = createSampler({ vocab_size_max: 8, rows_max: 1 }, undefined, {
  vocabularies: vocabulariesOf([vocabulary], "letters"),
});

/** The model prefers what the grammar forbids later, so with the mask alone, texts with an "a" come too often. */
const logitsAfter = (last: number | undefined) =>
  [2, 1, 0, 0.5].map((logit, id) => logit + 1.5 * Math.sin(3 * (last ?? 9) + 5 * id));
const TEXTS = ["abb", "abc", "bca", "cab"];

function probabilityOf(text: string): number {
  let [p, last]: [number, number | undefined] = [1, undefined];
  for (const letter of text) {
    const id = LETTERS.indexOf(letter);
    const weights = logitsAfter(last).map(Math.exp);
    p *= weights[id]! / weights.reduce((sum, weight) => sum + weight, 0);
    last = id;
  }
  return p;
}

test.each([1, 0.5, 0])(
  "particles, resampled below %s of their number, have the model's law",
  async (threshold) => {
    const exact = TEXTS.map(probabilityOf);
    const evidence = exact.reduce((sum, p) => sum + p, 0);
    const runs = 600;
    const [sum, squares] = [TEXTS.map(() => 0), TEXTS.map(() => 0)];
    for (let seed = 0; seed < runs; seed++) {
      const { particles, log_weights, log_evidence } = await drawParticles(
        sampler,
        async (token_ids) => Float32Array.from(logitsAfter(token_ids.at(-1))),
        {
          ...{ count: 6, tokens_max: 3, threshold, seed, prompt: [] },
          options: { grammar: { regex: TEXTS.join("|") } },
        },
      );
      const weights = log_weights.map((weight) => Math.exp(weight ?? Number.NEGATIVE_INFINITY));
      const total = weights.reduce((whole, weight) => whole + weight, 0);
      for (const [i, text] of TEXTS.entries()) {
        // The estimate of the evidence is unbiased, also when it is divided by weight.
        const share = particles.reduce(
          (part, { token_ids }, at) =>
            token_ids.map((id) => LETTERS[id]).join("") === text ? part + weights[at]! / total : part,
          0,
        );
        const estimate = Math.exp(log_evidence) * share;
        sum[i]! += estimate;
        squares[i]! += estimate ** 2;
      }
    }
    for (const [i, p] of exact.entries()) {
      const mean = sum[i]! / runs;
      const deviation = Math.sqrt((squares[i]! / runs - mean ** 2) / runs);
      expect(Math.abs(mean - p) / deviation, `${TEXTS[i]} of ${evidence}`).toBeLessThan(4);
    }
  },
);

test("the example prints texts of its schema", async () => {
  const args = ["--import", "tsx", "examples/particles/json-texts.ts", "--particles", "6"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const texts = [...stdout.matchAll(/%\s+(".*")$/gm)].map(([, text]) => JSON.parse(text!) as string);
  expect(texts.length).toBeGreaterThan(1);
  for (const each of texts) expect(each).toMatch(/^The /);
  expect(stdout).toMatch(/resampled \d+ times; ln P\(the schema\) -\d/);
}, 60_000);
