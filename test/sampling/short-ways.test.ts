/** Fast paths of a step: each is taken where it helps, which the answer does not show. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { instantiate } from "../../src/kernels/instance.ts";
import { Kernel } from "../../src/kernels/kernel.ts";
import { Candidates } from "../../src/sampling/candidates/candidates.ts";
import { Dense } from "../../src/sampling/candidates/dense.ts";
import { equilibriumOfRow } from "../../src/sampling/candidates/equilibrium-row.ts";
import { prefixToStep } from "../../src/sampling/candidates/step-row.ts";
import { combineRows } from "../../src/sampling/combine/combine.ts";
import { WholeSources } from "../../src/sampling/combine/sources.ts";
import { StepContext } from "../../src/sampling/context.ts";
import { gumbel } from "../../src/sampling/draw/gumbel.ts";
import { green_list } from "../../src/sampling/draw/watermark/green-list.ts";
import { WatermarkKey } from "../../src/sampling/draw/watermark/keys.ts";
import type { MarkOptions, WatermarkScheme } from "../../src/sampling/draw/watermark/scheme.ts";
import { synthid } from "../../src/sampling/draw/watermark/synthid.ts";
import { prepareHistory } from "../../src/sampling/history/prepared-history.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { RawDense } from "../../src/sampling/report/logprobs.ts";
import { lawOf, pointMass } from "../../src/sampling/verify/draft-law.ts";
import { drawResidual, residualMass } from "../../src/sampling/verify/residual.ts";
import { recorded } from "../kernels/recorded.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";

const V = 40_000;
const LIMITS = { vocab_size_max: V, rows_max: 2 };
const { machine, calls } = recorded(instantiate(LIMITS));
const kernel = new Kernel(LIMITS, machine);
const [row, other] = [kernel.leaseRow()!, kernel.leaseRow()!]; // there are two
const candidates = new Candidates(kernel);
const context = new StepContext(kernel.tokens);

afterEach(() => {
  vi.restoreAllMocks();
  candidates.restoreRow();
});

function begin(
  valuesOf: typeof flatRow,
  sequence: Partial<Parameters<StepContext["start"]>[0]> = {},
): Candidates {
  for (const [index, each] of [row, other].entries()) {
    each.load(valuesOf(V, index + 1));
    each.finish();
  }
  candidates.startRow(row);
  calls.clear();
  context.start({ ...parseStepOptions({}), ...sequence }, "7", V);
  return candidates;
}

const KEY = new WatermarkKey([77n]);
const CONTEXT = Int32Array.of(1, 2, 3, 4);

function parsedMark<Options extends MarkOptions>({ options, name, example }: WatermarkScheme<Options>) {
  return options.parse({ scheme: name, ...example });
}

const DRAWS = { n: 1, replacement: true };
const OWN = { rule: "gumbel", variant: "own" } as const;

/** No step copies a row into a list of tokens when all of the row is kept. */
test.each<readonly [string, typeof flatRow, (kept: Candidates) => unknown]>([
  ["smoothing", flatRow, (kept) => kept.smooth(0.2, 0)],
  [
    "typical sampling",
    flatRow,
    (kept) => kept.keepTypical(0.9, { min_keep: 1, ties: "cut", inclusive: false }),
  ],
  [
    "an exclusion of top choices",
    peakedRow,
    (kept) =>
      kept.excludeTop({
        threshold: kept.max() - 1,
        spared: undefined,
        spared_rule: "stay",
        ties: "cut",
        share: 1,
        logsumexp: kept.logSumExp(),
        min_keep: 1,
      }),
  ],
  ["draws with replacement", flatRow, (kept) => kept.drawEach([0.1, 0.5], true)],
  ["the most likely", flatRow, (kept) => kept.top(5)],
  ["moments", flatRow, (kept) => kept.moments()],
  ["the mass that is kept", flatRow, (kept) => kept.keptMass(new RawDense(kernel, row))],
  ["a draw by Gumbel noise", flatRow, (kept) => gumbel.draw(kept, OWN, context, DRAWS)],
  ["a claim that is held against it", flatRow, (kept) => gumbel.hold(kept, 5, OWN, context)],
  [
    "a distance to a target, in the last stage",
    flatRow,
    (kept) => {
      kept.beginStage("adaptive_p", true);
      kept.scoreByDistance({ target: 0.3, width: 0.3, peak: 5, sharpness: 10 }, context.remembered);
    },
  ],
  [
    "skew by rank, in the last stage",
    flatRow,
    (kept) => {
      kept.beginStage("skew", true);
      expect(kept.skewByRank(0.5)).toBe(true);
    },
  ],
  ["a prefix to a step", flatRow, (kept) => kept.keepPrefix((row) => prefixToStep(row, -1), 1)],
  ["a prefix to the equilibrium", flatRow, (kept) => kept.keepPrefix(equilibriumOfRow, 1)],
  ["bends of all tokens", flatRow, (kept) => expect(kept.bends(0.95, -1)).toBeDefined()],
  [
    "bends of the best tokens, none of which ranks the others",
    peakedRow,
    (kept) => {
      expect(kept.bends(0.95, -1)).toBeDefined();
      expect([...calls]).not.toContain("rankIds");
    },
  ],
  [
    "a draw from green tokens",
    flatRow,
    (kept) => green_list.draw(kept, parsedMark(green_list), KEY, { context: CONTEXT, step: context }),
  ],
  [
    "a draw of a tournament",
    flatRow,
    (kept) => synthid.draw(kept, parsedMark(synthid), KEY, { context: CONTEXT, step: context }),
  ],
  ["a mask of nearly all", flatRow, (kept) => kept.keepMask(new Uint32Array(V / 32).fill(0xffff_fffe))],
  ["what replaces a drafted token", flatRow, (kept) => drawResidual(kept, pointMass(3), 1, context)],
  ["what a certain draft leaves", flatRow, (kept) => residualMass(kept, pointMass(3), 0.5)],
])("%s: the row stays where it lies", (_name, valuesOf, ask) => {
  const kept = begin(valuesOf);
  ask(kept);
  expect(kept.form()).toBeInstanceOf(Dense);
});

test("the law of a draft of which all tokens are kept is read where the row lies", () => {
  const kept = begin(flatRow);
  const copied = vi.spyOn(kept, "copyTo");
  const p = lawOf(kept).probability(11);
  expect(p).toBeCloseTo(Math.exp(kept.logprob(11)), 12);
  expect(copied).not.toHaveBeenCalled();
});

describe("the excess of a row over a draft's row takes q in one pass of the kernel", () => {
  test("no token is asked for by itself", () => {
    const kept = begin(flatRow);
    const law = lawOf(candidatesOf(other, 1));
    candidates.startRow(row);
    const asked = vi.spyOn(law, "probability");
    expect(residualMass(kept, law, 0.5)).toBeGreaterThan(0);
    expect(asked).not.toHaveBeenCalled();
  });

  test.each([
    ["an even and an odd number of tokens", 1, 0],
    ["a temperature at which most weights are 0", 1e-3, 0],
    ["logits just below the bound from which two parts are subtracted", 1, 65_520],
  ])("%s: each q has the bits that it has by itself", (_name, temperature, offset) => {
    begin(flatRow);
    const values = other.values.map((value, i) => (i % 97 === 0 ? Number.NEGATIVE_INFINITY : value + offset));
    other.load(values);
    other.finish();
    const law = lawOf(candidatesOf(other, temperature));
    for (const count of [1, 127, 128, 129, V - 1, V]) {
      const token_ids = Int32Array.from({ length: count }, (_, i) => V - 1 - i);
      const alone = Float64Array.from(token_ids, (id) => law.probability(id));
      expect(law.probabilities?.(token_ids, count)?.slice(0, count)).toEqual(alone);
    }
  });

  test("beyond that bound each is asked for by itself", () => {
    begin(flatRow);
    other.load(other.values.map((value) => value + 65_600));
    other.finish();
    expect(lawOf(candidatesOf(other, 1)).probabilities?.(Int32Array.of(0), 1)).toBeUndefined();
  });

  function candidatesOf(drafted: typeof row, temperature: number): Candidates {
    candidates.startRow(drafted);
    candidates.divideBy(temperature);
    return candidates;
  }
});

describe("edits of a whole row are made in a pass", () => {
  const history = Array.from({ length: 100 }, (_, i) => i);

  test("penalties", () => {
    const kept = begin(flatRow, { history });
    kept.penalise(context.tokensSeen(-1, "history"), 1.2, 0, 0);
    kept.logSumExp();
    expect([...calls]).not.toContain("setValue");
  });

  test("biases", () => {
    begin(flatRow).add(Int32Array.from(history), new Float64Array(100).fill(2));
    expect([...calls]).toContain("addAmounts");
    expect([...calls]).not.toContain("setValue");
  });
});

describe("sources", () => {
  test("a normaliser that was found is not found again", () => {
    begin(flatRow);
    const found = vi.spyOn(kernel, "logMass");
    const sources = new WholeSources(kernel, [row, other], [1, 0.7], true);
    sources.divergence(0, 1);
    sources.mix([0.5, 0.5]);
    sources.add([{ source: 0, weight: 1 }], "log_softmax");
    expect(found).toHaveBeenCalledTimes(2);
  });

  test("where the rule would leave the first as it is, no row is made", () => {
    begin(flatRow);
    const { combine } = parseStepOptions({ combine: { rule: "guidance", guidance_scale: 1 } });
    const outcome = combineRows({ kernel, candidates, context }, [row, other], combine!, V); // it was asked for
    expect(outcome.row).toBe(row);
    expect([...calls]).not.toContain("addRows");
  });
});

describe("a history that several steps share", () => {
  const long = Array.from({ length: 40_000 }, (_, i) => (i * i * 7) % 61);
  const counted = (history: readonly number[], prepared: ReturnType<typeof prepareHistory>) => {
    begin(flatRow, { history, prompt_length: 10, prepared });
    context.tokensSeen(-1, "generated");
    return [...calls].filter((name) => /countTokens|largestToken/.test(name));
  };

  test("is counted once, and its largest id found once", () => {
    const prepared = prepareHistory(long);
    expect(counted(long, prepared)).toEqual(["largestToken", "countTokens"]);
    expect(counted(long, prepared)).toEqual([]);
  });

  test("is counted once where ids lie beyond the vocabulary of the kernel", () => {
    const history = [...long, V + 5];
    const prepared = prepareHistory(history);
    const seen = [1, 2].map(() => {
      context.start({ ...parseStepOptions({}), history, prepared }, "7", V + 10);
      return context.tokensSeen(-1, "history");
    });
    expect(seen[1]).toBe(seen[0]);
  });
});

test("the same part of a history is counted once a step", () => {
  begin(flatRow, { history: [1, 2, 2, V - 1] });
  const seen = context.tokensSeen(-1, "history");
  calls.clear();
  expect(context.tokensSeen(-1, "history")).toBe(seen);
  expect([...calls]).toEqual([]);
});

test("what a scheme makes of a key is made once", () => {
  const key = new WatermarkKey([5n]);
  const make = vi.fn(() => ({}));
  expect(key.once("table", make)).toBe(key.once("table", make));
  expect(make).toHaveBeenCalledTimes(1);
});
