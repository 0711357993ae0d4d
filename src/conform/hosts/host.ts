/** A host's sampler that runs in this process, ready for the suite. */
import type { Reply } from "../judge.ts";
import type { Vector } from "../vectors.ts";

export interface ConformHost {
  /** its name with its version */
  readonly version: string;
  answer(vector: Vector): Promise<Reply>;
}

/** A host in the list. It is loaded on use. */
export interface ListedHost {
  readonly name: string;
  load(): Promise<ConformHost>;
}
