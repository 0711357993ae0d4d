/**
 * Tokens that a grammar forces, used as a draft: every reply has the bytes of plain decoding with the same seed, in
 * fewer calls.
 */
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../../src/sampling/report/report.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { parseVerifyOptions } from "../../../src/sampling/verify/options.ts";
import { verifyDraft } from "../../../src/sampling/verify/verify.ts";
import { demoVocabulary } from "../../../src/vocabulary/demo.ts";
import { spell } from "../../../src/vocabulary/spell.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";
import { bytesOf, createVocabulary, type Vocabulary } from "../../../src/vocabulary/vocabulary.ts";
import { randomRow, rowsOf } from "../sample.ts";

const UTF8 = new TextEncoder();
/** Only letters, so every text has one spelling and most of a JSON text is forced token by token. */
const LETTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const letters = createVocabulary("letters", {
  tokens: [...LETTERS.map((letter) => UTF8.encode(letter)), undefined],
  special: new Map([[LETTERS.length, "<end>"]]),
  end_ids: [LETTERS.length],
});
const demo = demoVocabulary();
/** bytes of each token of the demo vocabulary */
const LENGTHS = Array.from({ length: demo.size }, (_, id) => bytesOf(demo, id).length);
const DRAFTED_MAX = 16;
const TOKENS_MAX = 60;
const SEEDS = 2;
const sampler = createSampler({ vocab_size_max: demo.size, rows_max: DRAFTED_MAX + 1 }, undefined, {
  vocabularies: vocabulariesOf([letters, demo]),
});
const rowOf = rowsOf(sampler);
const rows = Array.from({ length: DRAFTED_MAX + 1 }, () => rowOf([0, 0]));

const SCHEMA = {
  type: "object",
  properties: {
    colour: { enum: ["red", "reddish", "blue"] },
    size: { type: "integer", minimum: 0, maximum: 99 },
    is_new: { type: "boolean" },
  },
  required: ["colour", "size", "is_new"],
  additionalProperties: false,
};
const PROMPT = [5, 9];

/** The model: arbitrary rows in which longer tokens are likelier, as in a trained model. */
function load(vocabulary: Vocabulary, text: readonly number[], index: number): void {
  const seed = text.reduce((hash, id) => (hash * 31 + id + 1) % 65_521, 11);
  const lengths = vocabulary === demo ? LENGTHS : undefined;
  const logits = randomRow(vocabulary.size, seed, true).map((x, id) => x / 4 + (lengths?.[id] ?? 1));
  rows[index]!.load(logits);
  rows[index]!.finish();
}

function optionsOf(vocabulary: Vocabulary, text: readonly number[], seed: number, chain: object) {
  const grammar = { json_schema: SCHEMA, whitespace: "compact", forced: true };
  const history = [...PROMPT, ...text];
  const place = { history, prompt_length: PROMPT.length, step: text.length };
  return { ...chain, vocabulary: vocabulary.name, grammar, seed, logprobs: true, ...place };
}

/** One row and one call per token. */
function plainly(vocabulary: Vocabulary, seed: number, chain: object): Sampled[] {
  const replies: Sampled[] = [];
  let state: unknown = null;
  while (replies.length < TOKENS_MAX && replies.at(-1)?.finish_reason === undefined) {
    const text = replies.map(({ token_id }) => token_id);
    load(vocabulary, text, 0);
    const options = parseStepOptions({ ...optionsOf(vocabulary, text, seed, chain), state });
    const reply = sampler.sample(rows[0]!, options);
    replies.push(reply);
    state = reply.state;
  }
  return replies;
}

type Drafter = (last: Sampled | undefined) => readonly number[];

/** A draft is the forced continuation that the last reply reported. */
function withDrafts(vocabulary: Vocabulary, seed: number, chain: object, drafter: Drafter) {
  const replies: Sampled[] = [];
  let [calls, drafted, accepted] = [0, 0, 0];
  let state: unknown = null;
  while (replies.length < TOKENS_MAX && replies.at(-1)?.finish_reason === undefined) {
    const text = replies.map(({ token_id }) => token_id);
    const draft_token_ids = drafter(replies.at(-1)).slice(0, DRAFTED_MAX);
    for (let i = 0; i <= draft_token_ids.length; i++)
      load(vocabulary, [...text, ...draft_token_ids.slice(0, i)], i);
    const options = { ...optionsOf(vocabulary, text, seed, chain), state, draft_token_ids };
    const target = rows.slice(0, draft_token_ids.length + 1);
    const verified = verifyDraft(sampler, { target, draft: [] }, parseVerifyOptions(options));
    replies.push(...verified.positions);
    state = verified.state;
    calls += 1;
    drafted += draft_token_ids.length;
    accepted += verified.accepted;
  }
  return { replies, calls, drafted, accepted };
}

const CHAINS = [
  { temperature: 0.8 },
  { temperature: 1.3, mirostat: 2, repetition_penalty: 1.2, penalty_scope: "history" },
  { temperature: 0 },
  { top_k: 3, draw: { rule: "gumbel" } },
];

describe.each([letters, demo])("what a schema forces, in tokens of $name", (vocabulary) => {
  test("forced: each drafted token is accepted, and no byte of a reply changes", () => {
    let [tokens, calls, drafted, accepted] = [0, 0, 0, 0];
    for (const chain of CHAINS)
      for (let seed = 0; seed < SEEDS; seed++) {
        const plain = plainly(vocabulary, seed, chain);
        const made = withDrafts(vocabulary, seed, chain, (last) => last?.forced ?? []);
        const count = Math.min(made.replies.length, plain.length); // the last draft may pass TOKENS_MAX
        expect(JSON.stringify(made.replies.slice(0, count))).toBe(JSON.stringify(plain.slice(0, count)));
        tokens += made.replies.length;
        calls += made.calls;
        drafted += made.drafted;
        accepted += made.accepted;
      }
    expect(accepted).toBe(drafted);
    // A call has one token more than it accepts, except the call in which the text ends.
    expect(calls).toBe(tokens - accepted + CHAINS.length * SEEDS);
    if (vocabulary === letters) expect(calls).toBeLessThan(0.4 * tokens);
  });

  test("forced_text, spelled by a tokenizer: no byte changes, and most of it is accepted", () => {
    let [drafted, accepted] = [0, 0];
    const encode: Drafter = (last) => spell(vocabulary, UTF8.encode(last?.forced_text ?? ""), "");
    for (const chain of CHAINS)
      for (let seed = 0; seed < SEEDS; seed++) {
        const plain = plainly(vocabulary, seed, chain);
        const made = withDrafts(vocabulary, seed, chain, encode);
        const count = Math.min(made.replies.length, plain.length);
        expect(JSON.stringify(made.replies.slice(0, count))).toBe(JSON.stringify(plain.slice(0, count)));
        drafted += made.drafted;
        accepted += made.accepted;
      }
    expect(drafted).toBeGreaterThan(80);
    expect(accepted).toBeGreaterThan(0.5 * drafted);
  });
});
