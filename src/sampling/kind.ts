/**
 * What the objects of every kind have in common. Stages, draw rules, watermarks, combinations, stops and methods of
 * verifying are plain objects that tell of themselves: schemas, catalogues and documents are made of that.
 */
import type { z } from "zod";

/** One of a kind. */
export interface Kind<Name extends string = string> {
  /** wire name */
  readonly name: Name;
  /** what it does, in one sentence */
  readonly summary: string;
  /** where the rule comes from: the paper, or the host whose rule it is */
  readonly source: { readonly title: string; readonly url: string };
}

/** One of a kind whose options name it, under the tag of the kind: `{ stage: "top_k", top_k: 40 }`. */
export interface TaggedKind<Tag extends string, Options extends Readonly<Record<Tag, string>>>
  extends Kind<Options[Tag]> {
  /** one line of Unicode maths */
  readonly formula: string;
  /** strict object with its name as a literal under the tag; every other field is described */
  readonly options: z.ZodType<Options> & { readonly shape: Readonly<Record<string, z.ZodType>> };
}

/** One that a catalogue lists. */
export interface ListedKind<Tag extends string, Options extends Readonly<Record<Tag, string>>>
  extends TaggedKind<Tag, Options> {
  /** its options as people use them, without the tag: what the documentation shows and benchmarks measure */
  readonly example: Readonly<Record<string, unknown>>;
}
