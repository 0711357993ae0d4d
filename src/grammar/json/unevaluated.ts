/**
 * unevaluatedProperties and unevaluatedItems, when it is known which schemas hold. Properties and items with a rule in
 * those schemas are evaluated. The keyword applies to the rest, as additionalProperties and items would if all rules
 * were in one schema.
 */
import { Problem } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { type Place, type SchemaObject, said } from "./document.ts";

const KEYWORDS = ["unevaluatedProperties", "unevaluatedItems"] as const;

/** True when a schema restricts unevaluated properties or items; the value true restricts nothing. */
export function hasUnevaluated(place: Place): boolean {
  return KEYWORDS.some((name) => said(place, name) !== undefined && said(place, name) !== true);
}

/** The same schemas without those keywords; `others` hold inside the same schema. */
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

/** All names in a keyword's object, whatever their values. */
function namesIn(places: readonly Place[], name: string): Readonly<Record<string, true>> {
  const lists = places.map((place) => said(place, name)).filter(isRecord);
  return Object.fromEntries(lists.flatMap((list) => Object.keys(list).map((key) => [key, true])));
}
