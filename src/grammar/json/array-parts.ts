/** The building blocks of nodes for arrays. */
import type { Place, SchemaDocument } from "./document.ts";
import type { Lexemes } from "./lexemes.ts";

/** Makes the node of the values that a set of schemas admits together. */
export type NodeOf = (places: readonly Place[]) => number;

export interface ArrayParts {
  readonly lexemes: Lexemes;
  readonly document: SchemaDocument;
  readonly nodeOf: NodeOf;
  /** the values that a set of schemas admits together, each with its node; undefined when there are too many to list */
  valuesOf(places: readonly Place[]): Generator<undefined, readonly number[] | undefined>;
}

/** The number of items, and the schemas of each item. */
export interface Items {
  readonly min: number;
  readonly max: number;
  /** from this index on, all items have the same schemas */
  readonly prefix: number;
  at(index: number): readonly Place[];
}
