/**
 * Draws texts from the masks of seeded schemas: all must parse, and ajv, which reads the schema itself, must find all
 * valid.
 */
import { seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import type { Vocabulary } from "../../src/vocabulary/vocabulary.ts";
import { validityOf } from "../../test/reference/grammar/validity.ts";
import { randomSchema, recursiveSchema } from "./schemas.ts";
import { walk } from "./walk.ts";

export interface TextsTally {
  schemas: number;
  texts: number;
  unfinished: number;
  wrong: string[];
}

const TOKENS_MAX = 400;

export function drawTexts(
  vocabulary: Vocabulary,
  { schemas, texts, seed }: { readonly schemas: number; readonly texts: number; readonly seed: number },
): TextsTally {
  const tally: TextsTally = { schemas: 0, texts: 0, unfinished: 0, wrong: [] };
  for (let i = 0; tally.schemas < schemas; i++) {
    const { unit } = seeded(seed, i);
    const value = i % 10 === 9 ? recursiveSchema(unit) : randomSchema(unit);
    const whitespace = i % 2 === 0 ? "compact" : "any";
    let grammar: Grammar;
    try {
      grammar = compiled({ kind: "json_schema", value, whitespace, property_order: "schema" });
    } catch (error) {
      if (error instanceof Problem) continue;
      throw error;
    }
    tally.schemas++;
    const isValid = validityOf(value);
    for (let k = 0; k < texts; k++) {
      const { text, is_complete } = walk(grammar, vocabulary, unit, TOKENS_MAX, 20);
      tally.texts++;
      if (!is_complete) tally.unfinished++;
      else if (!isValid(JSON.parse(text))) tally.wrong.push(`${JSON.stringify(value)}: ${text}`);
    }
  }
  return tally;
}
