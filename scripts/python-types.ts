/**
 * clients/python/logit_sampler/types.py: the options and replies of the Python package as TypedDicts, made, like the
 * TypeScript types, from the schemas with which the service checks requests.
 */
import * as z from "zod";
import { COMPARE_FIELDS } from "../src/sampling/compare/options.ts";
import { STEP_OPTIONS } from "../src/sampling/options/step-options.ts";
import { CLAIM_FIELDS } from "../src/sampling/replay.ts";
import { VERIFY_OPTIONS } from "../src/sampling/verify/options.ts";
import { ANALYSIS_REPLIES } from "../src/schemas/analysis-replies.ts";
import { ANALYSIS_HEADERS } from "../src/schemas/analysis-requests.ts";
import { BEAM_REPLY, RESAMPLE_REPLY } from "../src/schemas/beam.ts";
import { COMMON_REPLY } from "../src/schemas/common-tokens.ts";
import { COMPARE_REPLY } from "../src/schemas/compare.ts";
import { GRAMMAR_REPLY } from "../src/schemas/grammar.ts";
import { type JsonSchema, jsonSchemaOf, propertiesOf } from "../src/schemas/options.ts";
import { REPLAY_REPLY } from "../src/schemas/replay.ts";
import { STEP_REPLY } from "../src/schemas/replies.ts";
import { STEP_TENSOR_FIELDS } from "../src/schemas/tensor.ts";
import { VERIFY_REPLY } from "../src/schemas/verify.ts";
import { DETECT_REPLY, DETECT_REQUEST } from "../src/schemas/watermark.ts";
import { factsOf } from "./client-types.ts";

type Fields = Readonly<Record<string, JsonSchema>>;
/** Options are only read, so they may be any sequence or mapping; replies are lists and dictionaries. */
type Side = "option" | "reply";

const REPLIES = {
  ...ANALYSIS_REPLIES,
  CompareReply: COMPARE_REPLY,
  ReplayReply: REPLAY_REPLY,
  DetectReply: DETECT_REPLY,
  GrammarReply: GRAMMAR_REPLY,
  CommonTokensReply: COMMON_REPLY,
  BeamReply: BEAM_REPLY,
  ResampleReply: RESAMPLE_REPLY,
};

/** Options that only a step has; calls that compare chains declare them themselves. */
const OF_CHAINS = ["preset", "variant", "chain", "state", "combine", "sources"];
/** Options that a stream stores itself. */
const KEPT_BY_STREAMS = ["history", "prompt_length", "step", "state"];
/** Options whose Python type differs from the JSON type: further types that the client accepts, and integers. */
const WIDER: Readonly<Record<string, string>> = {
  seed: "Union[int, str]",
  token_bitmask: "Union[str, bytes, bytearray, memoryview, Array]",
};

const HEAD = `"""Options and replies, as types: generated from the schemas by \`npm run generate\`. Change those, not this file.

The service checks every option and refuses what it does not know. In options, arrays may be those of numpy.
"""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Mapping, Optional, Protocol, Sequence, TypedDict, Union


class Array(Protocol):
    """An array of numpy, or of another library that gives its numbers as a list."""

    def tolist(self) -> Any: ...


Ints = Union[Sequence[int], Array]
Floats = Union[Sequence[float], Array]
`;

/** The whole file. */
export function pythonTypes(): string {
  const step = fieldsOf(STEP_OPTIONS);
  const draft = without(fieldsOf(VERIFY_OPTIONS), ["draft_token_ids"]);
  const { draft_token_ids } = fieldsOf(VERIFY_OPTIONS);
  const { dtype, shape } = fieldsOf(STEP_TENSOR_FIELDS);
  const types = new PythonTypes();
  types.options(
    "_SharedOptions",
    without(step, [...OF_CHAINS, "n"]),
    "Options that every call with steps has.",
  );
  types.options("_ChainedOptions", only(step, OF_CHAINS), "And those that choose a chain.", "_SharedOptions");
  types.options("StepOptions", only(step, ["n"]), "Options of one step.", "_ChainedOptions");
  types.options("StreamOptions", { dtype: dtype!, shape: shape! }, "Options of a stream.", "StepOptions");
  types.changes("OptionChanges", without(step, KEPT_BY_STREAMS));
  types.options("DraftOptions", draft, "How a draft is verified.");
  types.options("VerifyOptions", draft, "Options of a draft and of its steps.", "_ChainedOptions");
  types.sequence("VerifySequence", draft_token_ids!, "VerifyOptions");
  const { compare: _, ...compared } = fieldsOf(z.strictObject(COMPARE_FIELDS));
  types.options(
    "CompareOptions",
    { ...only(step, ["n"]), ...compared },
    "What all arms share.",
    "_SharedOptions",
  );
  for (const [name, schema] of Object.entries(ANALYSIS_HEADERS)) {
    const fields = without(
      fieldsOf(schema),
      Object.keys(STEP_TENSOR_FIELDS.shape).filter((each) => each !== "vocab_size"),
    );
    types.options(`${name}Options`, fields, `Options of ${name.toLowerCase()}.`);
  }
  types.options(
    "ReplayStep",
    fieldsOf(z.strictObject(CLAIM_FIELDS)),
    "A step with what was claimed of it.",
    "StepOptions",
  );
  types.options(
    "DetectOptions",
    without(fieldsOf(DETECT_REQUEST), ["token_ids", "texts"]),
    "The mark to look for.",
  );
  types.reply("Sampled", STEP_REPLY);
  types.reply("Verified", VERIFY_REPLY);
  for (const [name, schema] of Object.entries(REPLIES)) if (name.endsWith("Reply")) types.reply(name, schema);
  return `${HEAD}\n\n${types.text()}`;
}

function fieldsOf(schema: z.ZodType): Fields {
  return propertiesOf(jsonSchemaOf(schema));
}

function only(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, fields[name]!]));
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** Collects classes, each after the classes that it names. */
class PythonTypes {
  readonly #classes: string[] = [];
  /** names of nested types, by their content */
  readonly #named = new Map<string, string>();

  text(): string {
    return `${this.#classes.join("\n\n")}`;
  }

  options(name: string, fields: Fields, about: string, base = "TypedDict"): void {
    this.#emit(name, about, fields, "option", { base });
  }

  /** Every option, any of which may be None to remove it. */
  changes(name: string, fields: Fields): void {
    const lines = Object.entries(fields).map(
      ([each, schema]) =>
        `    ${each}: ${optional(this.#typeOf(schema, pascal("StepOptions", each), "option", each))}\n`,
    );
    const about = "Options that may change on a stream; None takes one back. Each is as in StepOptions.";
    this.#classes.push(`class ${name}(TypedDict, total=False):\n    """${about}"""\n\n${lines.join("")}`);
  }

  sequence(name: string, draft_token_ids: JsonSchema, base: string): void {
    this.#classes.push(
      `class _Drafted(TypedDict):\n${this.#field("draft_token_ids", draft_token_ids, "_Drafted", "option")}`,
      `class ${name}(_Drafted, ${base}):\n    """One sequence of a batch of drafts: its draft, and the options of its own."""\n`,
    );
  }

  reply(name: string, schema: z.ZodType): void {
    const json = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as JsonSchema; // plain JSON
    this.#object(mergedOf(json), name, "reply");
  }

  /** The name of the type of an object with named fields. */
  #object(schema: JsonSchema, name: string, side: Side): string {
    const key = JSON.stringify(
      [side, propertiesOf(schema), [...requiredOf(schema)]],
      (each, value: unknown) => (each === "description" ? undefined : value),
    );
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    this.#named.set(key, name);
    const about = typeof schema["description"] === "string" ? schema["description"] : `Part of ${name}.`;
    this.#emit(name, about, propertiesOf(schema), side, { required: requiredOf(schema) });
    return name;
  }

  #emit(
    name: string,
    about: string,
    fields: Fields,
    side: Side,
    { base = "TypedDict", required = new Set<string>() }: { base?: string; required?: ReadonlySet<string> },
  ): void {
    const entries = Object.entries(fields);
    if (entries.some(([each]) => KEYWORDS.has(each))) {
      const items = entries.map(
        ([each, schema]) => `"${each}": ${this.#typeOf(schema, pascal(name, each), side, each)}`,
      );
      this.#classes.push(`${name} = TypedDict("${name}", {${items.join(", ")}})\n`);
      return;
    }
    const needed = entries.filter(([each]) => required.has(each));
    const free = entries.filter(([each]) => !required.has(each));
    const said = `    ${docstring(about, 4)}\n`;
    const body = (part: typeof entries) =>
      part.map(([each, schema]) => this.#field(each, schema, name, side)).join("");
    // Types of fields are generated before the class, so that they come first in the file.
    const [first, rest] = [body(needed), body(free)];
    if (needed.length === 0) this.#classes.push(`class ${name}(${base}, total=False):\n${said}\n${rest}`);
    else if (free.length === 0) this.#classes.push(`class ${name}(${base}):\n${said}\n${first}`);
    else {
      const whole = `class ${name}(_${name}, total=False):\n${said}\n${rest}`;
      this.#classes.push(`class _${name}(${base}):\n${first}`, whole);
    }
  }

  #field(name: string, schema: JsonSchema, owner: string, side: Side): string {
    const facts = factsOf(schema);
    const type = this.#typeOf(schema, pascal(owner, name), side, name);
    return `    ${name}: ${type}\n${facts === "" ? "" : `    ${docstring(facts, 4)}\n`}`;
  }

  #typeOf(schema: JsonSchema, name: string, side: Side, field = ""): string {
    if (side === "option" && WIDER[field] !== undefined) return WIDER[field];
    const { type, anyOf, items, prefixItems } = schema as {
      readonly type?: string | readonly string[];
      readonly anyOf?: readonly JsonSchema[];
      readonly items?: JsonSchema | false;
      readonly prefixItems?: readonly JsonSchema[];
    };
    if (schema["const"] !== undefined) return `Literal[${pythonText(schema["const"])}]`;
    if (Array.isArray(schema["enum"])) return `Literal[${schema["enum"].map(pythonText).join(", ")}]`;
    if (anyOf !== undefined) return this.#union(anyOf, name, side);
    if (Array.isArray(type))
      return union(type.map((each) => this.#typeOf({ ...schema, type: each }, name, side)));
    if (prefixItems !== undefined) return this.#list(unionSchema(prefixItems), name, side);
    if (type === "array") return this.#list(items === false || items === undefined ? {} : items, name, side);
    if (type === "object") return this.#mapping(schema, name, side);
    return (
      { integer: "int", number: "float", boolean: "bool", string: "str", null: "None" }[String(type)] ?? "Any"
    );
  }

  #union(anyOf: readonly JsonSchema[], name: string, side: Side): string {
    const objects = anyOf.filter((each) => isNamed(each));
    if (side === "reply" && objects.length > 1) {
      const others = anyOf.filter((each) => !isNamed(each)).map((each) => this.#typeOf(each, name, side));
      return union([this.#object(mergedOf({ anyOf: objects }), name, side), ...others]);
    }
    return union(anyOf.map((each) => this.#typeOf(each, name, side)));
  }

  #list(items: JsonSchema, name: string, side: Side): string {
    const item = this.#typeOf(items, name, side);
    if (side === "reply") return `List[${item}]`;
    return { int: "Ints", float: "Floats" }[item] ?? `Sequence[${item}]`;
  }

  #mapping(schema: JsonSchema, name: string, side: Side): string {
    if (isNamed(schema) && schema["additionalProperties"] === false) return this.#object(schema, name, side);
    const values = schema["additionalProperties"] as JsonSchema | undefined;
    const plain = values === undefined || isNamed(schema) || Object.keys(values).length === 0;
    const value = plain ? "Any" : this.#typeOf(values, name, side);
    // Keys of options may be token ids.
    return side === "reply" ? `Dict[str, ${value}]` : `Mapping[Any, ${value}]`;
  }
}

const KEYWORDS = new Set([
  "from",
  "in",
  "is",
  "not",
  "class",
  "global",
  "with",
  "as",
  "pass",
  "None",
  "lambda",
]);

function isNamed(schema: JsonSchema): boolean {
  return Object.keys(propertiesOf(schema)).length > 0;
}

function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set((schema["required"] ?? []) as readonly string[]); // JSON Schema has it so
}

/** One object for a union of reply types: the fields that all have are required, the others may be absent. */
function mergedOf(schema: JsonSchema): JsonSchema {
  const parts = schema["anyOf"] as readonly JsonSchema[] | undefined;
  if (parts === undefined) return schema;
  const whole = parts.map(mergedOf);
  const properties: Record<string, JsonSchema> = {};
  for (const part of whole)
    for (const [name, each] of Object.entries(propertiesOf(part))) properties[name] ??= each;
  const required = [...requiredOf(whole[0] ?? {})].filter((name) =>
    whole.every((part) => requiredOf(part).has(name)),
  );
  return { type: "object", additionalProperties: false, ...schema, anyOf: undefined, properties, required };
}

function unionSchema(parts: readonly JsonSchema[]): JsonSchema {
  return { anyOf: parts };
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  const values = distinct.filter((type) => type !== "None");
  const literals = values.filter((type) => type.startsWith("Literal["));
  const others = values.filter((type) => !type.startsWith("Literal["));
  // An int is a float to a type checker, as it is in JSON.
  const plain = others.includes("float") ? others.filter((type) => type !== "int") : others;
  const joined =
    literals.length > 0 ? [`Literal[${literals.map((each) => each.slice(8, -1)).join(", ")}]`] : [];
  const all = [...plain, ...joined];
  const one = all.length === 1 ? String(all[0]) : `Union[${all.join(", ")}]`;
  return distinct.includes("None") ? optional(one) : one;
}

function optional(type: string): string {
  return type.startsWith("Optional[") || type === "Any" ? type : `Optional[${type}]`;
}

function pythonText(value: unknown): string {
  if (value === true) return "True";
  return value === false ? "False" : JSON.stringify(value);
}

function pascal(owner: string, field: string): string {
  const words = field.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  // A shared type is named after the first request that uses it.
  return `${owner.replace(/^_(Shared|Chained)/, "Step").replace(/^_/, "")}${words.join("")}`;
}

const WIDTH = 120;

/** Text between quotes, wrapped. */
function docstring(text: string, indent: number): string {
  const safe = text.replaceAll("\\", "\\\\").replaceAll('"""', "'''");
  const lines: string[] = [];
  let line = '"""';
  for (const word of safe.split(/\s+/)) {
    if (line.length + word.length + 1 + indent > WIDTH && line.length > 3) {
      lines.push(line);
      line = "";
    }
    line += line === "" || line === '"""' ? word : ` ${word}`;
  }
  lines.push(line);
  const last = lines.join(`\n${" ".repeat(indent)}`);
  return last.endsWith('"') ? `${last} """` : `${last}"""`;
}
