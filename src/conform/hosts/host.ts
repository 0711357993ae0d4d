/** A host's sampler that runs in this process, ready for the suite. */
import type { Choice, Reply } from "../judge.ts";
import type { Vector } from "../vectors.ts";

export interface ConformHost {
  /** its name with its version */
  readonly version: string;
  answer(vector: Vector): Promise<Reply>;
  /** the rule of its lines in conformance/hosts: answers of other hosts are no rule for it. undefined: it answers for all */
  readonly recorded_as?: string;
  /** differences that its own code or documentation explains */
  readonly choices?: readonly Choice[];
}

/** A host in the list. It is loaded on use. */
export interface ListedHost {
  readonly name: string;
  load(): Promise<ConformHost>;
}
