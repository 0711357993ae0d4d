/** The draws of one step, all at once or some at a time, by the draw rule or by a watermark. */
import { Problem } from "../errors.ts";
import { exp } from "../kernels/float64.ts";
import type { Noise } from "../kernels/kernel.ts";
import type { Candidates } from "./candidates/candidates.ts";
import type { StepContext } from "./context.ts";
import { contextOf } from "./draw/watermark/context-window.ts";
import { requireKey, type WatermarkKeys } from "./draw/watermark/keys.ts";
import type { Expected, MarkChoice } from "./draw/watermark/scheme.ts";
import type { StepOptions } from "./step.ts";

/**
 * Chooses the token of a step in another way than its options say: see verify. A token that it draws at random is marked by
 * `mark`.
 */
export type Drawing = (candidates: Candidates, context: StepContext, mark: TargetMark) => number;

/** The noise for a token drawn in place of a rejected draft; undefined when the step is not marked. */
export type TargetMark = () => Noise | undefined;

export interface Drawn {
  readonly token_ids: readonly number[];
  /** options of the watermark, when the step asks for one */
  readonly watermark?: Marked;
  /** true when the token was chosen elsewhere: the reply then says nothing about the step's own draw */
  readonly is_chosen?: boolean;
}

/** The report of a watermark. */
export interface Marked {
  readonly scheme: string;
  /** false when the context is a repeat, or when there is none */
  readonly marked: boolean;
  /** with `expected`: mean of the token's value over keys, for a token of this probability */
  readonly expected?: Expected;
}

type Asked = Pick<StepOptions, "n" | "replacement" | "draw" | "watermark">;

/**
 * The token that `drawing` chooses, and whether it is marked. Only a token that `drawing` drew itself can be
 * marked.
 */
export function drawChosen(
  candidates: Candidates,
  context: StepContext,
  keys: WatermarkKeys,
  { watermark }: Pick<StepOptions, "watermark">,
  drawing: Drawing,
): Drawn {
  let told: Marked | undefined;
  const mark = () => {
    if (watermark === undefined) return undefined;
    const noise = targetNoise(context, keys, watermark);
    told = { scheme: watermark.scheme.name, marked: noise !== undefined };
    return noise;
  };
  const token_ids = [drawing(candidates, context, mark)];
  return told === undefined
    ? { token_ids, is_chosen: true }
    : { token_ids, is_chosen: true, watermark: told };
}

function targetNoise(
  context: StepContext,
  keys: WatermarkKeys,
  { scheme, options }: MarkChoice,
): Noise | undefined {
  if (scheme.targetNoise === undefined)
    throw new Problem("option_conflict", noTargetNoise(scheme.name), "/watermark");
  const key = requireKey(keys, options.key, "/watermark/key");
  const window = contextOf(context, scheme.context(options), options);
  return window === undefined ? undefined : scheme.targetNoise(options, key, window);
}

/** Why a draft cannot be verified under this watermark. */
export function noTargetNoise(scheme: string): string {
  return `a draft is verified under a mark by method strict, or with gumbel and dual_key_gumbel: of ${scheme} no way is known that keeps the distribution of what stands in place of a rejected token`;
}

export function drawAll(
  candidates: Candidates,
  context: StepContext,
  keys: WatermarkKeys,
  { n = 1, replacement, draw, watermark }: Asked,
): Drawn {
  if (watermark !== undefined) return drawMarked(candidates, context, keys, watermark);
  if (n > 1 && !replacement) requireEnough(candidates, n);
  return { token_ids: draw.rule.draw(candidates, draw.options, context, { n, replacement }) };
}

/** The same with pauses, for rules that have them. */
export function* drawInPieces(
  candidates: Candidates,
  context: StepContext,
  keys: WatermarkKeys,
  asked: Asked,
): Generator<undefined, Drawn> {
  const { n = 1, replacement, draw, watermark } = asked;
  const { rule, options } = draw;
  if (watermark !== undefined) return yield* drawMarkedInPieces(candidates, context, keys, watermark);
  if (rule.drawInPieces === undefined) return drawAll(candidates, context, keys, asked);
  if (n > 1 && !replacement) requireEnough(candidates, n);
  return { token_ids: yield* rule.drawInPieces(candidates, options, context, { n, replacement }) };
}

/** No token comes twice. */
function requireEnough(candidates: Candidates, n: number): void {
  const kept = candidates.count();
  if (n <= kept) return;
  throw new Problem("invalid_option", `n must be at most the number of tokens left, ${kept}, got ${n}`, "/n");
}

/**
 * True when the step has a watermark that may take long. An unknown key takes no time, because its draw is refused.
 */
export function takesPieces(keys: WatermarkKeys, watermark: MarkChoice | undefined): boolean {
  if (watermark?.scheme.takesPieces === undefined) return false;
  const { scheme, options } = watermark;
  const key = keys.get(options.key);
  return key !== undefined && scheme.takesPieces?.(options, key) === true;
}

function* drawMarkedInPieces(
  candidates: Candidates,
  context: StepContext,
  keys: WatermarkKeys,
  choice: MarkChoice,
): Generator<undefined, Drawn> {
  const { scheme, options } = choice;
  const key = requireKey(keys, options.key, "/watermark/key");
  const window = contextOf(context, scheme.context(options), options);
  if (window === undefined) return drawMarked(candidates, context, keys, choice);
  if (scheme.prepare !== undefined) yield* scheme.prepare(options, key);
  if (scheme.drawInPieces === undefined) return drawMarked(candidates, context, keys, choice);
  const marked = { context: window, step: context };
  const token_id = yield* scheme.drawInPieces(candidates, options, key, marked);
  return markedAs(candidates, choice, token_id, true);
}

/** A repeated context, and one that is too short for its scheme, is drawn from without the watermark. */
function drawMarked(
  candidates: Candidates,
  context: StepContext,
  keys: WatermarkKeys,
  { scheme, options }: MarkChoice,
): Drawn {
  const key = requireKey(keys, options.key, "/watermark/key");
  const window = contextOf(context, scheme.context(options), options);
  const token_id =
    window === undefined
      ? candidates.draw(() => context.uniform("token"))
      : scheme.draw(candidates, options, key, { context: window, step: context });
  return markedAs(candidates, { scheme, options }, token_id, window !== undefined);
}

/** The report of a draw with a watermark. Nothing of it depends on the key. */
function markedAs(
  candidates: Candidates,
  { scheme, options }: MarkChoice,
  token_id: number,
  marked: boolean,
): Drawn {
  const told = { scheme: scheme.name, marked };
  if (!options.expected) return { token_ids: [token_id], watermark: told };
  if (scheme.expected === undefined)
    throw new Problem(
      "option_conflict",
      `the expected value of a mark is known of gumbel, dual_key_gumbel and green_list, got ${scheme.name}`,
      "/watermark/expected",
    );
  const expected = scheme.expected(exp(candidates.logprob(token_id)), options);
  return { token_ids: [token_id], watermark: { ...told, expected } };
}
