/** The head of a binary body of drafts: its JSON header or query string, and after that the drafters' sparse rows, if it has any. */
import type { WireLimits } from "../limits.ts";
import type { BodyHead } from "../row-source.ts";
import { type Fields, TensorHead, type TensorSource } from "../tensor/head.ts";
import { ArrivingDraftSets } from "./draft-sets.ts";

export class DraftHead implements BodyHead {
  readonly #header: TensorHead;
  readonly #limits: WireLimits;
  #sets: ArrivingDraftSets | undefined;

  constructor(source: TensorSource, limits: WireLimits) {
    this.#header = new TensorHead(source, limits);
    this.#limits = limits;
  }

  get source(): TensorSource {
    return this.#header.source;
  }

  /** The options and the tensor's description. */
  get fields(): Fields {
    return this.#header.fields;
  }

  /** The drafters' rows as they arrive; undefined when none come apart, or before the header is complete. */
  get sets(): ArrivingDraftSets | undefined {
    if (!this.#header.complete) return undefined;
    const { draft_sparse } = this.fields;
    if (draft_sparse !== undefined) this.#sets ??= new ArrivingDraftSets(draft_sparse, this.#limits);
    return this.#sets;
  }

  get parks(): boolean {
    return this.sets?.complete === false;
  }

  get complete(): boolean {
    return this.#header.complete && this.sets?.complete !== false;
  }

  write(chunk: Uint8Array): Uint8Array {
    const rest = this.#header.complete ? chunk : this.#header.write(chunk);
    return this.sets === undefined ? rest : this.sets.write(rest);
  }
}
