/** The tables of docs/structured.md: kinds of grammars, keywords of JSON Schema, formats of strings. */
import { cell, code, replaceParts, table } from "../../evidence/markdown.ts";
import { FORMATS } from "../../src/grammar/json/formats.ts";
import { KEYWORDS } from "../../src/grammar/json/keywords.ts";
import { GRAMMAR_KINDS } from "../../src/grammar/source.ts";

export function structuredPage(current: string): string {
  return replaceParts(current, {
    kinds: table(
      ["field", "its value", "the text is"],
      GRAMMAR_KINDS.map(({ name, must, says }) => [code(name), cell(must), cell(says)]),
    ),
    keywords: table(
      ["keyword", "", "what becomes of it"],
      KEYWORDS.map(({ name, kind, says }) => [code(name), kind, cell(says)]),
    ),
    formats: table(
      ["format", "what is held to"],
      FORMATS.map(({ name, says }) => [code(name), cell(says)]),
    ),
  });
}
