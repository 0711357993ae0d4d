/**
 * Forms of grammars whose work was once exponential or quadratic, each with a size. Some are ways in which people write
 * grammars; others are an attacker's.
 */

export interface Form {
  readonly kind: string;
  readonly value: unknown;
}

const names = (count: number, prefix = "p") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const texts = (count: number, prefix = "p") =>
  Object.fromEntries(names(count, prefix).map((name) => [name, { type: "string" }]));
const schema = (value: unknown): Form => ({ kind: "json_schema", value });

/** Definitions d0 … dn, each of which refers to the next one the given number of times; the last is `end`. */
function ladder(prefix: string, steps: number, times: number, end: unknown): Record<string, unknown> {
  const next = (i: number) => ({ $ref: `#/$defs/${prefix}${i + 1}` });
  return Object.fromEntries(
    Array.from({ length: steps + 1 }, (_, i) => [
      `${prefix}${i}`,
      i === steps ? end : { allOf: Array.from({ length: times }, () => next(i)) },
    ]),
  );
}

/** Objects with 7 required properties, each an object with 7 required properties, nested this deep. */
function nested(prefix: string, steps: number, end: unknown): Record<string, unknown> {
  const properties = (i: number) =>
    Object.fromEntries(names(7, "q").map((name) => [name, { $ref: `#/$defs/${prefix}${i - 1}` }]));
  return Object.fromEntries(
    Array.from({ length: steps + 1 }, (_, i) => [
      `${prefix}${i}`,
      i === 0 ? end : { type: "object", required: names(7, "q"), properties: properties(i) },
    ]),
  );
}

export const FORMS: Readonly<Record<string, (n: number) => Form>> = {
  "anyOf of what is required": (n) =>
    schema({
      type: "object",
      properties: texts(n),
      anyOf: [{ required: [`p${n - 1}`] }, { required: [`p${n - 2}`] }],
    }),
  dependentRequired: (n) =>
    schema({
      type: "object",
      properties: texts(n),
      dependentRequired: { p0: [`p${n - 1}`], p1: [`p${n - 2}`] },
    }),
  "anyOf of objects that share properties": (n) =>
    schema({
      anyOf: ["x", "y"].map((last) => ({
        type: "object",
        properties: { ...texts(n), [last]: { type: "string" } },
        required: [last],
      })),
    }),
  "not required": (n) =>
    schema({ type: "object", properties: texts(n), not: { required: [`p${n - 1}`, `p${n - 2}`] } }),
  "oneOf told apart by the last property": (n) =>
    schema({
      oneOf: ["a", "b"].map((kind) => ({
        type: "object",
        properties: { ...texts(n), kind: { const: kind } },
        required: ["kind"],
      })),
    }),
  "enum beside doubled references": (n) =>
    schema({ enum: [1], allOf: [{ $ref: "#/$defs/a0" }], $defs: ladder("a", n, 2, { type: "number" }) }),
  "oneOf over ninefold references": (n) =>
    schema({
      oneOf: [{ $ref: "#/$defs/a0" }, { $ref: "#/$defs/b0" }],
      $defs: { ...ladder("a", n, 9, { type: "number" }), ...ladder("b", n, 9, { type: "string" }) },
    }),
  "not over doubled references": (n) =>
    schema({ not: { $ref: "#/$defs/a0" }, $defs: ladder("a", n, 2, { type: "number" }) }),
  "oneOf of nested objects": (n) =>
    schema({
      oneOf: [{ $ref: `#/$defs/a${n}` }, { $ref: `#/$defs/b${n}` }],
      $defs: { ...nested("a", n, { type: "number" }), ...nested("b", n, { type: "string" }) },
    }),
  "uniqueItems over a const": (n) =>
    schema({ const: Array.from({ length: n }, (_, i) => i), uniqueItems: true }),
  "enum beside another enum": (n) =>
    schema({
      enum: Array.from({ length: n }, (_, i) => ({ a: i })),
      allOf: [{ enum: Array.from({ length: n }, (_, i) => ({ a: i + (i % 2 === 0 ? 0 : 0.5) })) }],
    }),
  "properties of Unicode in a description": (n) =>
    schema({
      type: "null",
      description: names(n, "X")
        .map((name) => `\\p{${name}}`)
        .join(""),
    }),
  "properties of Unicode that there are not": (n) =>
    schema({
      type: "string",
      pattern: names(n, "X")
        .map((name) => `\\p{${name}}`)
        .join(""),
    }),
  "a long literal again and again": (n) => ({ kind: "regex", value: `(?:${"abcdefgh".repeat(n)})*x` }),
  "many items, one after the other": (n) =>
    schema({ prefixItems: Array.from({ length: n }, (_, i) => ({ const: i * 7919 })), items: false }),
  "rules that call the next": (n) => ({
    kind: "gbnf",
    value: [
      "root ::= r0",
      ...Array.from({ length: n }, (_, i) => `r${i} ::= "a" r${i + 1} | "b"`),
      `r${n} ::= "c"`,
    ].join("\n"),
  }),
  "lookaheads in a row": (n) =>
    schema({
      type: "string",
      pattern: `^${names(n)
        .map((name) => `(?!${name})`)
        .join("")}[a-z0-9]*$`,
    }),
  "lookaheads one after another": (n) =>
    schema({
      type: "string",
      pattern: names(n)
        .map((name) => `a*(?!${name})`)
        .join(""),
    }),
  "lookaheads that nest": (n) => schema({ type: "string", pattern: "(?!a".repeat(n) + ")".repeat(n) }),
  "lookaheads before each character": (n) =>
    schema({
      type: "string",
      pattern: `^(?:${names(n)
        .map((name) => `(?!${name})`)
        .join("")}.)*$`,
    }),
  "a long lookahead": (n) => ({ kind: "regex", value: `^(?!${"abcdefgh".repeat(n)})[a-h]*$` }),
  "a lookahead of many branches": (n) =>
    schema({ type: "string", pattern: `^(?!(?:${names(n).join("|")})$)[a-z0-9]+$` }),
  "parts that may be left out": (n) => ({ kind: "regex", value: "(?:[a-c]d)?".repeat(n) }),
};
