/**
 * The common fields of the objects of every kind. Stages, draw rules, watermarks, combinations, stops and verify
 * methods are plain objects that describe themselves; schemas, catalogues and documents are generated from them.
 */
import type { z } from "zod";

/** An object of a kind. */
export interface Kind<Name extends string = string> {
  /** wire name */
  readonly name: Name;
  /** what it does, in one sentence */
  readonly summary: string;
  /** source of the rule: a paper, or the host that has it */
  readonly source: { readonly title: string; readonly url: string };
}

/** An object of a kind that options select by name, under the kind's tag: `{ stage: "top_k", top_k: 40 }`. */
export interface TaggedKind<Tag extends string, Options extends Readonly<Record<Tag, string>>>
  extends Kind<Options[Tag]> {
  /** one line of Unicode maths */
  readonly formula: string;
  /** strict object whose tag is the name as a literal; every other field has a description */
  readonly options: z.ZodType<Options> & { readonly shape: Readonly<Record<string, z.ZodType>> };
}

/** An object that a catalogue lists. */
export interface ListedKind<Tag extends string, Options extends Readonly<Record<Tag, string>>>
  extends TaggedKind<Tag, Options> {
  /** typical options, without the tag, for the documentation and for benchmarks */
  readonly example: Readonly<Record<string, unknown>>;
}
