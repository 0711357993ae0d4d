/**
 * Whether two schemas admit no value in common, judged by type, values, bounds or a required property. Answers are
 * cached by the two places and their depth.
 */

import { isRecord } from "../../is-record.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import { type Place, type SchemaDocument, valuesIn } from "./document.ts";
import type { Evaluator } from "./evaluate.ts";
import { REFERENCES } from "./references.ts";
import { JSON_TYPES, typeOf } from "./values.ts";

const DEPTH_MAX = 8;

/** Everything that holds where a schema holds: itself, the target of its $ref, and its allOf, each once. */
interface Parts {
  readonly places: readonly Place[];
  readonly types: readonly string[];
  readonly required: ReadonlySet<string>;
}

export class Exclusion {
  readonly #document: SchemaDocument;
  readonly #evaluator: Evaluator;
  readonly #effort: Effort;
  readonly #parts = new Map<number, Parts>();
  readonly #known = new Map<string, boolean>();

  constructor(document: SchemaDocument, evaluator: Evaluator, effort: Effort) {
    this.#document = document;
    this.#evaluator = evaluator;
    this.#effort = effort;
  }

  /** May pause if the caller allows it. */
  exclude(a: Place, b: Place, depth = 0): boolean {
    if (a.schema === false || b.schema === false) return true;
    if (depth > DEPTH_MAX || a.schema === true || b.schema === true) return false;
    this.#effort.units++;
    const key = `${a.id},${b.id},${depth}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const excludes = this.#findOut(a, b, depth);
    this.#known.set(key, excludes);
    this.#effort.units += PART_UNITS;
    this.#effort.checkpoint();
    return excludes;
  }

  #findOut(a: Place, b: Place, depth: number): boolean {
    const parts_a = this.#partsOf(a);
    const parts_b = this.#partsOf(b);
    const both = parts_a.types.filter((type) => parts_b.types.includes(type));
    if (both.length === 0) return true;
    if (this.#valuesExclude(parts_a, b) || this.#valuesExclude(parts_b, a)) return true;
    return both.every(
      (type) =>
        (type === "number" && boundsExclude(parts_a.places, parts_b.places)) ||
        (type === "object" && this.#propertiesExclude(parts_a, parts_b, depth)),
    );
  }

  #partsOf(place: Place): Parts {
    const known = this.#parts.get(place.id);
    if (known !== undefined) return known;
    const places = this.#placesOf(place);
    const parts = { places, types: typesOf(places), required: requiredIn(places) };
    this.#effort.spend(PART_UNITS * (places.length + parts.required.size));
    if (place.id >= 0) this.#parts.set(place.id, parts);
    return parts;
  }

  /** The nearest first. */
  #placesOf(place: Place): readonly Place[] {
    const found = new Map<number, Place>([[place.id, place]]);
    let ring: readonly Place[] = [place];
    for (let depth = 0; depth <= DEPTH_MAX && ring.length > 0; depth++) {
      const next: Place[] = [];
      for (const part of ring)
        for (const inner of this.#innerOf(part)) {
          this.#effort.spend(PART_UNITS);
          if (found.has(inner.id)) continue;
          found.set(inner.id, inner);
          next.push(inner);
        }
      ring = next;
    }
    return [...found.values()];
  }

  #innerOf(place: Place): readonly Place[] {
    const { schema } = place;
    if (typeof schema === "boolean") return [];
    const all = (schema["allOf"] as readonly unknown[] | undefined) ?? [];
    return [
      ...REFERENCES.filter((name) => schema[name] !== undefined).map((name) =>
        this.#document.target(place, name),
      ),
      ...all.map((_, i) => this.#document.at(place, "allOf", i)),
    ];
  }

  /** Each value that one schema lists is refused by the other. */
  #valuesExclude({ places }: Parts, other: Place): boolean {
    return valuesIn(places)?.every((value) => !this.#evaluator.admits(other, value)) === true;
  }

  /** A property that one schema requires and the other forbids. */
  #propertiesExclude(a: Parts, b: Parts, depth: number): boolean {
    const isForbidden = (name: string) => {
      const of_a = this.#placesOfProperty(a, name);
      const of_b = this.#placesOfProperty(b, name);
      if ([...of_a, ...of_b].some(({ schema }) => schema === false)) return true;
      const both_need = a.required.has(name) && b.required.has(name);
      return both_need && of_a.some((one) => of_b.some((other) => this.exclude(one, other, depth + 1)));
    };
    return [...new Set([...a.required, ...b.required])].some(isForbidden);
  }

  #placesOfProperty({ places }: Parts, name: string): readonly Place[] {
    this.#effort.spend(PART_UNITS * places.length);
    return places.flatMap((part) => this.#evaluator.placesOf(part, name));
  }
}

function typesOf(parts: readonly Place[]): readonly string[] {
  let types: readonly string[] = JSON_TYPES;
  for (const part of parts) {
    const { schema } = part;
    if (typeof schema === "boolean") continue;
    const own =
      schema["type"] !== undefined
        ? [schema["type"]].flat().map((type) => (type === "integer" ? "number" : String(type)))
        : valuesIn([part])?.map(typeOf);
    if (own !== undefined) types = types.filter((type) => own.includes(type));
  }
  return types;
}

function requiredIn(parts: readonly Place[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap(({ schema }) =>
      isRecord(schema) ? ((schema["required"] as string[] | undefined) ?? []) : [],
    ),
  );
}

function boundsExclude(a: readonly Place[], b: readonly Place[]): boolean {
  return below(a, b) || below(b, a);
}

/** The maximum of one schema is lower than the minimum of the other. */
function below(a: readonly Place[], b: readonly Place[]): boolean {
  const high = Math.min(...all(a, "maximum"), ...all(a, "exclusiveMaximum"));
  const low = Math.max(...all(b, "minimum"), ...all(b, "exclusiveMinimum"));
  const is_open = all(a, "exclusiveMaximum").includes(high) || all(b, "exclusiveMinimum").includes(low);
  return high < low || (high === low && is_open);
}

function all(parts: readonly Place[], name: string): number[] {
  return parts.flatMap(({ schema }) =>
    isRecord(schema) && typeof schema[name] === "number" ? [schema[name]] : [],
  );
}
