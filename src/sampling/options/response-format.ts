/**
 * Translates OpenAI's `response_format`, `text.format` and the formats of its custom tools into grammars, so that a host
 * can pass on what it received.
 */
import { isRecord } from "../../is-record.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A grammar, and the pointer to its source in the format. */
export interface FromFormat {
  readonly fields: Fields;
  readonly pointer: string;
}

/** For each type of format, the translation of its fields; undefined when they do not have the right form. */
const FORMATS: Readonly<Record<string, (fields: Fields) => FromFormat | undefined>> = {
  json_schema({ json_schema, schema, name: _, description: __, strict: ___, ...others }) {
    const is_nested = isRecord(json_schema);
    const own = is_nested ? json_schema["schema"] : schema;
    if (own === undefined) return undefined;
    return {
      fields: { ...others, json_schema: own },
      pointer: is_nested ? "/json_schema/schema" : "/schema",
    };
  },
  json_object: (others) => ({ fields: { ...others, json_schema: { type: "object" } }, pointer: "/type" }),
  structural_tag({ structures, format, triggers, ...others }) {
    // vLLM's list of structures, or XGrammar's triggered tags
    if (Array.isArray(structures))
      return {
        fields: { ...others, triggers, tags: structures.map(tagOfStructure) },
        pointer: "/structures",
      };
    if (!isRecord(format) || format["type"] !== "triggered_tags" || !Array.isArray(format["tags"]))
      return undefined;
    const { type: _, tags, ...fields } = format;
    return {
      fields: { ...others, ...fields, tags: (tags as readonly unknown[]).map(tagOfXGrammar) },
      pointer: "/format/tags",
    };
  },
  grammar({ grammar, syntax, definition, ...others }) {
    const is_nested = isRecord(grammar);
    const own = is_nested ? grammar : { syntax, definition };
    if (typeof own["syntax"] !== "string") return undefined;
    const pointer = is_nested ? "/grammar/definition" : "/definition";
    return { fields: { ...others, [own["syntax"]]: own["definition"] }, pointer };
  },
};

/** {"begin", "schema", "end"}, the form of vLLM. */
function tagOfStructure(structure: unknown): unknown {
  if (!isRecord(structure)) return structure;
  const { schema, ...tag } = structure;
  return { ...tag, content: { json_schema: schema } };
}

/**
 * {"type": "tag", "begin", "content": {"type": "json_schema", "json_schema": {…}}, "end"}, the form of XGrammar.
 */
function tagOfXGrammar(tag: unknown): unknown {
  if (!isRecord(tag) || !isRecord(tag["content"])) return tag;
  const { type: _, content, ...others } = tag as Fields & { content: Fields };
  const { type, ...own } = content;
  if (type === "any_text") return { ...others, content: { any_text: true } };
  if (type === "regex") return { ...others, content: { regex: own["pattern"] } };
  return { ...others, content: own };
}

/** The format that allows any text. */
const FREE = "text";

export const FORMAT_TYPES = `type must be one of ${[...Object.keys(FORMATS), FREE].join(", ")}, written as OpenAI has it`;

/** True when a grammar is such a format: it has a `type`. */
export function isResponseFormat(value: unknown): value is Fields {
  return isRecord(value) && value["type"] !== undefined;
}

/** The grammar; "free" when any text is allowed, undefined when it is no such format. */
export function grammarOfFormat({ type, ...fields }: Fields): FromFormat | "free" | undefined {
  if (type === FREE && Object.keys(fields).length === 0) return "free";
  return typeof type === "string" && Object.hasOwn(FORMATS, type) ? FORMATS[type]?.(fields) : undefined;
}
