/** The story's request to the service: one row, with the stages up to the current step. */
import { postSample } from "../../api/client.ts";
import type { Sampled } from "../../api/wire.ts";
import type { ChainList } from "../../rows/examples.ts";
import type { PageRow } from "../../rows/row.ts";
import { exampleNamed } from "../../state/source.ts";

/** The number of tokens that the picture follows. */
const FOLLOWED = 10;
/** The number of log-probabilities from which the line of the draw is made. */
const LISTED = 256;

/** The part of a step that the picture shows. */
export type Mode = "logits" | "shares" | "temperature" | "cut" | "draw";

export interface Question {
  readonly mode: Mode;
  /** 0: after "The" alone; 1: after the whole text */
  readonly context: number;
  readonly temperature: number;
  readonly cut: ChainList[number];
  readonly step: number;
}

export interface Bar {
  readonly token_id: number;
  readonly name: string;
  readonly logit: number;
  /** undefined: a stage has removed it */
  readonly p: number | undefined;
}

export interface Told {
  readonly question: Question;
  readonly text: string;
  readonly bars: readonly Bar[];
  /** the total of all tokens that the picture does not follow */
  readonly others: number;
  readonly sampled: Sampled;
  readonly nameOf: (token_id: number) => string;
}

/** The chain up to the current step. */
function chainOf({ mode, temperature, cut }: Question): ChainList {
  if (mode === "logits" || mode === "shares") return [];
  const first = { stage: "temperature", temperature };
  return mode === "temperature" ? [first] : [first, cut];
}

export async function askStory(question: Question): Promise<Told> {
  const { row, ids, logits } = await prepare();
  const [whole, alone] = logits;
  const { context } = question;
  const sampled = await postSample(context === 1 ? row : both(row, (await prepare()).alone), {
    ...(context !== 1 && {
      combine: { rule: "guidance", guidance_scale: context, convention: "raw" },
      shape: [2, row.vocab_size],
    }),
    chain: chainOf(question),
    seed: SEED,
    step: question.step,
    trace: true,
    logprobs: true,
    logprobs_mode: "processed",
    logprob_token_ids: ids,
    top_logprobs: LISTED,
  });
  const nameOf = (token_id: number) => row.labelOf(token_id)?.trim() || `#${token_id}`;
  const named = sampled.named_logprobs ?? [];
  const bars = ids.map((token_id, i) => {
    const logprob = named[i]?.logprob ?? null;
    const logit = (1 - context) * (alone[token_id] ?? 0) + context * (whole[token_id] ?? 0);
    return { token_id, name: nameOf(token_id), logit, p: logprob === null ? undefined : Math.exp(logprob) };
  });
  const rest = 1 - bars.reduce((sum, { p = 0 }) => sum + p, 0);
  const others = rest < ROUNDING ? 0 : rest;
  return { question, text: row.text, bars, others, sampled, nameOf };
}

const SEED = "15";
/** Rounding error of a sum of ten probabilities. */
const ROUNDING = 1e-6;

interface Prepared {
  readonly row: PageRow;
  /** the row of the same model after one word */
  readonly alone: PageRow;
  /** the tokens that the picture follows: the likeliest after the whole text */
  readonly ids: readonly number[];
  readonly logits: readonly [whole: Float32Array, alone: Float32Array];
}

let prepared: Promise<Prepared> | undefined;

/** Both rows, once. */
function prepare(): Promise<Prepared> {
  prepared ??= (async () => {
    const [row, alone] = await Promise.all(["ship", "short"].map((id) => exampleNamed(id).load()));
    if (row === undefined || alone === undefined) throw new Error("two rows are loaded");
    const { top_logprobs = [] } = await postSample(row, { chain: [], seed: SEED, top_logprobs: FOLLOWED });
    return {
      row,
      alone,
      ids: top_logprobs.map(({ token_id }) => token_id),
      logits: [halves(row.bytes), halves(alone.bytes)],
    };
  })();
  return prepared;
}

/** Two rows of equal length, one after the other. */
function both(first: PageRow, second: PageRow): PageRow {
  const bytes = new Uint8Array(first.bytes.length + second.bytes.length);
  bytes.set(first.bytes);
  bytes.set(second.bytes, first.bytes.length);
  return { ...first, bytes };
}

/** float16, little-endian, widened. */
function halves(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    const half = view.getUint16(2 * i, true);
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = half >> 15 === 0 ? 1 : -1;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}
