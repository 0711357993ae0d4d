/** The grammar stage over streams and single steps: its state depends only on the history. */
import { describe, expect, test } from "vitest";
import { DEFAULT_GRAMMARS_LIMITS, Grammars } from "../../../src/grammar/grammars.ts";
import type { Row } from "../../../src/kernels/kernel.ts";
import { allAtOnce } from "../../../src/pieces.ts";
import type { StepContext } from "../../../src/sampling/context.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { createSampler, type Sampler } from "../../../src/sampling/sampler.ts";
import { grammar } from "../../../src/sampling/stages/grammar.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { demoVocabulary } from "../../../src/vocabulary/demo.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";
import { bytesOf } from "../../../src/vocabulary/vocabulary.ts";
import { problemOf, randomRow } from "../sample.ts";

const V = 8192;
const vocabularies = vocabulariesOf([demoVocabulary()]);
const sampler = createSampler({ vocab_size_max: V, rows_max: 1 }, undefined, { vocabularies });
const row = sampler.leaseRow()!;

function load(seed: number): typeof row {
  row.load(randomRow(V, seed, true));
  row.finish(V);
  return row;
}

function loaded(other: Sampler, seed: number): Row {
  const own = other.leaseRow()!;
  own.load(randomRow(V, seed, true));
  own.finish(V);
  return own;
}

const SCHEMA = {
  type: "object",
  properties: { name: { type: "string", maxLength: 6 }, ok: { type: "boolean" } },
  required: ["name", "ok"],
  additionalProperties: false,
};
const OPTIONS = { vocabulary: "demo", grammar: { json_schema: SCHEMA, whitespace: "compact" }, seed: 11 };

/** Draws until the text is complete. */
function written(options: object, history: readonly number[] = []) {
  const stream = openStream(sampler, { ...options, history, prompt_length: history.length });
  let text = "";
  for (let step = 0; step < 80; step++) {
    const { text: own, finish_reason } = stream.next(load(step));
    text += own;
    if (finish_reason !== undefined) return { text, stream, finish_reason };
  }
  throw new Error(`the text did not end: ${text}`);
}

describe("a stream", () => {
  test("writes a text of the grammar, and is told when it is complete", () => {
    const { text, finish_reason } = written(OPTIONS, [5, 6]);
    expect(JSON.parse(text)).toMatchObject({ name: expect.any(String), ok: expect.any(Boolean) });
    expect(finish_reason).toBe("grammar");
  });

  test("every step is what it is in a call of its own", () => {
    const { stream } = written(OPTIONS);
    const { history } = stream;
    for (let step = 0; step < history.length; step++) {
      const alone = createSampler({ vocab_size_max: V, rows_max: 1 }, undefined, { vocabularies });
      const options = parseStepOptions({ ...OPTIONS, history: history.slice(0, step), step });
      expect(alone.sample(loaded(alone, step), options).token_id).toBe(history[step]);
    }
  });

  test("rewound, it goes on as it did", () => {
    const { stream } = written(OPTIONS);
    const before = [...stream.history];
    stream.rewind(5);
    for (let step = before.length - 5; step < before.length; step++) stream.next(load(step));
    expect(stream.history).toEqual(before);
  });

  test("what is accepted must fit, and is told when the next step comes", () => {
    const stream = openStream(sampler, OPTIONS);
    stream.accept([33]);
    expect(problemOf(() => stream.next(load(1)))).toMatchObject({
      code: "grammar_left",
      pointer: "/history/0",
    });
  });
});

test("in pieces as at once", () => {
  const fresh = createSampler({ vocab_size_max: V, rows_max: 1 }, undefined, { vocabularies });
  const options = parseStepOptions({ ...OPTIONS, seed: 3 });
  const own = loaded(fresh, 2);
  const begun = fresh.begin(own, options);
  if (!("next" in begun)) throw new Error("a grammar has to be compiled first");
  const drawn = allAtOnce(begun);
  expect(fresh.begin(own, options), "all is there now").toEqual(drawn);
  expect(fresh.sample(own, options)).toEqual(drawn);
  expect(fresh.grammars.count).toBe(1);
});

test("forced tells tokens that would be drawn whatever the logits are", () => {
  const grammar = { regex: "B\\u{20000}", forced: true };
  const stream = openStream(sampler, { vocabulary: "demo", grammar, seed: 1 });
  const { forced, token_id } = stream.next(load(0));
  expect(token_id).toBe(34);
  expect(forced).toHaveLength(4);
  for (const [i, id] of forced!.entries()) expect(stream.next(load(i + 9)).token_id).toBe(id);
});

test("behind a text the grammar holds, in the middle of a token too", () => {
  const grammar = { json_schema: SCHEMA, whitespace: "compact", after: { text: "t" } };
  const { text } = written({ vocabulary: "demo", grammar, seed: 2 });
  expect(JSON.parse(text.slice(text.indexOf("t") + 1))).toMatchObject({ ok: expect.any(Boolean) });
});

test("behind a token the grammar holds; before it any token may come", () => {
  const stream = openStream(sampler, {
    vocabulary: "demo",
    grammar: { choice: ["BC"], after: { token_ids: [91] } },
    seed: 1,
  });
  expect(stream.next(load(1)).kept).toBe(V);
  stream.accept([91]);
  expect([34, demoVocabulary().size]).toContain(stream.next(load(2)).token_id === 34 ? 34 : V);
});

test("the end may come where the text is complete, and nothing else behind it", () => {
  const grammar = { regex: "B+", end_ids: [0, 7] };
  const kept = (history: readonly number[]) =>
    sampler.sample(
      load(1),
      parseStepOptions({ vocabulary: "demo", grammar, history, kept_token_ids: true, seed: 1 }),
    ).kept_token_ids;
  expect(kept([])).not.toContain(0);
  expect(kept([34])).toEqual(expect.arrayContaining([0, 7, 34]));
  expect(kept([34, 7])).toEqual([0, 7]);
  expect(problemOf(() => kept([34, 7, 34]))).toMatchObject({ code: "grammar_left", pointer: "/history/2" });
  expect(problemOf(() => kept([7]))).toMatchObject({ code: "grammar_left", pointer: "/history/0" });
});

test.each([
  ["min_tokens, where only an end may follow", { min_tokens: 9, stop_token_ids: [0], history: [34] }],
  ["bad_words_ids, which ban the only way on", { bad_words_ids: [[34]] }],
  ["allowed_token_ids without one that the grammar allows", { allowed_token_ids: [5] }],
  ["a mask without one that the grammar allows", { token_bitmask: "IAAAAA==" }],
])("%s, leave no token", (_, options) => {
  const step = { vocabulary: "demo", grammar: { choice: ["B"], end_ids: [0] }, seed: 1, ...options };
  expect(problemOf(() => sampler.sample(load(1), parseStepOptions(step))).code).toBe("all_tokens_masked");
});

test("a grammar that is too long is refused, with the limit; one as long as it is taken", () => {
  const short = createSampler({ vocab_size_max: V, rows_max: 1, grammar_length_max: 40 }, undefined, {
    vocabularies,
  });
  const short_row = loaded(short, 1);
  const draw = (length: number) => {
    const choice = ["B".repeat(length - '[""]'.length)];
    return short.sample(short_row, parseStepOptions({ vocabulary: "demo", grammar: { choice }, seed: 1 }));
  };
  expect(draw(40).text).toMatch(/^B+$/);
  expect(problemOf(() => draw(41))).toMatchObject({ code: "grammar_too_large", pointer: "/grammar/choice" });
  expect(problemOf(() => draw(41)).message).toContain(
    "at most 40 characters as JSON (grammar_length_max), got 41",
  );
});

test("what compiled grammars may take is bounded: the one unused for longest goes", () => {
  const small = createSampler({ vocab_size_max: V, rows_max: 1, grammar_bytes_max: 1 }, undefined, {
    vocabularies,
  });
  const small_row = loaded(small, 1);
  for (const regex of ["B+", "C+", "D+"]) {
    small.sample(small_row, parseStepOptions({ vocabulary: "demo", grammar: { regex }, seed: 1 }));
    expect(small.grammars.count).toBe(1);
  }
});

test("a limit that only forced tokens go beyond is told of the grammar", () => {
  const told = (nodes_max: number, forced: boolean) => {
    const [entry] = parseStepOptions({ grammar: { regex: "B\\u{20000}[a-z]{8}", forced } }).chain;
    const options = entry?.options as Parameters<typeof grammar.isNeutral>[0];
    const grammars = new Grammars({ ...DEFAULT_GRAMMARS_LIMITS, nodes_max });
    const text = { history: [], prompt_length: 0, vocabulary: demoVocabulary(), grammars };
    for (const _ of grammar.prepare?.(options, text) ?? []);
    const context = { ...text, vocab_size: V, found: new Map() } as unknown as StepContext; // all that the stage looks at
    const told = grammar.tells?.(options, context, 34);
    return told !== undefined && "next" in told ? allAtOnce(told) : told;
  };
  expect(told(100, true)?.forced).toHaveLength(4);
  expect(told(55, false)?.forced).toBeUndefined();
  expect(problemOf(() => told(55, true))).toMatchObject({ code: "grammar_too_large", pointer: "/grammar" });
});

describe("what a grammar does not hold to", () => {
  test("is told with the first token of a text, and no other", () => {
    const json_schema = { type: "object", properties: { tel: { type: "string", format: "phone" } } };
    const options = { vocabulary: "demo", grammar: { json_schema }, seed: 3 };
    const stream = openStream(sampler, { ...options, history: [5], prompt_length: 1 });
    const sentence =
      'grammar: format "phone" is an annotation, and is not held (ignored at /json_schema/properties/tel/format)';
    expect(stream.next(load(1)).warnings).toEqual([sentence]);
    expect(stream.next(load(2)).warnings).toBeUndefined();
    const step = parseStepOptions({ ...options, temperature: 1, repetition_penalty: 1.2 });
    expect(sampler.sample(load(1), step).warnings).toEqual([
      expect.stringContaining("repetition_penalty"),
      sentence,
    ]);
  });
});

describe("OpenAI's response_format", () => {
  const schema = {
    type: "object",
    properties: { b: { type: "null" } },
    required: ["b"],
    additionalProperties: false,
  };

  test.each([
    [{ type: "json_schema", json_schema: { name: "x", strict: true, schema } }],
    [{ type: "json_schema", name: "x", strict: null, schema }],
  ])("%j is a json_schema", (format) => {
    const { text } = written({ vocabulary: "demo", grammar: { ...format, whitespace: "compact" }, seed: 1 });
    expect(text).toBe('{"b":null}');
  });

  test("json_object is an object", () => {
    const { token_id } = openStream(sampler, { ...OPTIONS, grammar: { type: "json_object" } }).next(load(1));
    expect(Buffer.from(bytesOf(demoVocabulary(), token_id)).toString()).toMatch(/^\{/);
  });

  test("a grammar of a custom tool is a regex", () => {
    const nested = { type: "grammar", grammar: { syntax: "regex", definition: "ab" } };
    const flat = { type: "grammar", syntax: "regex", definition: "ab" };
    for (const grammar of [nested, flat])
      expect(written({ vocabulary: "demo", grammar, seed: 1 }).text).toBe("ab");
  });

  test("text is no grammar", () => {
    const free = { vocabulary: "demo", seed: 1, trace: true };
    const draw = (options: object) => sampler.sample(load(1), parseStepOptions(options));
    expect(draw({ ...free, grammar: { type: "text" } }).token_id).toBe(draw(free).token_id);
  });

  test("others are refused, and pointers lead into the format", () => {
    const draw = (grammar: object) => () => openStream(sampler, { ...OPTIONS, grammar }).next(load(1));
    expect(problemOf(draw({ type: "xml" }))).toMatchObject({
      pointer: "/grammar",
      message: expect.stringContaining(
        "type must be one of json_schema, json_object, structural_tag, grammar, text",
      ),
    });
    expect(problemOf(draw({ type: "json_schema", json_schema: { schema: { type: 1 } } }))).toMatchObject({
      code: "grammar_invalid",
      pointer: "/grammar/json_schema/schema/type",
    });
  });
});
