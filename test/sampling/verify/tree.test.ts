/** Drafts that branch: the accepted path, the rows that are read, and the refused parents. */
import { describe, expect, test, vi } from "vitest";
import { seeded } from "../../../evidence/seeded.ts";
import type { Row } from "../../../src/kernels/kernel.ts";
import type { Sampled } from "../../../src/sampling/report/report.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { RestOfLaw } from "../../../src/sampling/verify/draft-law.ts";
import { parseVerifyOptions, rowsOfDraft } from "../../../src/sampling/verify/options.ts";
import { DraftTree } from "../../../src/sampling/verify/tree.ts";
import { verifyDraft } from "../../../src/sampling/verify/verify.ts";
import { DraftWalk } from "../../../src/sampling/verify/walk.ts";
import { logitsOf, problemOf, randomRow, rowsOf } from "../sample.ts";

const sampler = createSampler({ vocab_size_max: 1024, rows_max: 64 });
const rowOf = rowsOf(sampler);

const ROWS = Array.from({ length: 24 }, (_, i) => rowOf(randomRow(60, i + 1, true).map((x) => x / 3)));

/** A tree of random shape; each node has a row of its own. */
function randomTree(index: number, nodes: number) {
  const random = seeded(11, index);
  const parents = Array.from({ length: nodes }, (_, node) => Math.max(-1, random.below(node + 1) - 1));
  const rows = Array.from({ length: nodes + 1 }, () => random.pick(ROWS));
  return { random, parents, rows };
}

const OPTIONS = {
  temperature: 0.9,
  top_p: 0.97,
  repetition_penalty: 1.3,
  frequency_penalty: 0.2,
  dry_multiplier: 0.8,
  mirostat: 2,
  history: [4, 9, 4],
  prompt_length: 1,
  step: 3,
  seed: 5,
};

/** The tokens drawn without a draft, along a tree that contains them at the right places. */
function grown(index: number, nodes: number) {
  const { random, parents, rows } = randomTree(index, nodes);
  const tree = new DraftTree(parents);
  const draft_token_ids = parents.map(() => random.below(60));
  const stream = openStream(sampler, OPTIONS);
  const expected: Sampled[] = [];
  const path: number[] = [];
  for (let node = -1; ; ) {
    const sampled = stream.next(rows[node + 1]!);
    expected.push(sampled);
    const children = tree.childrenOf(node);
    const next = random.oneIn(5) ? undefined : children[random.below(Math.max(children.length, 1))];
    for (const child of children)
      if (child === next) draft_token_ids[child] = sampled.token_id;
      else if (draft_token_ids[child] === sampled.token_id)
        draft_token_ids[child] = (sampled.token_id + 1) % 60;
    if (next === undefined) return { parents, rows, draft_token_ids, expected, path, state: stream.state };
    path.push(next);
    node = next;
  }
}

describe("strict", () => {
  test("along a tree gives the bytes of steps one by one, history, penalties and state of each node being those of its path", () => {
    let longest = 0;
    for (let index = 0; index < 200; index++) {
      const { parents, rows, draft_token_ids, expected, path, state } = grown(index, 1 + (index % 23));
      const options = parseVerifyOptions({ ...OPTIONS, parents, draft_token_ids });
      const verified = verifyDraft(sampler, { target: rows, draft: [] }, options);
      expect(verified.positions).toEqual(expected);
      expect(verified).toMatchObject({ path, accepted: path.length, state, step: 3 + expected.length });
      longest = Math.max(longest, path.length);
    }
    expect(longest).toBeGreaterThan(3);
  });

  test("along a chain that is said as a tree is the same as without parents", () => {
    const draft = { draft_token_ids: [1, 2, 3], temperature: 0, seed: 1 };
    const rows = { target: ROWS.slice(0, 4), draft: [] };
    const plain = verifyDraft(sampler, rows, parseVerifyOptions(draft));
    const { path, ...tree } = verifyDraft(
      sampler,
      rows,
      parseVerifyOptions({ ...draft, parents: [-1, 0, 1] }),
    );
    expect(tree).toEqual(plain);
    expect(path).toEqual([]);
  });

  test("at temperature 0 goes along the likeliest tokens", () => {
    const sure = (id: number) => rowOf(Array.from({ length: 4 }, (_, i) => (i === id ? 3 : 0)));
    const target = [sure(2), sure(0), sure(3), sure(1), sure(0), sure(1)];
    const parents = [-1, -1, 0, 1, 1];
    const options = { draft_token_ids: [1, 2, 2, 1, 3], parents, temperature: 0, seed: 1 };
    expect(verifyDraft(sampler, { target, draft: [] }, parseVerifyOptions(options))).toMatchObject({
      path: [1, 4],
      token_ids: [2, 3, 1],
    });
  });

  test("under a grammar goes on along the path that the grammar has", () => {
    const target = ROWS.slice(0, 4);
    const masks = [[7], [8], [9], [10]].map((allowed_token_ids) => ({ allowed_token_ids }));
    const options = { draft_token_ids: [5, 7, 9], parents: [-1, -1, 1], seed: 1 };
    const verified = verifyDraft(sampler, { target, draft: [], own: masks }, parseVerifyOptions(options));
    // Row 2 comes after node 1, row 3 after node 2: the masks are ordered like the rows.
    expect(verified).toMatchObject({ path: [1, 2], token_ids: [7, 9, 10] });
  });
});

describe("rejection along a tree, p = .5 .3 .2", () => {
  const p = rowOf(logitsOf([0.5, 0.3, 0.2]));
  const call = (fields: object, accept: readonly number[], draft: readonly Row[] = []) => {
    const spy = vi.spyOn(DraftWalk.prototype, "uniform").mockImplementation((node) => accept[node] ?? 0.5);
    try {
      const options = parseVerifyOptions({
        method: "rejection",
        seed: 1,
        draft_token_ids: [0, 1],
        parents: [-1, -1],
        ...fields,
      });
      return verifyDraft(sampler, { target: [p, p, p], draft }, options);
    } finally {
      spy.mockRestore();
    }
  };

  test("the second of two certain tokens has the probability that the first has left of it", () => {
    // .3/.5
    expect(call({}, [0.5001, 0.5999]).path).toEqual([1]);
    expect(call({}, [0.5001, 0.6001])).toMatchObject({ path: [], token_ids: [2] });
  });

  test("one that stands there twice is rejected the second time", () => {
    expect(call({ draft_token_ids: [0, 0] }, [0.5001, 1e-12]).path).toEqual([]);
  });

  const q = rowOf([0.6, 0.2, 0.2]);
  const told = { draft_rows: "probabilities" };
  test("each that was drawn by itself takes all of q away", () => {
    // .5/.6; then p is 0 .1 0, and 1 is accepted whatever u.
    expect(call(told, [0.8332], [q]).path).toEqual([0]);
    expect(call(told, [0.8334, 0.999999], [q]).path).toEqual([1]);
    expect(call({ ...told, draft_token_ids: [0, 0] }, [0.8334, 1e-12], [q])).toMatchObject({
      path: [],
      token_ids: [1],
    });
  });

  test("without replacement the second was drawn from q without the first", () => {
    const both = { ...told, draft_siblings: "without_replacement" };
    const flat = rowOf([0.7, 0.2, 0.1]);
    // p becomes 0 .5 .5 after 0; q becomes 0 2/3 1/3: 1 is accepted below .75.
    expect(call(both, [0.7143, 0.7499], [flat]).path).toEqual([1]);
    expect(call(both, [0.7143, 0.7501], [flat])).toMatchObject({ path: [], token_ids: [2] });
    expect(problemOf(() => call({ ...both, draft_token_ids: [0, 0] }, [0.99], [flat]))).toMatchObject({
      pointer: "/draft_token_ids/1",
    });
  });
});

test("typical takes the first of several tokens that is likely enough", () => {
  const p = rowOf(logitsOf([0.05, 0.55, 0.4]));
  const options = {
    method: "typical",
    epsilon: 0.1,
    delta: 1,
    draft_token_ids: [0, 2, 1],
    parents: [-1, -1, -1],
    seed: 1,
  };
  const verified = verifyDraft(sampler, { target: [p, p, p, p], draft: [] }, parseVerifyOptions(options));
  expect(verified.path).toEqual([1]);
});

describe("parents", () => {
  const parse = (parents: unknown, tokens: number, others: object = {}) =>
    problemOf(() => parseVerifyOptions({ draft_token_ids: Array(tokens).fill(1), parents, ...others }));

  test.each<[string, unknown, number, string, string, RegExp]>([
    ["no list", 3, 1, "invalid_option", "/parents", /array/],
    ["no index", [-2], 1, "invalid_option", "/parents/0", /-1, 0, 1, 2, …, got -2/],
    ["a fraction", [-1, 0.5], 2, "invalid_option", "/parents/1", /got 0.5/],
    ["too few", [-1], 2, "length_mismatch", "/parents", /each of the 2 drafted tokens, got 1/],
    ["too many", [-1, 0, 0], 2, "length_mismatch", "/parents", /got 3/],
    ["itself", [-1, 1], 2, "invalid_option", "/parents/1", /from -1 to 0, got 1/],
    ["a cycle", [1, 0], 2, "invalid_option", "/parents/0", /from -1 to -1, got 1/],
    ["one behind it", [-1, 2, 0], 3, "invalid_option", "/parents/1", /got 2/],
    [
      "a path too long",
      [...Array(17).keys()].map((i) => i - 1),
      17,
      "limit_exceeded",
      "/parents",
      /16 tokens, got one of 17/,
    ],
    [
      "too large a tree",
      Array(257).fill(-1),
      257,
      "limit_exceeded",
      "/draft_token_ids",
      /256 tokens, got 257/,
    ],
  ])("that are %s are refused", (_, parents, tokens, code, pointer, message) => {
    const problem = parse(parents, tokens);
    expect(problem).toMatchObject({ code, pointer });
    expect(problem.message).toMatch(message);
    expect(problemOf(() => rowsOfDraft({ draft_token_ids: Array(tokens).fill(1), parents }))).toMatchObject({
      code,
      pointer,
    });
  });

  test("at the limits are taken", () => {
    const path = [...Array(16).keys()].map((i) => i - 1);
    expect(rowsOfDraft({ draft_token_ids: Array(16).fill(1), parents: path }).count).toBe(17);
    expect(rowsOfDraft({ draft_token_ids: Array(256).fill(1), parents: Array(256).fill(-1) }).count).toBe(
      257,
    );
  });

  test("that branch are refused by what judges one chain, and by a draft's chain that follows one token", () => {
    expect(parse([-1, -1], 2, { method: "block" })).toMatchObject({
      code: "option_conflict",
      pointer: "/parents",
    });
    expect(
      parseVerifyOptions({ draft_token_ids: [1, 1], parents: [-1, 0], method: "block" }).verification.is_tree,
    ).toBe(true);
    const draft = { method: "rejection", draft_rows: "logits", draft_options: { mirostat: 2 } };
    expect(parse([-1, -1], 2, draft)).toMatchObject({ code: "option_conflict", pointer: "/draft_options" });
    expect(parse([-1, -1], 2, { method: "rejection", draft_siblings: "independent" })).toMatchObject({
      pointer: "/draft_siblings",
    });
  });

  test("need a row of the draft for the root and each token with children", () => {
    const tree = { draft_token_ids: [1, 2, 3, 4, 5], parents: [-1, -1, 0, 0, 2] };
    expect(rowsOfDraft({ ...tree, draft_rows: "logits" })).toMatchObject({ count: 9, at_once: 9 });
    expect(rowsOfDraft(tree)).toMatchObject({ count: 6, at_once: 1 });
    expect(rowsOfDraft({ ...tree, parents: undefined, method: "block" })).toMatchObject({
      count: 6,
      at_once: 6,
    });
  });
});

test("twice the siblings ask their laws twice as often", () => {
  const q = rowOf(Array.from({ length: 256 }, () => 1 / 256));
  const p = rowOf(Array.from({ length: 256 }, (_, id) => (id === 255 ? 50 : 0)));
  const asked = (nodes: number) => {
    const spy = vi.spyOn(RestOfLaw.prototype, "probability");
    const parents = Array.from({ length: nodes }, () => -1);
    const tree = { draft_token_ids: parents.map((_, i) => i), parents, method: "rejection", seed: 1 };
    const said = { draft_rows: "probabilities", draft_siblings: "without_replacement" };
    const target = Array.from({ length: nodes + 1 }, () => p);
    const verified = verifyDraft(sampler, { target, draft: [q] }, parseVerifyOptions({ ...tree, ...said }));
    expect(verified.accepted).toBe(0);
    const calls = spy.mock.calls.length;
    spy.mockRestore();
    return calls;
  };
  const [one, two, four] = [asked(60), asked(120), asked(240)];
  expect([two / one, four / two]).toEqual([2, 2]);
});
