/** Arrays under a set of schemas, as a node: a sequence of items. */
import { Problem } from "../../errors.ts";
import { NEVER, UNLIMITED } from "../nodes.ts";
import type { ArrayParts, Items } from "./array-parts.ts";
import { type Contained, containing } from "./contains.ts";
import { type Place, type SchemaDocument, said } from "./document.ts";

/** Every set of the values seen so far is a state. */
const UNIQUE_MAX = 8;

export function* arrayNode(parts: ArrayParts, places: readonly Place[]): Generator<undefined, number> {
  const { nodes, space } = parts.lexemes;
  const items = itemsOf(parts.document, places);
  if (items.max < items.min) return NEVER;
  const unique = places.find((place) => said(place, "uniqueItems") === true);
  const contained = containedOf(parts, places);
  const distinct =
    unique === undefined || items.max <= 1
      ? undefined
      : yield* distinctInside(parts, items, unique, contained);
  const inside =
    distinct ??
    (contained === undefined ? yield* plainInside(parts, items) : yield* containing(parts, items, contained));
  return nodes.seq(nodes.word(nodes.text("["), space), inside);
}

function itemsOf(document: SchemaDocument, places: readonly Place[]): Items {
  const lengths = places.map(
    (place) => (said(place, "prefixItems") as readonly unknown[] | undefined)?.length ?? 0,
  );
  const counts = (name: string) => places.flatMap((place) => (said(place, name) as number | undefined) ?? []);
  return {
    min: Math.max(0, ...counts("minItems")),
    max: Math.min(UNLIMITED, ...counts("maxItems")),
    prefix: Math.max(0, ...lengths),
    at: (index) =>
      places.flatMap((place, i) => {
        if (index < lengths[i]!) return [document.at(place, "prefixItems", index)];
        return said(place, "items") === undefined ? [] : [document.at(place, "items")];
      }),
  };
}

function* plainInside(
  { lexemes, nodeOf }: ArrayParts,
  { min, max, prefix, at }: Items,
): Generator<undefined, number> {
  const { nodes, comma, end_of_array: close } = lexemes;
  const itemAt = (index: number) => nodeOf(at(index));
  const others = itemAt(prefix);
  /** The items that may follow after this number of items. */
  const behind = (count: number) =>
    nodes.seq(
      nodes.repeat(nodes.seq(comma, others), Math.max(min - count, 0), max === UNLIMITED ? max : max - count),
      close,
    );
  let node = max >= prefix ? behind(prefix) : NEVER;
  for (let index = prefix - 1; index >= 1; index--) {
    const ended = index >= min && index <= max ? close : NEVER;
    const more = index < max ? nodes.seq(comma, itemAt(index), node) : NEVER;
    node = nodes.alt([ended, more]);
    if (nodes.effort.isDue()) yield;
  }
  const first = prefix > 0 ? nodes.seq(itemAt(0), node) : max > 0 ? nodes.seq(others, behind(1)) : NEVER;
  return nodes.alt([min === 0 ? nodes.text("]") : NEVER, max > 0 ? first : NEVER]);
}

/** Items that all differ; undefined when that cannot be enforced. */
function* distinctInside(
  parts: ArrayParts,
  items: Items,
  unique: Place,
  contained: Contained | undefined,
): Generator<undefined, number | undefined> {
  const inside = contained === undefined ? yield* uniqueInside(parts, items) : undefined;
  if (inside !== undefined) return inside;
  const where =
    contained === undefined
      ? `where maxItems is at most 1, or all items are one of at most ${UNIQUE_MAX} listed values`
      : "where no contains stands beside it";
  weaken(parts, unique, "uniqueItems", where);
  return undefined;
}

/** Each of a few values at most once; undefined when there are more than a few. */
function* uniqueInside(
  { lexemes, valuesOf }: ArrayParts,
  { min, max, prefix, at }: Items,
): Generator<undefined, number | undefined> {
  const { nodes, comma, end_of_array } = lexemes;
  const values = prefix === 0 ? yield* valuesOf(at(0)) : undefined;
  if (values === undefined || values.length > UNIQUE_MAX) return undefined;
  const behind: number[] = [];
  for (let come = 2 ** values.length - 1; come >= 0; come--) {
    const left = values.filter((_, i) => ((come >> i) & 1) === 0);
    const count = values.length - left.length;
    const branches = [count >= min && count <= max ? (come === 0 ? nodes.text("]") : end_of_array) : NEVER];
    for (const [i, value] of values.entries()) {
      if (((come >> i) & 1) === 1 || count >= max) continue;
      branches.push(nodes.seq(come === 0 ? nodes.text("") : comma, value, behind[come | (1 << i)]!));
    }
    behind[come] = nodes.alt(branches);
    if (nodes.effort.isDue()) yield;
  }
  return behind[0]!;
}

/** The only `contains` that limits the count. */
function containedOf(parts: ArrayParts, places: readonly Place[]): Contained | undefined {
  const { document } = parts;
  const found = places.flatMap((place) => {
    if (said(place, "contains") === undefined) return [];
    const min = (said(place, "minContains") as number | undefined) ?? 1;
    const max = (said(place, "maxContains") as number | undefined) ?? UNLIMITED;
    if (min === 0 && max === UNLIMITED) return [];
    const not = document.synthetic({ not: said(place, "contains") }, place);
    return [{ min, max, is: document.at(place, "contains"), not, owner: place }];
  });
  const [first, second] = found;
  if (second !== undefined) weaken(parts, second.owner, "contains", "once at a place");
  return first;
}

function weaken({ document }: ArrayParts, { pointer }: Place, name: string, where: string): void {
  const problem = new Problem("grammar_unsupported", `${name} is supported ${where}`, `${pointer}/${name}`);
  document.weaken(problem, name);
}
