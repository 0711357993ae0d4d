/**
 * unevaluatedProperties and unevaluatedItems, where it is known which schemas hold: what those say of properties and
 * items is evaluated, and the rest is what additionalProperties and items would be said of, if all stood in one schema.
 */
import { Problem } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { type Place, type SchemaObject, said } from "./document.ts";

const KEYWORDS = ["unevaluatedProperties", "unevaluatedItems"] as const;

/** Whether a schema says something of what is not evaluated; true says nothing. */
export function hasUnevaluated(place: Place): boolean {
  return KEYWORDS.some((name) => said(place, name) !== undefined && said(place, name) !== true);
}

/** Schemas that say the same without those keywords; `others` hold inside the same schema. */
export function unevaluatedOf(owner: Place, others: readonly Place[]): SchemaObject[] {
  return [...propertiesOf(owner, others), ...itemsOf(owner, others)];
}

function propertiesOf(owner: Place, others: readonly Place[]): SchemaObject[] {
  const rest = said(owner, "unevaluatedProperties");
  const all = [owner, ...others];
  if (rest === undefined || rest === true || tells(all, "additionalProperties")) return [];
  if (tells(others, "unevaluatedProperties")) return [];
  return [
    {
      properties: namesIn(all, "properties"),
      patternProperties: namesIn(all, "patternProperties"),
      additionalProperties: rest,
    },
  ];
}

function itemsOf(owner: Place, others: readonly Place[]): SchemaObject[] {
  const rest = said(owner, "unevaluatedItems");
  const all = [owner, ...others];
  if (rest === undefined || rest === true || tells(all, "items") || tells(others, "unevaluatedItems"))
    return [];
  if (tells(all, "contains"))
    throw new Problem(
      "grammar_unsupported",
      "unevaluatedItems is supported where no contains stands beside it, which evaluates the items that it finds",
      `${owner.pointer}/unevaluatedItems`,
    );
  const prefixes = all.map((place) => (said(place, "prefixItems") as unknown[] | undefined) ?? []);
  const length = Math.max(...prefixes.map((items) => items.length));
  const prefix = Array.from({ length }, () => true);
  return [{ ...(length > 0 && { prefixItems: prefix }), items: rest }];
}

function tells(places: readonly Place[], name: string): boolean {
  return places.some((place) => said(place, name) !== undefined);
}

/** All names that a keyword lists, whatever it says of them. */
function namesIn(places: readonly Place[], name: string): Readonly<Record<string, true>> {
  const lists = places.map((place) => said(place, name)).filter(isRecord);
  return Object.fromEntries(lists.flatMap((list) => Object.keys(list).map((key) => [key, true])));
}
