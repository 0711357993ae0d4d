/** Seeded schemas of all shapes: combines the parts of real schemas at random. */

type Schema = Readonly<Record<string, unknown>>;
type Random = () => number;

const NAMES = ["name", "age", "id", "items", "kind", "note", "tags", "x", "y", "is_on", "größe", "a b", "na"];
const PATTERNS = [
  "^[a-z]+$",
  "^\\d{3}-\\d{4}$",
  "^(red|green|blue)$",
  "^[A-Z][a-z]{0,5}$",
  "^a?b*c+$",
  "^[^0-9]{2,4}$",
];
const FORMATS = ["date", "time", "date-time", "uuid", "ipv4", "email", "hostname", "duration"];
const WORDS = ["a", "b", "red", "green", "x y", 'qu"ote', "é", "", "1"];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

export function randomSchema(random: Random, depth = 0): Schema {
  const makers = depth > 2 ? SCALARS : [...SCALARS, object, object, object, array, array, union];
  return pick(random, makers)(random, depth);
}

type Maker = (random: Random, depth: number) => Schema;

const whole = (random: Random, max: number) => Math.floor(random() * (max + 1));

function bounds(random: Random, low: string, high: string, max: number): Schema {
  const min = whole(random, max);
  return {
    ...(random() < 0.5 && { [low]: min }),
    ...(random() < 0.5 && { [high]: min + whole(random, max) }),
  };
}

const SCALARS: readonly Maker[] = [
  () => ({ type: "string" }),
  (random) => ({ type: "string", ...bounds(random, "minLength", "maxLength", 6) }),
  (random) => ({ type: "string", pattern: pick(random, PATTERNS) }),
  (random) => ({ type: "string", format: pick(random, FORMATS) }),
  () => ({ type: "integer" }),
  () => ({ type: "number" }),
  (random) => ({ type: "integer", ...bounds(random, "minimum", "maximum", 300) }),
  (random) => ({ type: "integer", minimum: -whole(random, 50), maximum: whole(random, 1000) }),
  (random) => ({ type: "number", minimum: whole(random, 9), maximum: 10 + whole(random, 90) + 0.5 }),
  () => ({ type: "boolean" }),
  () => ({ type: "null" }),
  (random) => ({ enum: [...new Set([pick(random, WORDS), pick(random, WORDS), whole(random, 20), null])] }),
  (random) => ({ const: pick<unknown>(random, [...WORDS, 7, true, null, [1, "a"], { a: 1 }]) }),
  (random) => ({ type: ["string", "null"], ...(random() < 0.3 && { maxLength: 3 }) }),
];

function object(random: Random, depth: number): Schema {
  const names = [...new Set(Array.from({ length: 1 + whole(random, 4) }, () => pick(random, NAMES)))];
  const properties = Object.fromEntries(names.map((name) => [name, randomSchema(random, depth + 1)]));
  const additional = random();
  return {
    type: "object",
    properties,
    required: names.filter(() => random() < 0.5),
    ...(additional < 0.7
      ? { additionalProperties: false }
      : additional < 0.85 && { additionalProperties: randomSchema(random, depth + 2) }),
  };
}

function array(random: Random, depth: number): Schema {
  const items = randomSchema(random, depth + 1);
  if (random() < 0.2)
    return { type: "array", prefixItems: [items, randomSchema(random, depth + 1)], items: false };
  return { type: "array", items, ...bounds(random, "minItems", "maxItems", 3) };
}

function union(random: Random, depth: number): Schema {
  return { anyOf: [randomSchema(random, depth + 1), randomSchema(random, depth + 1)] };
}

/** A schema that refers back to itself. */
export function recursiveSchema(random: Random): Schema {
  const own = { $ref: "#/$defs/node" };
  return {
    $defs: {
      node: {
        type: "object",
        properties: {
          value: randomSchema(random, 2),
          children: { type: "array", items: own },
          next: { anyOf: [own, { type: "null" }] },
        },
        required: random() < 0.5 ? ["value"] : ["value", "children"],
        additionalProperties: false,
      },
    },
    ...own,
  };
}
