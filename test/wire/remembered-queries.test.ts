/** The cache of query strings: a cached plan is the one that parsing the string gives, whatever was read before. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { StepOptions } from "../../src/sampling/step.ts";
import { LIST_OPTIONS } from "../../src/schemas/options.ts";
import { parseQuery } from "../../src/wire/query.ts";
import { IN_QUERY, RememberedTexts } from "../../src/wire/remembered.ts";
import type { StepPlan } from "../../src/wire/tensor/head.ts";

function parsed(query: string): StepPlan {
  const options = parseStepOptions(parseQuery(query, LIST_OPTIONS));
  return { tensor: { encoding: "f32", step_rows: 1 }, sparse: undefined, options };
}

/** The options, or the code and pointer of the problem. */
function outcome(read: () => StepPlan): StepOptions | string {
  try {
    return read().options;
  } catch (error) {
    if (error instanceof Problem) return `${error.code} ${error.pointer} ${error.message}`;
    throw error;
  }
}

const PARTS = [
  "temperature=0.8",
  "top_k=40",
  "step=3",
  "step=4",
  "step=0",
  "step=",
  "step",
  "step=03",
  "step=1.5",
  "step=-1",
  "step=1e3",
  "step=999999999999999",
  "step=9007199254740992",
  "st%65p=2",
  "STEP=2",
  "min_step=2",
  "seed=7",
  "seed=18",
  "seed=007",
  "seed=-4",
  "seed=1234567890123456789",
  "seed=18446744073709551615",
  "seed=18446744073709551616",
  "seed=%37",
  "s%65ed=9",
  "preset=vllm",
  "preset=step=3",
  "stop_token_ids=1,2",
  "",
];

describe("a plan", () => {
  test("is that of the query string alone, whatever came before", () => {
    const query = fc.array(fc.constantFrom(...PARTS), { maxLength: 4 }).map((parts) => parts.join("&"));
    const sequence = fc.array(query, { maxLength: 30 });
    fc.assert(
      fc.property(sequence, (queries) => {
        const texts = new RememberedTexts<StepPlan>(IN_QUERY);
        // Twice: the second reading uses the cache.
        for (const each of [...queries, ...queries])
          expect(outcome(() => texts.of(each, parsed))).toEqual(outcome(() => parsed(each)));
      }),
      { numRuns: 500 },
    );
  });

  test("is made for a query that comes the first time and the second, and then for all steps and seeds", () => {
    const texts = new RememberedTexts<StepPlan>(IN_QUERY);
    let made = 0;
    const read = (query: string) =>
      texts.of(query, (text) => {
        made += 1;
        return parsed(text);
      }).options;
    expect(read("top_k=40&seed=7&step=1")).toMatchObject({ seed: "7", step: 1 });
    expect(read("top_k=40&seed=8&step=2")).toMatchObject({ seed: "8", step: 2 });
    expect(made).toBe(3);
    expect(read("top_k=40&seed=9999999999999999999&step=0")).toMatchObject({ step: 0 });
    expect(made).toBe(3);
    expect(read("top_k=40&seed=7")).toMatchObject({ seed: "7", step: 0 });
    expect(made).toBe(4);
  });

  test("of a long query string is not kept", () => {
    const texts = new RememberedTexts<StepPlan>(IN_QUERY);
    const query = `stop_token_ids=${Array.from({ length: 600 }, (_, id) => id).join(",")}`;
    const read = () => texts.of(query, parsed);
    read();
    read();
    expect(read()).not.toBe(read());
  });

  test("is forgotten with all others when there are too many, and made again", () => {
    const texts = new RememberedTexts<StepPlan>(IN_QUERY);
    const read = (top_k: number) => texts.of(`top_k=${top_k}`, parsed).options;
    for (let top_k = 1; top_k < 600; top_k++) expect(read(top_k)).toEqual(parsed(`top_k=${top_k}`).options);
    expect(read(1)).toEqual(parsed("top_k=1").options);
  });
});
