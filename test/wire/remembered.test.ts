/** The cache of JSON texts: a cached plan is the one that reading the text gives, whatever was read before. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { StepOptions } from "../../src/sampling/step.ts";
import { jsonValue } from "../../src/wire/json/text.ts";
import { IN_JSON, REMEMBERED_LENGTH_MAX, Remembered, RememberedTexts } from "../../src/wire/remembered.ts";
import { openStepJson } from "../../src/wire/step-body.ts";
import { answers, behind, bytesOf, header } from "./opened.ts";

interface Plan {
  readonly options: StepOptions;
}

const read = (text: string): Plan => ({ options: parseStepOptions(jsonValue(text)) });

/** The options, or the problem. */
function outcome(made: () => Plan): StepOptions | string {
  try {
    return made().options;
  } catch (error) {
    if (error instanceof Problem) return `${error.code} ${error.pointer} ${error.message}`;
    throw error;
  }
}

const MEMBERS = [
  '"temperature":0.8',
  '"top_k": 40',
  '"step":3',
  '"step": 4',
  '"step" :5',
  '"step":03',
  '"step":3e0',
  '"step":1.5',
  '"step":"3"',
  '"step":\u00003',
  '"step":999999999999999',
  '"step":9007199254740992',
  '"s\\u0074ep":2',
  '"seed":7',
  '"seed":"7"',
  '"seed": 18',
  '"seed":007',
  '"seed":"007"',
  '"seed":-4',
  '"seed":7e0',
  '"seed":1234567890123456789',
  '"seed":1234567890123456789e0',
  '"seed":18446744073709551615',
  '"seed":9999999999999999999',
  '"s\\u0065ed":9',
  '"preset":"\\"step\\":3,"',
  '"logit_bias":{"3":1,"step":3}',
  '"state":{"mirostat":{"mu":1,"step":3}}',
  '"state":{"step":3}',
  '"chain":[{"stage":"mirostat","tau":5,"step":3}]',
  '"chain":[{"stage":"xtc","seed":3}]',
  "",
];

describe("a plan", () => {
  test("is that of the text alone, whatever came before", () => {
    const text = fc.array(fc.constantFrom(...MEMBERS), { maxLength: 3 }).map((list) => `{${list.join()}}`);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (bodies) => {
        const texts = new RememberedTexts<Plan>(IN_JSON);
        // Twice: the second reading uses the cache.
        for (const each of [...bodies, ...bodies])
          expect(outcome(() => texts.of(each, read))).toEqual(outcome(() => read(each)));
      }),
      { numRuns: 1000 },
    );
  });

  test("is made for a text that comes the first time and the second, and then for all steps and seeds", () => {
    const texts = new RememberedTexts<Plan>(IN_JSON);
    let made = 0;
    const of = (step: number, seed: string) =>
      texts.of(`{"step":${step},"top_k":40,"seed":${seed}}`, (text) => {
        made += 1;
        return read(text);
      }).options;
    expect(of(1, "7")).toMatchObject({ step: 1, seed: "7" });
    expect(of(2, "7")).toMatchObject({ step: 2, seed: "7" });
    expect(made).toBe(3);
    expect(of(3, "1234567890123456789")).toMatchObject({ step: 3, seed: "1234567890123456789" });
    expect(of(4, "0")).toMatchObject({ step: 4, seed: "0" });
    expect(made).toBe(3);
  });

  test("follows the step that counts, not one that is written like it", () => {
    // This step's schema accepts everything, so only the cached entry distinguishes the two.
    const lenient = (text: string): Plan => {
      const value = JSON.parse(text) as { step: number };
      return { options: { ...parseStepOptions({}), step: value.step } };
    };
    const texts = new RememberedTexts<Plan>(IN_JSON);
    const of = (inner: number, step: number) =>
      texts.of(`{"x":{"step":${inner}},"s\\u0074ep":${step}}`, lenient).options.step;
    for (const inner of [3, 3, 4, 3, 1, 2, 3]) expect(of(inner, 3)).toBe(3);
  });

  test("of a long text is not kept", () => {
    const texts = new RememberedTexts<Plan>(IN_JSON);
    const history = Array.from({ length: REMEMBERED_LENGTH_MAX }, (_, id) => id);
    const of = () => texts.of(JSON.stringify({ history }), read);
    of();
    of();
    expect(of()).not.toBe(of());
  });

  test("is forgotten with all others when there are too many, and made again", () => {
    const texts = new RememberedTexts<Plan>(IN_JSON);
    const of = (top_k: number) => outcome(() => texts.of(`{"top_k":${top_k}}`, read));
    for (let top_k = 1; top_k < 600; top_k++) expect(of(top_k)).toEqual(read(`{"top_k":${top_k}}`).options);
    for (let round = 0; round < 3; round++) expect(of(1)).toEqual(read('{"top_k":1}').options);
  });
});

describe("a body whose text is remembered", () => {
  const OPTIONS = { temperature: 0.8, top_k: 3, seed: 7, step: 2, logprobs: true };
  const DENSE = [0.1, 2, -1, 1.5];
  const SPARSE = { token_ids: [9, 4, 7], values: [3, 2.5, 1], vocab_size: 12 };

  test.each([
    ["dense numbers", DENSE],
    ["a sparse row", SPARSE],
    ["a packed row", { dtype: "f32", data: bytesOf(DENSE).toString("base64") }],
  ])("is answered like one that is not: %s", (_name, logits) => {
    const remembered = new Remembered();
    const expected = answers(openStepJson, JSON.stringify({ ...OPTIONS, logits }));
    for (let round = 0; round < 4; round++)
      expect(
        answers(
          (context) => openStepJson({ ...context, remembered }),
          JSON.stringify({ ...OPTIONS, logits }),
        ),
      ).toEqual(expected);
  });

  test("has its own numbers, its own faults, and no other text's options", () => {
    const remembered = new Remembered();
    const open = (body: object) =>
      answers((context) => openStepJson({ ...context, remembered }), JSON.stringify(body));
    for (let round = 0; round < 3; round++) open({ ...OPTIONS, logits: SPARSE });
    const other = { ...OPTIONS, step: 5, logits: { ...SPARSE, token_ids: [1, 2, 3], values: [1, 2, 3] } };
    expect(open(other)).toEqual(answers(openStepJson, JSON.stringify(other)));
    expect(() => open({ ...OPTIONS, logits: { ...SPARSE, values: [1, 2] } })).toThrow(/got 3 and 2/);
    expect(() => open({ ...OPTIONS, logits: { ...SPARSE, token_ids: [9, 4, 12] } })).toThrow(/below/);
    const parse = () => {
      throw new Problem("invalid_option", "nothing is taken here");
    };
    const refuse = () =>
      answers(
        (context) => openStepJson({ ...context, remembered, parse }),
        JSON.stringify({ ...OPTIONS, logits: SPARSE }),
      );
    expect(refuse).toThrow("nothing is taken here");
  });

  test("may stand before a tensor", () => {
    const remembered = new Remembered();
    const fields = { dtype: "f32", sparse: { count: 3, vocab_size: 12 }, ...OPTIONS };
    const body = Buffer.concat([
      header(fields),
      Buffer.from(Int32Array.from(SPARSE.token_ids).buffer),
      bytesOf(SPARSE.values),
    ]);
    const expected = answers(openStepJson, JSON.stringify({ ...OPTIONS, logits: SPARSE }));
    for (const size of [0, 0, 0, 5])
      expect(answers((context) => behind(fields)({ ...context, remembered }), body, size)).toEqual(expected);
  });
});
