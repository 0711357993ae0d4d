/**
 * Mutations of a JSON text as a tree: values of the wrong type, missing, misspelt or repeated keys, unusual nesting.
 */
import type { Seeded } from "../../evidence/seeded.ts";

export const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  "",
  "x",
  "1",
  "Infinity",
  "-inf",
  " 1",
  "\u0000",
  "\ud800",
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  1.5,
  -1e-9,
  1e-320,
  1e308,
  -1e308,
  3.5e38,
  2 ** 24,
  2 ** 31,
  2 ** 53,
  2 ** 64,
  [],
  {},
  [[]],
  [null],
  [0],
  [1.5],
  ["0"],
  [-1],
  [1, 1],
  { "0": 1 },
  { "": 1 },
  { "01": 1 },
  { a: { b: 1 } },
  { stage: "top_k" },
  { stage: "top_q" },
  "gzip",
  "f64",
  "a".repeat(300),
];

const KEYS = [
  "temprature",
  "logits",
  "rows",
  "chain",
  "stage",
  "seed",
  "constructor",
  "toString",
  "",
  "a/b~c",
  "data",
  "type",
];

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

/** A text that is not JSON is returned unchanged. */
export function mutateJson(text: string, random: Seeded): string {
  let root: { value: unknown };
  try {
    root = { value: JSON.parse(text) as unknown };
  } catch {
    return text;
  }
  const places = [...placesOf(root as Record<string, unknown>)];
  random.pick(EDITS)(random.pick(places), random, places);
  const written = JSON.stringify(root.value, undefined, random.oneIn(4) ? random.below(5) : 0) ?? "null";
  return random.oneIn(6) ? doubled(written, random) : written;
}

/** Every position of a value; long lists are not entered. */
function* placesOf(holder: Record<string, unknown> | unknown[]): Generator<Place> {
  const keys = Array.isArray(holder) ? [...holder.keys()].slice(0, 8) : Object.keys(holder);
  for (const key of keys) {
    yield { holder, key };
    const value = valueAt({ holder, key });
    if (typeof value === "object" && value !== null) yield* placesOf(value as Record<string, unknown>);
  }
}

function valueAt({ holder, key }: Place): unknown {
  return (holder as Record<string | number, unknown>)[key];
}

function put({ holder, key }: Place, value: unknown): void {
  (holder as Record<string | number, unknown>)[key] = value;
}

type Edit = (place: Place, random: Seeded, places: readonly Place[]) => void;

const replace: Edit = (place, random) => put(place, random.pick(HOSTILE_VALUES));

const remove: Edit = ({ holder, key }) => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
};

const rename: Edit = (place, random) => {
  const value = valueAt(place);
  if (Array.isArray(place.holder)) return;
  delete place.holder[place.key];
  const key = String(place.key);
  place.holder[random.oneIn(2) ? random.pick(KEYS) : key + key.slice(-1)] = value;
};

const add: Edit = (place, random) => {
  const value = valueAt(place);
  if (typeof value !== "object" || value === null) return put(place, { [random.pick(KEYS)]: value });
  if (Array.isArray(value)) value.push(random.pick(HOSTILE_VALUES));
  else (value as Record<string, unknown>)[random.pick(KEYS)] = random.pick(HOSTILE_VALUES);
};

const wrap: Edit = (place, random) => {
  const depth = random.oneIn(8) ? 80 : 1 + random.below(3);
  for (let i = 0; i < depth; i++) put(place, random.oneIn(2) ? [valueAt(place)] : { x: valueAt(place) });
};

const exchange: Edit = (place, random, places) => {
  const other = random.pick(places);
  const copy: unknown = JSON.parse(JSON.stringify(valueAt(other) ?? null));
  put(place, copy);
};

const nudge: Edit = (place, random) => {
  const value = valueAt(place);
  if (typeof value === "number")
    put(place, random.pick([-value, value + 1, value * 1e6, value / 3, value + 2 ** 40]));
  else if (typeof value === "string") put(place, value.slice(0, random.below(value.length + 1)));
  else put(place, random.pick(HOSTILE_VALUES));
};

const EDITS: readonly Edit[] = [replace, replace, replace, remove, rename, add, wrap, exchange, nudge, nudge];

/** Repeats the first key of an object at its end. */
function doubled(text: string, random: Seeded): string {
  const keys = [...text.matchAll(/"([a-z_]+)":/g)];
  if (keys.length === 0 || !text.endsWith("}")) return text;
  return `${text.slice(0, -1)},"${random.pick(keys)[1]}":${JSON.stringify(random.pick(HOSTILE_VALUES)) ?? 1}}`;
}
