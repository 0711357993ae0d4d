/** Strings under a set of schemas, as a node. */

import { Problem, show } from "../../errors.ts";
import { choiceNode } from "../choices.ts";
import { KIND, NEVER, UNLIMITED } from "../nodes.ts";
import { matched, searched } from "../regex/anchors.ts";
import { ANY } from "../regex/code-points.ts";
import { regexNode } from "../regex/compile.ts";
import { type Regex, readRegex } from "../regex/syntax.ts";
import type { Place, SchemaDocument, SchemaObject } from "./document.ts";
import { FORMAT_BY_NAME, FORMATS } from "./formats.ts";
import type { Lexemes } from "./lexemes.ts";
import { NOT_PATTERNS, NOT_VALUES } from "./negation.ts";

export function* stringNode(
  lexemes: Lexemes,
  places: readonly Place[],
  document: SchemaDocument,
): Generator<undefined, number> {
  const { nodes } = lexemes;
  let min = 0;
  let max = UNLIMITED;
  const parts: number[] = [];
  for (const place of places) {
    const schema = place.schema as SchemaObject; // booleans were dealt with
    min = Math.max(min, (schema["minLength"] as number | undefined) ?? 0);
    max = Math.min(max, (schema["maxLength"] as number | undefined) ?? UNLIMITED);
    if (schema["pattern"] !== undefined) {
      const node = yield* heldPattern(lexemes, schema["pattern"] as string, place, document);
      if (node !== undefined) parts.push(node);
    }
    for (const pattern of (schema[NOT_PATTERNS] as readonly string[] | undefined) ?? [])
      parts.push(nodes.not(yield* patternNode(lexemes, pattern, place.pointer)));
    const others = (schema[NOT_VALUES] as readonly unknown[] | undefined) ?? [];
    const texts = others.filter((value) => typeof value === "string").map((text) => JSON.stringify(text));
    if (texts.length > 0) parts.push(nodes.not(yield* choiceNode(nodes, texts)));
    if (schema["format"] === undefined) continue;
    const format = formatOf(schema["format"] as string, place, document);
    if (format === undefined) continue;
    parts.push(yield* quotedRegex(lexemes, matched(yield* readRegex(format.regex, nodes.effort))));
    max = Math.min(max, format.length_max ?? UNLIMITED);
  }
  if (max < min) return NEVER;
  if (parts.length === 0) return lexemes.quoted(nodes.wordRepeat(lexemes.character, min, max));
  const positive = parts.some((part) => nodes.kind[part] !== KIND.not);
  const lengths =
    positive && min === 0 && max === UNLIMITED
      ? []
      : [lexemes.quoted(nodes.wordRepeat(lexemes.encode(ANY), min, max))];
  return nodes.and([...lengths, ...parts]);
}

/** Like the above when the pattern is supported; undefined: the pattern is not enforced. */
function* heldPattern(
  lexemes: Lexemes,
  pattern: string,
  { pointer }: Place,
  document: SchemaDocument,
): Generator<undefined, number | undefined> {
  try {
    return yield* patternNode(lexemes, pattern, `${pointer}/pattern`);
  } catch (error) {
    document.weaken(error, "pattern");
    return undefined;
  }
}

/** Strings that contain a match of a pattern, written as by JSON.stringify. */
export function* patternNode(
  lexemes: Lexemes,
  pattern: string,
  pointer: string,
): Generator<undefined, number> {
  try {
    return yield* quotedRegex(lexemes, searched(yield* readRegex(pattern, lexemes.nodes.effort)));
  } catch (error) {
    throw error instanceof Problem ? error.within(pointer) : error;
  }
}

function* quotedRegex(lexemes: Lexemes, regex: Regex): Generator<undefined, number> {
  return lexemes.quoted(yield* regexNode(lexemes.nodes, regex, lexemes.encode));
}

/** undefined: the schema is not enforced. */
function formatOf(name: string, place: Place, document: SchemaDocument) {
  const format = FORMAT_BY_NAME.get(name);
  if (format !== undefined) return format;
  const names = FORMATS.map((known) => known.name).join(", ");
  const problem = new Problem(
    "grammar_unsupported",
    `format is supported for ${names}, got ${show(name)}`,
    `${place.pointer}/format`,
  );
  document.weaken(problem, "format");
  return undefined;
}
