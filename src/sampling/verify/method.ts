/**
 * What a method of verifying drafts is: one rule of the field as a plain object. It declares its options, its formula and
 * what it promises; it never sees bytes, HTTP or the form its rows are in.
 */
import type { TaggedKind } from "../kind.ts";
import type { DraftWalk, Pause } from "./walk.ts";

/** Options of one method: `{ method: "typical", epsilon: 0.09, delta: 0.3 }`. */
export interface MethodOptions {
  readonly method: string;
}

/**
 * What is the same with a draft as without: the very tokens, for the same seed and steps; the distribution that they are
 * drawn from; or neither.
 */
export const PROMISES = ["tokens", "distribution", "nothing"] as const;
export type Promise = (typeof PROMISES)[number];

/** In its formula p is the target after the chain, q the draft. */
export interface VerifyMethod<Options extends MethodOptions = MethodOptions>
  extends TaggedKind<"method", Options> {
  readonly preserves: Promise;
  /** true when it asks with what probability the draft was drawn: who verifies may send the draft's rows */
  readonly readsDraft: boolean;
  /** true when it looks at later rows before the first token is certain: all of them are needed together, and the draft may not branch */
  readonly looksAhead: boolean;
  /** Takes the accepted tokens of the draft and one more. */
  apply(walk: DraftWalk, options: Options): Generator<Pause, void>;
}
