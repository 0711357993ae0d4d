/** Beams with a temperature, under each rule, beside a plain reference; and particles that are drawn with one. */
import { describe, expect, test } from "vitest";
import { rowOf, Searcher } from "../../../evidence/beam-search.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { plainDiverse } from "../../../proof/beams/plain.ts";
import { SMALL, textsOf } from "../../../proof/beams/world.ts";
import { Problem } from "../../../src/errors.ts";
import { BEAM_RULES } from "../../../src/sampling/beam/index.ts";
import { parseBeam } from "../../../src/sampling/beam/options.ts";
import { resample } from "../../../src/sampling/resample.ts";

const searcher = new Searcher();

/** Powers of two divide logits without rounding. Normalisers are then summed in another order. */
describe.each(BEAM_RULES)("$name", ({ name, example }) => {
  test.each([0.5, 2])("with temperature %s searches the rows divided by it", (temperature) => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = { seed, vocab_size: 24, prompt: [3], spread: 3 };
      const score = name === "stochastic" ? {} : { score: "chain" };
      const beam = { ...example, rule: name, end_token_ids: [2, 5], max_tokens: 6, ...score };
      const { sequences } = searcher.search(world, beam, { temperature }, seed);
      const divided = searcher.search({ ...world, spread: 3 / temperature }, beam, {}, seed).sequences;
      expect(sequences.map(({ token_ids }) => token_ids)).toEqual(divided.map(({ token_ids }) => token_ids));
      for (const [i, { score }] of sequences.entries()) expect(score).toBeCloseTo(divided[i]!.score, 10);
    }
  });
});

test("the sum of scores does not depend on what a row's logits have in common", () => {
  const beam = { rule: "transformers", num_beams: 3, end_token_ids: [2], max_tokens: 5 };
  for (const temperature of [0.5, 0.8, 1.7]) {
    const world = { seed: 4, vocab_size: 24, prompt: [3], spread: 3 };
    const { sequences } = searcher.search(world, beam, { temperature });
    // The sum of (ln p)/T along each sequence.
    for (const { token_ids, score } of sequences) {
      const sum = token_ids.reduce((total, id, i) => {
        const row = rowOf(world, [3, ...token_ids.slice(0, i)]);
        const normaliser = Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0));
        return total + (row[id]! - normaliser) / temperature;
      }, 0);
      expect(score).toBeCloseTo(sum / token_ids.length, 5);
    }
  }
});

test("diverse is the plain search, with and without a temperature", () => {
  for (let i = 0; i < 300; i++) {
    const random = seeded(3, i);
    const world = { seed: random.below(2 ** 31), vocab_size: 24, prompt: [1], spread: random.pick([1, 3]) };
    const groups = 1 + random.below(3);
    const search = {
      num_beams: groups * (1 + random.below(3)),
      groups,
      diversity: random.pick([0, 0.5, 2]),
      length_penalty: random.pick([0, 1]),
      end_token_ids: random.pick([[], [2], [2, 7]]),
      max_tokens: 1 + random.below(6),
    };
    const temperature = random.pick([1, 0.6, 1.5]);
    const found = searcher.search(world, { rule: "diverse", ...search }, { temperature }).sequences;
    const plain = plainDiverse(world, search, temperature);
    expect(found.map(({ token_ids }) => token_ids)).toEqual(plain.map(({ token_ids }) => token_ids));
    for (const [at, { score }] of found.entries()) expect(score).toBeCloseTo(plain[at]!.score, 4);
  }
});

/** The mean length of a text, by particles that are drawn with a temperature and weighted to the law without one. */
test("particles drawn with a temperature, weighted and resampled, estimate the law without one", () => {
  const temperature = 1.6;
  const law = textsOf(SMALL, 0, 3);
  const mean = law.reduce((sum, { token_ids, p }) => sum + token_ids.length * p, 0);
  const random = seeded(9, 1);
  const runs = 600;
  const count = 16;
  let evidence = 0;
  let weighted = 0;
  for (let run = 0; run < runs; run++) {
    let particles: number[][] = Array.from({ length: count }, () => []);
    let log_weights: readonly (number | null)[] = particles.map(() => 0);
    let log_evidence = 0;
    for (let step = 0; step < 3; step++) {
      const moved = particles.map((token_ids, i) => {
        if (token_ids.at(-1) === 0) return { token_ids, log_weight: log_weights[i] ?? 0 };
        const row = rowOf(SMALL, [...SMALL.prompt, ...token_ids]);
        const [p, q] = [softmax(row, 1), softmax(row, temperature)];
        const id = drawn(q, random.unit());
        const log_weight = (log_weights[i] ?? 0) + Math.log(p[id]!) - Math.log(q[id]!);
        return { token_ids: [...token_ids, id], log_weight };
      });
      const next = resample({ log_weights: moved.map(({ log_weight }) => log_weight), seed: run, step });
      if (next.resampled) log_evidence += next.log_mean_weight;
      particles = next.parents.map((parent) => moved[parent]!.token_ids);
      log_weights = next.log_weights;
    }
    const total = Math.exp(log_evidence) / count;
    for (const [i, log_weight] of log_weights.entries()) {
      const weight = log_weight === null ? 0 : total * Math.exp(log_weight);
      evidence += weight / runs;
      weighted += (weight * particles[i]!.length) / runs;
    }
  }
  expect(Math.abs(evidence - 1)).toBeLessThan(0.03);
  expect(Math.abs(weighted - mean)).toBeLessThan(0.08);
});

test("do_sample is refused by its name", () => {
  const parse = () =>
    parseBeam({ rule: "transformers", num_beams: 2, max_tokens: 4, do_sample: true }, null, 1);
  expect(parse).toThrow(Problem);
  expect(parse).toThrow("do_sample");
});

function softmax(row: Float32Array, temperature: number): number[] {
  const weights = Array.from(row, (logit) => Math.exp(logit / temperature));
  const sum = weights.reduce((total, each) => total + each, 0);
  return weights.map((each) => each / sum);
}

function drawn(law: readonly number[], u: number): number {
  let sum = 0;
  for (const [id, q] of law.entries()) {
    sum += q;
    if (u < sum) return id;
  }
  return law.length - 1;
}
