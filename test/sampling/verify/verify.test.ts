/** Methods of verification, on rows that can be checked by hand, and the effect of a draft on a stream. */
import { describe, expect, test, vi } from "vitest";
import { allAtOnce } from "../../../src/pieces.ts";
import { StepContext } from "../../../src/sampling/context.ts";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import type { Purpose } from "../../../src/sampling/rng.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { draftOptions } from "../../../src/sampling/verify/draft-chain.ts";
import { VERIFY_METHODS } from "../../../src/sampling/verify/index.ts";
import { parseVerification, parseVerifyOptions, rowsOfDraft } from "../../../src/sampling/verify/options.ts";
import { verifyDraft, verifyOnStream } from "../../../src/sampling/verify/verify.ts";
import { DraftWalk, inPlace, type PlacedRows } from "../../../src/sampling/verify/walk.ts";
import { logitsOf, problemOf, rowsOf, sparse } from "../sample.ts";

const sampler = createSampler({ vocab_size_max: 1024, rows_max: 32 });
const rowOf = rowsOf(sampler);

type Uniforms = Partial<Record<Purpose, number>>;

/** The test sets the uniforms of these purposes. */
function withUniforms<Result>(said: Uniforms, run: () => Result): Result {
  const spies = [
    vi.spyOn(DraftWalk.prototype, "uniform").mockImplementation(() => said.accept ?? 0.5),
    vi.spyOn(StepContext.prototype, "uniform").mockImplementation((purpose) => said[purpose] ?? 0.5),
  ];
  try {
    return run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const P = [0.5, 0.3, 0.2];
const Q = [0.2, 0.3, 0.5];
const p = rowOf(logitsOf(P));
const q = rowOf(Q);

function verify(draft: readonly number[], options: Record<string, unknown>, said: Uniforms) {
  const told = options["draft_rows"] === "probabilities";
  const parsed = parseVerifyOptions({ draft_token_ids: draft, seed: 1, ...options });
  const rows = { target: [...draft, 0].map(() => p), draft: told ? draft.map(() => q) : [] };
  return withUniforms(said, () => verifyDraft(sampler, rows, parsed));
}

describe("rejection, p = .5 .3 .2 and q = .2 .3 .5", () => {
  const told = { method: "rejection", draft_rows: "probabilities" };
  test.each([
    ["a token that p likes more is accepted whatever u", [0], { accept: 0.999999 }, 1],
    ["one that both like the same too", [1], { accept: 0.999 }, 1],
    ["2 is accepted below .2/.5", [2], { accept: 0.3999 }, 1],
    ["2 is rejected above .2/.5", [2], { accept: 0.4001 }, 0],
  ])("%s", (_, draft, said, accepted) => {
    expect(verify(draft, told, said).accepted).toBe(accepted);
  });

  test("in the place of a rejected token stands 0, the only one that p likes more, whatever u", () => {
    for (const residual of [1e-9, 0.5, 1 - 1e-9])
      expect(verify([2], told, { accept: 0.9, residual }).token_ids).toEqual([0]);
  });

  test("without rows of the draft a token is accepted with p, and the others share what is left", () => {
    const point = { method: "rejection" };
    expect(verify([0], point, { accept: 0.4999 }).accepted).toBe(1);
    expect(verify([0], point, { accept: 0.5001, residual: 0.5999 }).token_ids).toEqual([1]);
    expect(verify([0], point, { accept: 0.5001, residual: 0.6001 }).token_ids).toEqual([2]);
  });

  test("a token that the chain has removed is rejected, and never drawn", () => {
    // p becomes .625 .375 0, and the residual .425 .075.
    const call = (residual: number) => verify([2], { ...told, top_k: 2 }, { accept: 1e-12, residual });
    expect(call(0.8499).token_ids).toEqual([0]);
    expect(call(0.8501).token_ids).toEqual([1]);
  });
});

describe("block, p = .5 .3 .2 and q = .2 .3 .5", () => {
  const told = { method: "block", draft_rows: "probabilities" };
  test("a whole draft is accepted below the product of its bounded ratios", () => {
    // c: .4, then min(1, .4 · 2.5) = 1: the second token makes up for the first.
    expect(verify([2, 0], told, { accept: 0.99 }).accepted).toBe(2);
    // c: min(1, 2.5) = 1, then .4: the excess above 1 is lost.
    expect(verify([0, 2], told, { accept: 0.3999 }).accepted).toBe(2);
  });

  test("a part of it is accepted up to h = m/(m + 1 − c), m = Σ max(c·p − q, 0)", () => {
    // c₁ = 1, m = .3, h₁ = 1; c₂ = .4.
    expect(verify([0, 2], told, { accept: 0.4001 })).toMatchObject({ accepted: 1, token_ids: [0, 0] });
    // c₁ = .4, m = 0, so h₁ = 0; c₂ = .16 by the second 2.
    expect(verify([2, 2], told, { accept: 0.1601 }).accepted).toBe(0);
    expect(verify([2, 2], told, { accept: 0.1599 }).accepted).toBe(2);
  });
});

describe("typical, p = .5 .3 .2, H = 1.02965", () => {
  // e^−H = .35713
  test.each([
    ["2 above δ·e^−H", [2], { epsilon: 0.5, delta: 0.5599 }, 1],
    ["2 below δ·e^−H", [2], { epsilon: 0.5, delta: 0.5601 }, 0],
    ["2 above ε", [2], { epsilon: 0.1999, delta: 1 }, 1],
    ["2 not above ε", [2], { epsilon: 0.2001, delta: 1 }, 0],
    ["by its defaults, ε .09 and δ .3", [2], {}, 1],
  ])("%s", (_, draft, options, accepted) => {
    expect(verify(draft, { method: "typical", ...options }, {}).accepted).toBe(accepted);
  });

  test("the step's own draw stands in place of a rejected token", () => {
    const strict = { method: "typical", epsilon: 1, delta: 1 };
    expect(verify([2], { ...strict, temperature: 0.01 }, { token: 0.6 }).token_ids).toEqual([0]);
    expect(verify([0], { ...strict, delta: 1, epsilon: 1 }, { token: 0.6 })).toMatchObject({ accepted: 1 });
  });
});

describe("a draft on a stream", () => {
  const said = { draft_token_ids: [0, 2], method: "rejection" };
  const rows = { target: [p, p, p], draft: [] };
  const run = (
    stream: ReturnType<typeof openStream>,
    fields: Record<string, unknown>,
    all: PlacedRows = rows,
  ) => {
    return allAtOnce(
      verifyOnStream(sampler, stream, inPlace(all), parseVerification(fields, stream.options)),
    );
  };

  test("puts its tokens behind the history, each a step that can be rewound", () => {
    const stream = openStream(sampler, { seed: 3, history: [1], mirostat: 2 });
    const verified = run(stream, said);
    expect(stream.history).toEqual([1, ...verified.token_ids]);
    expect(stream.step).toBe(1 + verified.token_ids.length);
    expect(verified).toMatchObject({ step: stream.step, state: stream.state });
    stream.rewind(verified.token_ids.length);
    expect(run(stream, said)).toEqual(verified);
  });

  test.each(VERIFY_METHODS.map(({ name }) => name))("of %s ends where the text does", (method) => {
    const sure = [rowOf([50, 0, 0]), rowOf([0, 50, 0]), rowOf([50, 0, 0])];
    const stream = openStream(sampler, { seed: 3, stop: { token_ids: [1] } });
    const verified = run(stream, { draft_token_ids: [0, 1], method }, { target: sure, draft: [] });
    expect(verified).toMatchObject({ accepted: 2, token_ids: [0, 1] });
    expect(verified.positions.at(-1)?.finish_reason).toBe("stop_token");
  });

  test("has no watermark or draw rule but for strict, which draws as the steps do", () => {
    const draw = { rule: "gumbel" };
    const call = (method: string, options: object) =>
      problemOf(() => parseVerifyOptions({ draft_token_ids: [0], method, ...options }));
    expect(call("rejection", { draw })).toMatchObject({ code: "option_conflict", pointer: "/draw" });
    expect(call("typical", { watermark: { scheme: "green_list", key: "a" } })).toMatchObject({
      code: "option_conflict",
      pointer: "/watermark",
    });
    const drawn = openStream(sampler, { seed: 3, draw }).next(p);
    const stream = openStream(sampler, { seed: 3, draw });
    expect(run(stream, { draft_token_ids: [drawn.token_id] }, { target: [p, p], draft: [] })).toMatchObject({
      accepted: 1,
      positions: [drawn, {}],
    });
  });

  test.each(VERIFY_METHODS.map(({ name }) => name))("of %s that fails has changed nothing", (method) => {
    const stream = openStream(sampler, { seed: 3, history: [1], presence_penalty: 2, mirostat: 2 });
    const before = [[...stream.history], stream.step, stream.state];
    const masked = rowOf([0, 0, 0].map(() => Number.NEGATIVE_INFINITY));
    const alike = rowOf([50, 0, 0]);
    const problem = problemOf(() =>
      run(stream, { draft_token_ids: [0, 0], method }, { target: [alike, masked, p], draft: [] }),
    );
    expect(problem).toMatchObject({ code: "all_tokens_masked" });
    expect([[...stream.history], stream.step, stream.state]).toEqual(before);
  });
});

describe("sparse rows", () => {
  const target = sparse(
    [
      [0, Math.log(0.5)],
      [1, Math.log(0.3)],
    ],
    { vocab_size: 3, max_omitted: Math.log(0.2) },
  );
  const call = (options: Record<string, unknown>, draft: readonly (typeof target)[] = []) =>
    verifyDraft(
      sampler,
      { target: [target, target], draft },
      parseVerifyOptions({ draft_token_ids: [1], seed: 1, ...options }),
    );

  test("are exact where the chain proves it, for every method", () => {
    for (const { name } of VERIFY_METHODS) {
      const { exact, positions } = call({ method: name, top_k: 2 });
      expect([exact, ...positions.map((each) => each.exact)]).not.toContain(false);
    }
    expect(call({ method: "rejection" }).exact).toBe(false);
  });

  test("that prove nothing are refused where an exact answer is required, also as rows of the draft", () => {
    expect(problemOf(() => call({ require_exact: true }))).toMatchObject({
      code: "need_more_tokens",
      pointer: "/rows/0/logits/token_ids",
    });
    const options = { method: "rejection", draft_rows: "logits", top_k: 2, require_exact: true };
    expect(problemOf(() => call(options, [target]))).toMatchObject({ pointer: "/rows/2/logits/token_ids" });
    expect(call({ ...options, draft_options: { top_k: 2 } }, [target]).exact).toBe(true);
  });
});

test("what a draft leaves out is checked once, and what says how many rows come is not checked again", () => {
  const [first, second] = [[1], [2]].map((draft_token_ids) => parseVerifyOptions({ draft_token_ids }));
  expect(first!.verification.method_options).toBe(second!.verification.method_options);
  expect(draftOptions(undefined, DEFAULT_OPTION_LIMITS)).toBe(draftOptions(undefined, DEFAULT_OPTION_LIMITS));
  const { tokens } = rowsOfDraft({ draft_token_ids: [1], method: "rejection" });
  const parse = (fields: object) => parseVerifyOptions(fields, undefined, undefined, tokens);
  // The method below is no method: it is seen if it is read a second time.
  expect(parse({ draft_token_ids: [1], method: "none" }).verification.method.name).toBe("rejection");
  expect(() => parse({ draft_token_ids: [1], draft_siblings: "none" })).toThrow("draft_siblings must be");
});
