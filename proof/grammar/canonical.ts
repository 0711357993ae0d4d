/**
 * Checks `forced: "canonical"` along texts that real tokenizers encode: the tokens listed after each token must be the
 * tokenizer's. llguidance lists its own (compute_ff_tokens) along the same texts. The texts are valid instances of
 * JSONSchemaBench when it is installed, otherwise of seeded schemas.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { canonicalBehind } from "../../src/grammar/canonical.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { wholeCharacters } from "../../src/vocabulary/text.ts";
import { tokensOfTokenizerJson } from "../../src/vocabulary/tokenizer-json.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import { instanceOf } from "./instances.ts";
import { randomSchema } from "./schemas.ts";
import { readWritten, written } from "./written.ts";

const SCRIPT = fileURLToPath(new URL("python/encode.py", import.meta.url));
const UTF8 = new TextEncoder();

export interface CanonicalTally {
  texts: number;
  tokens: number;
  /** tokens listed in advance, of all tokens */
  told: number;
  share: number;
  /**
   * the same for the texts whose schemas llguidance accepts: the number of tokens it lists, and how many of them are
   * wrong
   */
  both: { tokens: number; ours: number; llguidance: number; llguidance_wrong: number };
  wrong: string[];
}

interface Answer {
  readonly ids: readonly number[];
  readonly told: number | null;
  readonly wrong: number;
}

interface Sample {
  readonly schema: unknown;
  readonly grammar: Grammar;
  readonly text: string;
}

/** The texts of every `every`-th file of JSONSchemaBench. */
export function benchSamples(folder: string, every: number): readonly Sample[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files
    .sort()
    .filter((_, i) => i % every === 0)
    .flatMap((file) => {
      const { schema, tests = [] } = readWritten(readFileSync(join(folder, file), "utf8")) as {
        schema: unknown;
        tests?: readonly { valid: boolean; data: unknown }[];
      };
      return samplesOf(
        schema,
        tests.flatMap(({ valid, data }) => (valid ? [data] : [])),
      );
    });
}

/** Texts of seeded schemas. */
export function seededSamples(count: number, seed: number): readonly Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const random = seeded(seed, i);
    const schema = randomSchema(random.unit);
    return samplesOf(
      schema,
      Array.from({ length: 4 }, () => instanceOf(random, schema)),
    );
  }).flat();
}

/** The compact texts of the values that the schema accepts; none when it does not compile. */
function samplesOf(schema: unknown, values: readonly unknown[]): readonly Sample[] {
  try {
    const how = { whitespace: "compact", property_order: "schema" } as const;
    const grammar = compiled({ kind: "json_schema", value: schema, ...how });
    return values.flatMap((value) => {
      const text = written(value);
      const state = grammar.advance(grammar.start, UTF8.encode(text));
      return state !== NEVER && grammar.automaton.nullable(state) ? [{ schema, grammar, text }] : [];
    });
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

/** Throws an Error when the tokenizer is unknown. */
export function againstTokenizer(python: string, path: string, samples: readonly Sample[]): CanonicalTally {
  const vocabulary = createVocabulary("real", tokensOfTokenizerJson(readFileSync(path, "utf8")));
  if (typeof vocabulary.tokenizer === "string") throw new Error(vocabulary.tokenizer);
  const input = samples
    .map(({ schema, text }) => `{"schema":${written(schema)},"text":${JSON.stringify(text)}}`)
    .join("\n");
  const lines = execFileSync(python, [SCRIPT, path], { input, maxBuffer: 2 ** 28 })
    .toString()
    .trimEnd()
    .split("\n");
  const tally: CanonicalTally = {
    texts: samples.length,
    tokens: 0,
    told: 0,
    share: 0,
    both: { tokens: 0, ours: 0, llguidance: 0, llguidance_wrong: 0 },
    wrong: [],
  };
  const matchers = new Map<Grammar, Matcher>();
  for (const [i, { grammar, text }] of samples.entries()) {
    const { ids, told, wrong } = JSON.parse(lines[i] ?? "") as Answer;
    const before = tally.told;
    const matcher =
      matchers.get(grammar) ?? new Matcher(grammar, vocabulary, { after: undefined, end_ids: undefined });
    matchers.set(grammar, matcher);
    follow(matcher, ids, text, tally);
    if (told === null) continue;
    tally.both.tokens += ids.length;
    tally.both.ours += tally.told - before;
    tally.both.llguidance += told;
    tally.both.llguidance_wrong += wrong;
  }
  tally.share = tally.told / tally.tokens;
  return tally;
}

function follow(matcher: Matcher, ids: readonly number[], text: string, tally: CanonicalTally): void {
  const { grammar, vocabulary } = matcher;
  grammar.tidy();
  let state = grammar.start;
  tally.tokens += ids.length;
  for (let at = 0; at < ids.length; at++) {
    state = matcher.advance(state, ids[at]!);
    if (state === NEVER) {
      tally.wrong.push(`${text}: left at token ${at}`);
      return;
    }
    const forced = wholeCharacters(grammar.automaton.forcedBytes(state, 1024)) ?? "";
    const told = allAtOnce(canonicalBehind(matcher, state, forced, ids.slice(0, at + 1), vocabulary.size));
    const real = ids.slice(at + 1, at + 1 + told.length);
    if (told.some((id, i) => id !== real[i]))
      tally.wrong.push(
        `${text.slice(0, 300)}: behind token ${at}, forced ${JSON.stringify(forced)}: told ${told.join()}, is ${real.join()}`,
      );
    tally.told += told.length;
    for (const id of real) state = matcher.advance(state, id);
    at += real.length;
  }
}
