/** What schemas that hold at once say of an array, as a node: items behind each other, as many as may be. */
import { NEVER, UNLIMITED } from "../nodes.ts";
import type { Place, SchemaDocument, SchemaObject } from "./document.ts";
import type { Lexemes } from "./lexemes.ts";

/** A node for what schemas that hold at once admit. */
export type NodeOf = (places: readonly Place[]) => number;

export function* arrayNode(
  lexemes: Lexemes,
  document: SchemaDocument,
  places: readonly Place[],
  nodeOf: NodeOf,
): Generator<undefined, number> {
  const { nodes, space } = lexemes;
  const of = (place: Place, name: string) => (place.schema as SchemaObject)[name];
  const lengths = places.map(
    (place) => (of(place, "prefixItems") as readonly unknown[] | undefined)?.length ?? 0,
  );
  const prefix = Math.max(0, ...lengths);
  const min = Math.max(0, ...places.map((place) => (of(place, "minItems") as number | undefined) ?? 0));
  const max = Math.min(
    ...places.map((place) => (of(place, "maxItems") as number | undefined) ?? UNLIMITED),
    UNLIMITED,
  );
  if (max < min) return NEVER;
  const itemAt = (index: number) =>
    nodeOf(
      places.flatMap((place, i) => {
        if (index < lengths[i]!) return [document.at(place, "prefixItems", index)];
        return of(place, "items") === undefined ? [] : [document.at(place, "items")];
      }),
    );
  const close = nodes.seq(space, nodes.text("]"));
  const comma = nodes.word(space, nodes.text(","), space);
  const others = itemAt(prefix);
  /** What may stand behind so many items. */
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
  const inside = nodes.alt([min === 0 ? nodes.text("]") : NEVER, max > 0 ? first : NEVER]);
  return nodes.seq(nodes.word(nodes.text("["), space), inside);
}
