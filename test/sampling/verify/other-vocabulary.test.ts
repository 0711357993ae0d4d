/**
 * Drafts with another vocabulary: ids mapped by their bytes, distributions over common tokens, texts that are tokenized
 * again.
 */
import { describe, expect, test, vi } from "vitest";
import { seeded } from "../../../evidence/seeded.ts";
import { goodnessOfFit, P_MIN } from "../../../proof/statistics/chi-square.ts";
import { countTranslated, expectedTranslated } from "../../../proof/verify/translated.ts";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import type { LogitsRow } from "../../../src/sampling/rows.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { parseVerifyOptions, rowsOfDraft } from "../../../src/sampling/verify/options.ts";
import { StreamDraft } from "../../../src/sampling/verify/stream-draft.ts";
import { verifyDraft } from "../../../src/sampling/verify/verify.ts";
import { CommonTokensCache, commonTokens } from "../../../src/vocabulary/common-tokens.ts";
import { SPELLED_BYTES_MAX, spell } from "../../../src/vocabulary/spell.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../../src/vocabulary/vocabulary.ts";
import { problemOf, rowsOf } from "../sample.ts";

const UTF8 = new TextEncoder();

function vocabularyOf(
  name: string,
  tokens: readonly string[],
  special: readonly (readonly [number, string])[] = [],
) {
  const bytes = tokens.map((token) => UTF8.encode(token));
  return createVocabulary(name, { tokens: bytes, special: new Map(special), end_ids: [] });
}

const TARGET = vocabularyOf("target", ["a", "b", "c", "ab", "abc", "<s>", "x", "é"], [[5, "<s>"]]);
const DRAFT = vocabularyOf("draft", ["<s>", "c", "zz", "a", "bc", "b", "ab", "q", "é"], [[0, "<s>"]]);
const vocabularies = vocabulariesOf([TARGET, DRAFT], "target");
const sampler = createSampler({ vocab_size_max: 1024, rows_max: 96 }, undefined, { vocabularies });
const rowOf = rowsOf(sampler);

const parse = (options: object) => parseVerifyOptions(options, undefined, vocabularies);

describe("the map of ids", () => {
  test("pairs tokens with the same bytes, and special tokens with the same name", () => {
    const { to_target, to_draft, count, draft_mask } = commonTokens(TARGET, DRAFT);
    expect([...to_target]).toEqual([5, 2, -1, 0, -1, 1, 3, -1, 7]);
    expect([...to_draft]).toEqual([3, 5, 1, 6, -1, 0, -1, 8]);
    expect(count).toBe(6);
    expect([...draft_mask]).toEqual([0b101101011]);
  });

  test("of several tokens with the same bytes the last are partners, and one is left over", () => {
    const twice = vocabularyOf("twice", ["a", "b", "a"]);
    expect([...commonTokens(twice, vocabularyOf("once", ["b", "a"])).to_target]).toEqual([1, 2]);
    expect([...commonTokens(vocabularyOf("once", ["b", "a"]), twice).to_target]).toEqual([-1, 0, 1]);
    expect([...commonTokens(twice, vocabularyOf("again", ["b", "a", "a"])).to_target]).toEqual([1, 0, 2]);
  });

  test("finds tokens of all lengths", () => {
    const long = ["w".repeat(30), `${"w".repeat(30)}\n`, "\n", "w"];
    const { count } = commonTokens(vocabularyOf("one", long), vocabularyOf("other", long.toReversed()));
    expect(count).toBe(4);
    expect(spell(vocabularyOf("one", long), UTF8.encode("w\n"), "")).toEqual([3, 2]);
  });

  test("is made once for a pair, charged in bytes, and what was not used for longest goes", () => {
    const bytes = 4 * (TARGET.size + DRAFT.size) + 4;
    for (const [room, kept] of [
      [2 * bytes, 2],
      [2 * bytes - 1, 1],
      [bytes - 1, 0],
    ] as const) {
      const cache = new CommonTokensCache(room);
      const first = cache.of(TARGET, DRAFT);
      expect(cache.of(TARGET, DRAFT) === first).toBe(kept > 0);
      cache.of(DRAFT, TARGET);
      expect([cache.count, cache.bytes]).toEqual([kept, kept * bytes]);
      expect(cache.of(TARGET, DRAFT) === first).toBe(kept > 1);
    }
  });
});

test("the map takes one walk along both vocabularies: twice the tokens, twice the steps", () => {
  const words = (count: number, first: number) =>
    vocabularyOf(
      `${first} ${count}`,
      Array.from({ length: count }, (_, i) => `${(i * 7919 + first) % 10_007}`),
    );
  const steps = (count: number) => {
    const [target, draft] = [words(count, 0), words(count, count)];
    const trees = commonTokens(target, draft); // makes the trees of both, which stay
    const subarray = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, "subarray");
    expect(commonTokens(target, draft).count).toBe(trees.count);
    const { length } = subarray.mock.calls;
    subarray.mockRestore();
    return length;
  };
  const [once, twice, four_times] = [500, 1000, 2000].map(steps) as [number, number, number];
  expect(once).toBeGreaterThan(1000);
  expect(twice).toBeLessThan(2.2 * once);
  expect(four_times).toBeLessThan(2.2 * twice);
});

const flat = (count: number) => rowOf(Float32Array.from({ length: count }, () => 0));
const of = (values: readonly number[]): LogitsRow => rowOf(Float32Array.from(values));

describe("draft_match tokens", () => {
  const said = { draft_vocabulary: "draft", seed: 1 };

  test("takes the drafter's ids, and answers those of the target", () => {
    const target = [of([0, 9, 0, 0, 0, 0, 0, 0]), of([9, 0, 0, 0, 0, 0, 0, 0]), flat(8)];
    const options = parse({ ...said, draft_token_ids: [5, 8], temperature: 0 });
    expect(verifyDraft(sampler, { target, draft: [] }, options)).toMatchObject({
      draft_token_ids: [1, 7],
      token_ids: [1, 0],
      accepted: 1,
      draft_accepted: 1,
    });
  });

  test("says which token the target has not, and what is not known", () => {
    expect(problemOf(() => parse({ ...said, draft_token_ids: [5, 2] }))).toMatchObject({
      pointer: "/draft_token_ids/1",
      message: expect.stringContaining("got 2 of draft, which target has not"),
    });
    expect(problemOf(() => parse({ ...said, draft_token_ids: [9] }))).toMatchObject({
      code: "token_id_out_of_range",
      pointer: "/draft_token_ids/0",
    });
    expect(problemOf(() => parse({ draft_vocabulary: "none", draft_token_ids: [] }))).toMatchObject({
      code: "vocabulary_unknown",
      pointer: "/draft_vocabulary",
    });
    expect(problemOf(() => parse({ draft_match: "text", draft_token_ids: [] })).pointer).toBe("/draft_match");
    const nothing_known = () => parseVerifyOptions({ ...said, draft_token_ids: [] });
    expect(problemOf(nothing_known).pointer).toBe("/draft_vocabulary");
  });

  test("a drafter that gives nothing to common tokens is refused", () => {
    const draft = [of([0, 0, 1, 0, 0, 0, 0, 0, 0])];
    const options = parse({
      ...said,
      draft_token_ids: [5],
      method: "rejection",
      draft_rows: "probabilities",
    });
    const verify = () => verifyDraft(sampler, { target: [flat(8), flat(8)], draft }, options);
    expect(problemOf(verify)).toMatchObject({ code: "invalid_logits", pointer: "/rows/2/logits" });
  });

  const TARGET_ROWS = Array.from({ length: 9 }, (_, i) =>
    Array.from({ length: 8 }, (_, id) => (id === 5 ? Number.NEGATIVE_INFINITY : Math.sin(3 * i + 1.7 * id))),
  );
  const DRAFT_ROWS = Array.from({ length: 9 }, (_, i) =>
    Array.from({ length: 9 }, (_, id) => Math.cos(2 * i + 1.3 * id) + (id === 2 ? 1 : 0)),
  );
  const target_rows = TARGET_ROWS.map(of);
  const draft_rows = {
    logits: DRAFT_ROWS.map(of),
    probabilities: DRAFT_ROWS.map((logits) => of(softmax(logits))),
  };
  const common = commonTokens(TARGET, DRAFT);
  /** the drafter's distribution after a token of the target: its softmax over the common tokens */
  const laws = DRAFT_ROWS.map((logits) =>
    softmax(logits.map((x, id) => (common.to_target[id]! < 0 ? Number.NEGATIVE_INFINITY : x))),
  );

  /** the drafter's rows in ids of the target; tokens that the drafter lacks are masked */
  const mapped = DRAFT_ROWS.map((logits) =>
    of(Array.from(common.to_draft, (id) => (id < 0 ? Number.NEGATIVE_INFINITY : logits[id]!))),
  );

  test.each([
    ["rejection", "logits"],
    ["rejection", "none"],
    ["block", "logits"],
    ["block", "none"],
  ] as const)(
    "%s decides by the uniforms of the same draft in ids of the target, with %s of the drafter",
    (method, told) => {
      const random = seeded(31, told.length + method.length);
      let rejected = 0;
      for (let i = 0; i < 300; i++) {
        const first = drawn(laws[4]!, random.unit());
        const second = drawn(laws[common.to_target[first]!]!, random.unit());
        const token_ids = [first, second].map((id) => common.to_target[id]!);
        const before = [4, ...token_ids];
        const target = before.map((id) => target_rows[id]!);
        const steps = { seed: String(i), method, draft_rows: told, history: [4], temperature: 0.8 };
        const rows = (list: readonly LogitsRow[]) =>
          told === "none" ? [] : before.slice(0, 2).map((id) => list[id]!);
        const translated = verifyDraft(
          sampler,
          { target, draft: rows(draft_rows.logits) },
          parse({ ...steps, draft_vocabulary: "draft", draft_token_ids: [first, second] }),
        );
        const plain = verifyDraft(
          sampler,
          { target, draft: rows(mapped) },
          parse({ ...steps, draft_token_ids: token_ids }),
        );
        const { draft_token_ids, draft_accepted, ...same } = translated;
        expect([draft_token_ids, draft_accepted]).toEqual([token_ids, plain.accepted]);
        expect(same).toEqual(plain);
        if (plain.accepted < 2) rejected += 1;
      }
      expect(rejected).toBeGreaterThan(30);
    },
  );
});

test.each([
  ["rejection", "tokens", "logits"],
  ["block", "tokens", "probabilities"],
  ["strict", "text", "none"],
  ["rejection", "text", "none"],
  ["block", "text", "none"],
] as const)(
  "%s keeps the target's law over 20,000 texts, draft_match %s, with %s of the drafter",
  (method, match, told) => {
    const { counts, accepted_a_call } = countTranslated({ method, match, told, sequences: 20_000, seed: 1 });
    const law = expectedTranslated();
    const { p_chi, p_g } = goodnessOfFit(counts, law);
    expect(Math.min(p_chi, p_g)).toBeGreaterThan(P_MIN);
    expect(counts.filter((count, i) => count > 0 && law[i] === 0)).toHaveLength(0);
    expect(accepted_a_call).toBeGreaterThan(0.1);
  },
);

test("a draft is translated once, although its rows are counted before its options are checked", () => {
  const common = vi.spyOn(vocabularies, "common");
  const said = { draft_vocabulary: "draft", draft_match: "text", draft_token_ids: [3, 4] };
  const { tokens } = rowsOfDraft(said, vocabularies);
  expect(common).toHaveBeenCalledTimes(1);
  const options = parseVerifyOptions(said, undefined, vocabularies, tokens);
  expect(options.verification.draft_token_ids).toEqual([4]);
  const stream = openStream(sampler, {});
  const host = { sampler, limits: DEFAULT_OPTION_LIMITS, lease: nothing, hold: nothing, free: nothing };
  const draft = new StreamDraft(stream, said, host);
  draft.begin();
  expect(draft.left).toBe(2);
  expect(common).toHaveBeenCalledTimes(2);
  common.mockRestore();
});

function nothing(): never {
  throw new Error("nothing is kept");
}

describe("draft_match text", () => {
  const said = { draft_vocabulary: "draft", draft_match: "text", seed: 1, temperature: 0 };

  test("spells the draft's text in tokens of the target, whose number says how many rows are needed", () => {
    // a, bc → abc; é; <s>; b, b
    expect(parse({ ...said, draft_token_ids: [3, 4, 8, 0, 5, 5] }).verification.draft_token_ids).toEqual([
      4, 7, 5, 1, 1,
    ]);
    expect(rowsOfDraft({ ...said, draft_token_ids: [3, 4] }, vocabularies).count).toBe(2);
  });

  test("tells how many of the drafter's tokens lie in the accepted text", () => {
    const row = (id: number) => of(Array.from({ length: 8 }, (_, i) => (i === id ? 9 : 0)));
    // "b" + "c" + "ab" + "c" is b, c, abc in the target's tokens, which differ after c.
    const options = parse({ ...said, draft_token_ids: [5, 1, 6, 1] });
    const verify = (target: LogitsRow[]) => verifyDraft(sampler, { target, draft: [] }, options);
    expect(verify([row(1), row(2), row(0), row(0)])).toMatchObject({
      token_ids: [1, 2, 0],
      draft_accepted: 2,
    });
    expect(verify([row(1), row(2), row(4), row(0)])).toMatchObject({ accepted: 3, draft_accepted: 4 });
  });

  test("refuses what has no token, rows of the drafter, and trees", () => {
    expect(problemOf(() => parse({ ...said, draft_token_ids: [3, 7] }))).toMatchObject({
      pointer: "/draft_token_ids",
      message: expect.stringContaining("got byte 113 at 1"),
    });
    const method = { method: "rejection", draft_token_ids: [3] };
    expect(problemOf(() => parse({ ...said, ...method, draft_rows: "logits" })).pointer).toBe("/draft_rows");
    expect(problemOf(() => parse({ ...said, draft_token_ids: [3], parents: [-1] })).pointer).toBe("/parents");
  });

  test("has a limit of its length", () => {
    const letters = vocabularyOf("letters", ["a", "b"]);
    const text = (length: number) => new Uint8Array(length).fill(97);
    expect(spell(letters, text(SPELLED_BYTES_MAX), "")).toHaveLength(SPELLED_BYTES_MAX);
    expect(problemOf(() => spell(letters, text(SPELLED_BYTES_MAX + 1), "/x")).code).toBe("limit_exceeded");
  });
});

function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((x) => Math.exp(x));
  const sum = weights.reduce((total, each) => total + each, 0);
  return weights.map((each) => each / sum);
}

function drawn(law: readonly number[], u: number): number {
  let sum = 0;
  for (const [id, q] of law.entries()) {
    sum += q;
    if (u < sum) return id;
  }
  return law.findLastIndex((q) => q > 0);
}
