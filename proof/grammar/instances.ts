/**
 * Seeded values near a schema: values that its keywords require, each keyword read alone, and the same with a fault.
 */
import type { Seeded } from "../../evidence/seeded.ts";
import { isRecord } from "../../src/is-record.ts";

const DEPTH_MAX = 5;
const SCALARS: readonly unknown[] = [null, true, false, 0, 1, -1, 7, 1.5, 300, "", "a", "ab", "é", "x y"];
/** Some of these match the patterns and formats of the seeded schemas. */
const TEXTS = [
  "",
  "a",
  "ab",
  "abc",
  "abcdefg",
  "éé",
  'qu"o',
  "\\",
  "\n",
  "😀",
  "red",
  "123-4567",
  "Abc",
  "aabc",
  "bcc",
  "cc",
  "2024-02-29",
  "2023-02-29",
  "12:00:00Z",
  "2024-01-01T00:00:00Z",
  "P1D",
  "127.0.0.1",
  "a@b.c",
  "a.b",
  "12345678-1234-1234-1234-123456789abc",
];
const NAMES = ["name", "age", "id", "items", "x", "y", "zz", "a b", "größe"];

/** A value that the schema may admit. */
export function instanceOf(random: Seeded, schema: unknown, root: unknown = schema, depth = 0): unknown {
  if (!isRecord(schema) || depth > DEPTH_MAX) return random.pick(SCALARS);
  const reference = schema["$ref"];
  if (typeof reference === "string") return instanceOf(random, lookedUp(root, reference), root, depth + 1);
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) return random.pick(schema["enum"]);
  for (const name of ["anyOf", "oneOf", "allOf"])
    if (Array.isArray(schema[name]) && schema[name].length > 0 && !random.oneIn(4))
      return instanceOf(random, random.pick(schema[name]), root, depth + 1);
  switch (typeWanted(random, schema)) {
    case "object":
      return objectOf(random, schema, root, depth);
    case "array":
      return arrayOf(random, schema, root, depth);
    case "string":
      return random.pick(TEXTS);
    case "integer":
    case "number":
      return numberOf(random, schema);
    default:
      return random.pick(SCALARS);
  }
}

function typeWanted(random: Seeded, schema: Readonly<Record<string, unknown>>): unknown {
  const type = schema["type"];
  if (type !== undefined) return Array.isArray(type) ? random.pick(type) : type;
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  if (schema["items"] !== undefined || schema["contains"] !== undefined) return "array";
  return random.pick(["object", "array", "string", "number", "null"]);
}

function objectOf(
  random: Seeded,
  schema: Readonly<Record<string, unknown>>,
  root: unknown,
  depth: number,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  for (const [name, own] of Object.entries(properties).slice(0, 5))
    if (required.includes(name) || !random.oneIn(3)) value[name] = instanceOf(random, own, root, depth + 1);
  for (const name of required) if (typeof name === "string") value[name] ??= random.pick(SCALARS);
  if (random.oneIn(3))
    value[random.pick(NAMES)] = instanceOf(random, schema["additionalProperties"], root, depth + 1);
  return value;
}

function arrayOf(
  random: Seeded,
  schema: Readonly<Record<string, unknown>>,
  root: unknown,
  depth: number,
): unknown[] {
  const { minItems, maxItems } = schema;
  const least = typeof minItems === "number" ? minItems : 0;
  const most = typeof maxItems === "number" ? maxItems : 3;
  const length = Math.min(least + random.below(Math.max(1, most - least + 1)), 6);
  const prefix: readonly unknown[] = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  return Array.from({ length }, (_, i) => {
    const own = prefix[i] ?? (random.oneIn(2) ? (schema["contains"] ?? schema["items"]) : schema["items"]);
    return instanceOf(random, own, root, depth + 1);
  });
}

function numberOf(random: Seeded, schema: Readonly<Record<string, unknown>>): number {
  const near = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].flatMap(
    (name) => {
      const bound = schema[name];
      return typeof bound === "number" && Math.abs(bound) < 1e6
        ? [bound - 1, bound, bound + 1, bound / 2]
        : [];
    },
  );
  return random.pick([0, -1, 3, 7, 2.5, 1000, ...near]);
}

/** The value with a second value inserted somewhere. */
export function withFault(random: Seeded, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.oneIn(5))
    return random.pick([...SCALARS, [], {}, [value], [1, 1]]);
  if (Array.isArray(value)) {
    if (random.oneIn(3)) return random.oneIn(2) ? value.slice(1) : [...value, value[0] ?? null];
    const at = random.below(value.length + 1);
    return value.map((item, i) => (i === at ? withFault(random, item) : item));
  }
  const members = Object.entries(value);
  const at = random.below(members.length + 1);
  if (random.oneIn(3)) return Object.fromEntries(members.filter((_, i) => i !== at));
  return Object.fromEntries(members.map(([name, own], i) => [name, i === at ? withFault(random, own) : own]));
}

function lookedUp(root: unknown, reference: string): unknown {
  let value = root;
  for (const part of reference.replace(/^#\/?/, "").split("/").filter(Boolean))
    value = isRecord(value) ? value[part] : undefined;
  return value;
}
