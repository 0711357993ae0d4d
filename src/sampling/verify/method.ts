/**
 * A method of verifying drafts is one rule as a plain object. It declares its options, its formula and its guarantee; it
 * never sees bytes, HTTP or the form of its rows.
 */
import type { TaggedKind } from "../kind.ts";
import type { DraftWalk, Pause } from "./walk.ts";

/** Options of one method: `{ method: "typical", epsilon: 0.09, delta: 0.3 }`. */
export interface MethodOptions {
  readonly method: string;
}

/**
 * The guarantee compared with sampling without a draft: the same tokens for the same seed and steps, the same
 * distribution, or neither.
 */
export const PROMISES = ["tokens", "distribution", "nothing"] as const;
export type Promise = (typeof PROMISES)[number];

/** In its formula p is the target after the chain, q the draft. */
export interface VerifyMethod<Options extends MethodOptions = MethodOptions>
  extends TaggedKind<"method", Options> {
  readonly preserves: Promise;
  /** true when it uses the probabilities of the draft: the request may then send the draft's rows */
  readonly readsDraft: boolean;
  /** true when it reads later rows before the first token is certain: it needs all rows together, and the draft may not branch */
  readonly looksAhead: boolean;
  /** Takes the accepted tokens of the draft, and one more. */
  apply(walk: DraftWalk, options: Options): Generator<Pause, void>;
}
