/** Helpers for tests of grammars: whether texts are accepted, and which tokens may follow. */
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { bytesOf, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";

export const DEMO = demoVocabulary();
const UTF8 = new TextEncoder();

export function grammarOf(
  kind: string,
  value: unknown,
  how: Partial<Omit<GrammarSource, "kind" | "value">> = {},
): Grammar {
  return compiled({ kind, value, whitespace: "compact", property_order: "schema", ...how });
}

/** "whole", "begun" when more must follow, "no" when no continuation is accepted. */
export function takes(grammar: Grammar, text: string): "whole" | "begun" | "no" {
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  if (state === NEVER) return "no";
  return grammar.automaton.nullable(state) ? "whole" : "begun";
}

/** The texts of the tokens that may follow a text. */
export function allowedBehind(grammar: Grammar, text: string, vocabulary: Vocabulary = DEMO): string[] {
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  const mask = matcher.masks.of(grammar.advance(grammar.start, UTF8.encode(text)));
  const texts: string[] = [];
  for (let id = 0; id < vocabulary.size; id++)
    if (((mask[id >>> 5]! >>> (id & 31)) & 1) === 1)
      texts.push(Buffer.from(bytesOf(vocabulary, id)).toString("latin1"));
  return texts;
}

/** The code, pointer and message of the refusal of a grammar. */
export function refusal(kind: string, value: unknown): string {
  try {
    grammarOf(kind, value);
  } catch (error) {
    if (error instanceof Problem) return `${error.code} ${error.pointer}: ${error.message}`;
    throw error;
  }
  return "taken";
}
