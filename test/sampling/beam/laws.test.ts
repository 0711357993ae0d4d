/**
 * Short forms of the distribution tests that `npm run proof:beams` runs with 20,000 searches each; and beam searches by
 * hand.
 */
import { expect, test } from "vitest";
import { Searcher } from "../../../evidence/beam-search.ts";
import { COMMON, LAWS, TEXTS } from "../../../proof/beams/laws.ts";
import { SMALL } from "../../../proof/beams/world.ts";

test.each(Object.entries(LAWS))("%s", (_, p) => {
  expect(p(2000)).toBeGreaterThan(1e-4);
});

test("arithmetic: two beams of even choices go on drawing when the bits of their codes are used up", () => {
  const world = { ...SMALL, vocab_size: 2, spread: 0 };
  const beam = { rule: "arithmetic", num_beams: 2, max_tokens: 400 };
  for (const { token_ids } of new Searcher().search(world, beam, {}, 3).sequences) {
    const ones = token_ids.slice(100).filter((id) => id === 1).length;
    expect(ones).toBeGreaterThan(100);
    expect(ones).toBeLessThan(200);
  }
});

test("arithmetic: the texts of one search are spread over the law", () => {
  const { sequences } = new Searcher().search(
    SMALL,
    { rule: "arithmetic", num_beams: 100, ...COMMON },
    {},
    4,
  );
  for (const { token_ids, p } of TEXTS) {
    const count = sequences.filter((each) => String(each.token_ids) === String(token_ids)).length;
    expect(Math.abs(count - 100 * p)).toBeLessThan(1);
  }
});

test("stochastic: with as many beams as texts, all come and nothing is left behind", () => {
  const beam = { rule: "stochastic", num_beams: TEXTS.length, ...COMMON };
  const { sequences, last } = new Searcher().search(SMALL, beam, {}, 1);
  expect(new Set(sequences.map(({ token_ids }) => String(token_ids))).size).toBe(TEXTS.length);
  expect(last).toMatchObject({ kappa: null, inclusion: TEXTS.map(() => 1) });
});

test("a beam as wide as the world finds its best texts", () => {
  const best = TEXTS.toSorted((a, b) => b.p - a.p);
  const own = { num_beams: TEXTS.length, length_penalty: 0, early_stopping: "never" };
  const { sequences } = new Searcher().search(SMALL, { rule: "transformers", ...own, ...COMMON });
  expect(sequences.map(({ token_ids }) => token_ids)).toEqual(best.map(({ token_ids }) => token_ids));
  for (const [i, { score }] of sequences.entries()) expect(score).toBeCloseTo(Math.log(best[i]?.p ?? 0), 10);
});

test("diverse: without a penalty each group is the same search; with one, groups begin with different tokens", () => {
  const world = { seed: 5, vocab_size: 24, prompt: [2], spread: 2 };
  const textsOf = (beam: object) =>
    new Searcher()
      .search(world, { max_tokens: 4, ...beam })
      .sequences.map(({ token_ids }) => String(token_ids));
  const grouped = (diversity: number) => textsOf({ rule: "diverse", num_beams: 4, groups: 2, diversity });
  const alone = textsOf({ rule: "vllm", num_beams: 2, length_penalty: 0 });
  expect(grouped(0).toSorted()).toEqual([...alone, ...alone].toSorted());
  expect(new Set(grouped(1000).map((text) => text.split(",")[0])).size).toBeGreaterThan(1);
});
