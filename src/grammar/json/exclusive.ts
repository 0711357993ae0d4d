/** Whether two schemas admit no value in common, as far as that can be seen: by type, values, bounds or a required property. */
import { type Place, type SchemaDocument, valuesIn } from "./document.ts";
import type { Evaluator } from "./evaluate.ts";
import { REFERENCES } from "./references.ts";
import { isRecord, JSON_TYPES, typeOf } from "./values.ts";

const DEPTH_MAX = 8;

export class Exclusion {
  readonly #document: SchemaDocument;
  readonly #evaluator: Evaluator;

  constructor(document: SchemaDocument, evaluator: Evaluator) {
    this.#document = document;
    this.#evaluator = evaluator;
  }

  exclude(a: Place, b: Place, depth = 0): boolean {
    if (a.schema === false || b.schema === false) return true;
    if (depth > DEPTH_MAX) return false;
    const parts_a = this.#partsOf(a, 0);
    const parts_b = this.#partsOf(b, 0);
    const types_a = this.#typesOf(parts_a);
    const types_b = this.#typesOf(parts_b);
    const both = types_a.filter((type) => types_b.includes(type));
    if (both.length === 0) return true;
    if (this.#valuesExclude(parts_a, b) || this.#valuesExclude(parts_b, a)) return true;
    return both.every(
      (type) =>
        (type === "number" && boundsExclude(parts_a, parts_b)) ||
        (type === "object" && this.#propertiesExclude(parts_a, parts_b, depth)),
    );
  }

  /** The schema, where its $ref leads, and its allOf. */
  #partsOf(place: Place, depth: number): Place[] {
    const { schema } = place;
    if (typeof schema === "boolean" || depth > DEPTH_MAX) return [place];
    const all = (schema["allOf"] as readonly unknown[] | undefined) ?? [];
    const inner = [
      ...REFERENCES.filter((name) => schema[name] !== undefined).map((name) =>
        this.#document.target(place, name),
      ),
      ...all.map((_, i) => this.#document.at(place, "allOf", i)),
    ];
    return [place, ...inner.flatMap((part) => this.#partsOf(part, depth + 1))];
  }

  #typesOf(parts: readonly Place[]): readonly string[] {
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

  /** Every value that the one may have is one that the other does not admit. */
  #valuesExclude(parts: readonly Place[], other: Place): boolean {
    return valuesIn(parts)?.every((value) => !this.#evaluator.admits(other, value)) === true;
  }

  /** A property that one must have, and the other cannot have so. */
  #propertiesExclude(a: readonly Place[], b: readonly Place[], depth: number): boolean {
    const names = [...requiredIn(a), ...requiredIn(b)];
    return names.some((name) => {
      const of_a = a.flatMap((part) => this.#evaluator.placesOf(part, name));
      const of_b = b.flatMap((part) => this.#evaluator.placesOf(part, name));
      if ([...of_a, ...of_b].some(({ schema }) => schema === false)) return true;
      const both_need = requiredIn(a).includes(name) && requiredIn(b).includes(name);
      return both_need && of_a.some((one) => of_b.some((other) => this.exclude(one, other, depth + 1)));
    });
  }
}

function requiredIn(parts: readonly Place[]): string[] {
  return parts.flatMap(({ schema }) =>
    isRecord(schema) ? ((schema["required"] as string[] | undefined) ?? []) : [],
  );
}

function boundsExclude(a: readonly Place[], b: readonly Place[]): boolean {
  return below(a, b) || below(b, a);
}

/** The highest number of one is lower than the lowest of the other. */
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
