/** What nodes for arrays are made of. */
import type { Place, SchemaDocument } from "./document.ts";
import type { Lexemes } from "./lexemes.ts";

/** A node for what schemas that hold at once admit. */
export type NodeOf = (places: readonly Place[]) => number;

export interface ArrayParts {
  readonly lexemes: Lexemes;
  readonly document: SchemaDocument;
  readonly nodeOf: NodeOf;
  /** the values that schemas which hold at once admit, each with its node; undefined where they are too many to list */
  valuesOf(places: readonly Place[]): Generator<undefined, readonly number[] | undefined>;
}

/** How many items there may be, and what is said of each. */
export interface Items {
  readonly min: number;
  readonly max: number;
  /** from this item on the same is said of all */
  readonly prefix: number;
  at(index: number): readonly Place[];
}
