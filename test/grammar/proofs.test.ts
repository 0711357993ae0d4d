/** Short forms of what `npm run proof:grammar` holds: other engines' masks, oracles over mutated grammars, ajv over texts. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fuzz } from "../../proof/grammar/fuzz.ts";
import { type AgreedMasks, hashOf } from "../../proof/grammar/oracle.ts";
import { drawTexts } from "../../proof/grammar/texts.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { DEMO, grammarOf } from "./texts.ts";

test("masks that llguidance agreed on are what they were", () => {
  const lines = readFileSync("test/vectors/grammar/masks.ndjson", "utf8").trim().split("\n");
  let places = 0;
  for (const line of lines) {
    const { value, token_ids, hashes } = JSON.parse(line) as AgreedMasks;
    const grammar = grammarOf("json_schema", value);
    const matcher = new Matcher(grammar, DEMO, { after: undefined, end_ids: [] });
    let state = grammar.start;
    for (const [i, hash] of hashes.entries()) {
      if (hash !== null) {
        expect(hashOf(matcher.masks.of(state)), `${line.slice(0, 200)} at ${i}`).toBe(hash);
        places++;
      }
      state = matcher.advance(state, token_ids[i] ?? 0);
    }
  }
  expect(places).toBeGreaterThan(1000);
});

test("mutated grammars: none hangs or crashes, and masks are the oracles'", () => {
  const { wrong, compiled, tokens, values, completed } = fuzz({ count: 80, seed: 11 });
  expect(wrong).toEqual([]);
  expect(compiled).toBeGreaterThan(20);
  expect(tokens).toBeGreaterThan(20_000);
  expect(values).toBeGreaterThan(200);
  expect(completed).toBeGreaterThan(40);
});

test("texts drawn from masks parse, and are valid by ajv", () => {
  const { wrong, texts, unfinished } = drawTexts(DEMO, { schemas: 8, texts: 6, seed: 5 });
  expect(wrong).toEqual([]);
  expect(texts - unfinished).toBeGreaterThan(40);
});
