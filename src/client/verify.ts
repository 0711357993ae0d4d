/** Drafts that are verified: their rows go as one tensor where they are alike, and as JSON otherwise. */
import type { Verified } from "../sampling/verify/verify.ts";
import { type CallOptions, type Post, post, type Transport } from "./http.ts";
import type { StepRequestOptions, VerifyFields } from "./options.ts";
import { binaryPost, jsonPost } from "./posts.ts";
import { problemIn, type ServiceProblem } from "./problem.ts";
import { alike, isSparse, jsonOf, type Logits, packedOf } from "./row.ts";

/** A draft, and the options of its steps: history, step and state are those before its first token. */
export interface VerifyOptions extends Omit<StepRequestOptions, "n">, VerifyFields {}

/** The draft of one sequence among many, with its rows and its own options. */
export interface VerifySequence extends VerifyOptions {
  /** k + 1 rows of the target for k drafted tokens, then the drafter's rows when draft_rows is given */
  readonly logits: readonly Logits[];
}

/** Accepts drafted tokens until the target disagrees. Throws a ServiceProblem when the service refuses. */
export async function verify(
  transport: Transport,
  logits: readonly Logits[],
  options: VerifyOptions,
  call: CallOptions,
): Promise<Verified> {
  const request = rowsPost("/v1/verify", logits, options, options.seed !== undefined);
  return (await post(transport, request, call)) as Verified; // what the service says a 200 is
}

/** The same for many sequences; one that is refused has its problem in its place. */
export async function verifyBatch(
  transport: Transport,
  sequences: readonly VerifySequence[],
  shared: Partial<VerifyOptions>,
  call: CallOptions,
): Promise<(Verified | ServiceProblem)[]> {
  const logits = sequences.flatMap((sequence) => sequence.logits);
  const own = sequences.map(({ logits: _, ...options }) => options);
  const seeded = shared.seed !== undefined || own.every(({ seed }) => seed !== undefined);
  const request = rowsPost("/v1/verify/batch", logits, { ...shared, sequences: own }, seeded);
  const reply = await post(transport, request, call);
  const { results } = reply as { readonly results: readonly (Verified | { readonly status: number })[] }; // as above
  return results.map((result) => problemIn(result) ?? (result as Verified));
}

function rowsPost(path: string, logits: readonly Logits[], fields: object, seeded: boolean): Post {
  const packed = logits.flatMap((row) => (isSparse(row) ? [] : [packedOf(row)]));
  const tensor = packed.length === logits.length ? alike(packed) : undefined;
  if (tensor === undefined)
    return jsonPost(path, { ...fields, rows: logits.map((row) => ({ logits: jsonOf(row) })) }, seeded);
  const { dtype, elements } = tensor;
  return binaryPost(path, { dtype, shape: [logits.length, elements], ...fields }, packed, seeded);
}
