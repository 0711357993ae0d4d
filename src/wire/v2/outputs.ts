/** The outputs of an inference: their names, types and shapes, and how they are made from the replies to the rows. */
import { Problem, show } from "../../errors.ts";
import { amongKnown } from "../../nearest.ts";
import type { Sampled } from "../../sampling/report/report.ts";
import type { TokenLogprob } from "../../sampling/report/token-logprob.ts";
import type { Verified } from "../../sampling/verify/verify.ts";
import { writeSampled, writeVerified } from "../reply.ts";
import type { OutputDatatype } from "./datatypes.ts";
import { type Fields, PADDING } from "./options.ts";

/** null stands for −Infinity. */
export type OutputValue = number | string | null;

interface Output {
  readonly datatype: OutputDatatype;
  /**
   * The layout of an output: one element for each row or each of its draws; a list for each, padded to the longest; all
   * lists concatenated, `joined`; or the beginnings of those lists and the end of the last, `offsets`.
   */
  readonly per: "row" | "draw" | "list" | "joined" | "offsets";
  /** the option that makes this output, and whether requesting the output sets the option */
  readonly needs?: { readonly option: string; readonly implied: boolean };
  /** true: returned only when it is named */
  readonly only_named?: true;
  /** its value for one row; undefined when the options did not request it */
  values(sampled: Sampled): readonly OutputValue[] | undefined;
}

/** A string cannot be null: this value means that the text continues. */
const GOES_ON = "";

const LOGPROBS = { option: "logprobs", implied: true } as const;
const TOP = { option: "top_logprobs", implied: false } as const;

function ofDraws<Field extends "token_id" | "text" | "logprob" | "processed_logprob" | "rank">(field: Field) {
  return (sampled: Sampled): readonly OutputValue[] | undefined => {
    const { draws } = sampled;
    if (draws === undefined) return sampled[field] === undefined ? undefined : [sampled[field]];
    const values = draws.map((draw) => draw[field]);
    return values.every((value) => value !== undefined) ? values : undefined;
  };
}

function listed(list: readonly TokenLogprob[], field: "token_id" | "logprob") {
  return list.map((each) => each[field]);
}

/** `raw_entropy`, `processed_margin` and so on: each number, for both distributions. */
function ofUncertainty(): Readonly<Record<string, Output>> {
  const outputs: Record<string, Output> = {};
  for (const side of ["raw", "processed"] as const)
    for (const number of ["entropy", "varentropy", "margin", "confidence"] as const)
      outputs[`${side}_${number}`] = {
        datatype: "FP32",
        per: "row",
        needs: { option: "uncertainty", implied: true },
        values: ({ uncertainty }) => uncertainty && [uncertainty[side][number]],
      };
  return outputs;
}

/** The kept tokens of all rows as a sparse matrix. It has no padding, however different the rows are. */
const KEPT_SETS = {
  needs: { option: "kept_token_ids", implied: true },
  only_named: true,
  values: ({ kept_token_ids }: Sampled) => kept_token_ids,
} as const;

const OUTPUTS: Readonly<Record<string, Output>> = {
  token_id: { datatype: "INT64", per: "draw", values: ofDraws("token_id") },
  text: {
    datatype: "BYTES",
    per: "draw",
    needs: { option: "vocabulary", implied: false },
    values: ofDraws("text"),
  },
  finish_reason: {
    datatype: "BYTES",
    per: "row",
    only_named: true,
    values: ({ finish_reason }) => [finish_reason ?? GOES_ON],
  },
  logprob: { datatype: "FP32", per: "draw", needs: LOGPROBS, values: ofDraws("logprob") },
  processed_logprob: {
    datatype: "FP32",
    per: "draw",
    needs: LOGPROBS,
    values: ofDraws("processed_logprob"),
  },
  rank: { datatype: "INT64", per: "draw", needs: LOGPROBS, values: ofDraws("rank") },
  top_logprob_token_ids: {
    datatype: "INT64",
    per: "list",
    needs: TOP,
    values: ({ top_logprobs }) => top_logprobs && listed(top_logprobs, "token_id"),
  },
  top_logprobs: {
    datatype: "FP32",
    per: "list",
    needs: TOP,
    values: ({ top_logprobs }) => top_logprobs && listed(top_logprobs, "logprob"),
  },
  named_logprobs: {
    datatype: "FP32",
    per: "list",
    needs: { option: "logprob_token_ids", implied: false },
    values: ({ named_logprobs }) => named_logprobs && listed(named_logprobs, "logprob"),
  },
  kept: { datatype: "INT64", per: "row", values: ({ kept }) => [kept] },
  kept_token_ids: {
    datatype: "INT64",
    per: "list",
    needs: { option: "kept_token_ids", implied: true },
    values: ({ kept_token_ids }) => kept_token_ids,
  },
  kept_ids: { datatype: "INT32", per: "joined", ...KEPT_SETS },
  kept_offsets: { datatype: "INT64", per: "offsets", ...KEPT_SETS },
  kept_mass: {
    datatype: "FP32",
    per: "row",
    needs: LOGPROBS,
    values: ({ kept_mass }) => (kept_mass === undefined ? undefined : [kept_mass]),
  },
  ...ofUncertainty(),
  seed: { datatype: "BYTES", per: "row", values: ({ seed }) => [seed] },
  step: { datatype: "INT64", per: "row", values: ({ step }) => [step] },
  state: { datatype: "BYTES", per: "row", values: ({ state }) => [JSON.stringify(state)] },
  reply: {
    datatype: "BYTES",
    per: "row",
    only_named: true,
    values: (sampled) => [writeSampled(sampled)],
  },
};

/** An output of a draft as a whole. Those of OUTPUTS are of its positions, each of which is a row. */
interface DraftOutput {
  readonly datatype: OutputDatatype;
  readonly only_named?: true;
  /** undefined when the options did not ask for it */
  values(verified: Verified): readonly OutputValue[] | undefined;
}

const DRAFT_OUTPUTS: Readonly<Record<string, DraftOutput>> = {
  accepted: { datatype: "INT64", values: ({ accepted }) => [accepted] },
  path: { datatype: "INT64", values: ({ path }) => path },
  drafted_token_ids: { datatype: "INT64", values: ({ draft_token_ids }) => draft_token_ids },
  draft_accepted: {
    datatype: "INT64",
    values: ({ draft_accepted }) => (draft_accepted === undefined ? undefined : [draft_accepted]),
  },
  preserves: { datatype: "BYTES", values: ({ preserves }) => [preserves] },
  next_step: { datatype: "INT64", values: ({ step }) => [step] },
  next_state: {
    datatype: "BYTES",
    values: ({ state }) => (state === null ? undefined : [JSON.stringify(state)]),
  },
  verified: { datatype: "BYTES", only_named: true, values: (verified) => [writeVerified(verified)] },
};

/** The outputs as listed in the model's metadata; −1 for sizes that depend on the request. */
export const OUTPUT_METADATA = [
  ...Object.entries(OUTPUTS).map(([name, { datatype, per }]) => ({
    name,
    datatype,
    shape: per === "list" ? [-1, -1] : [-1],
  })),
  ...Object.entries(DRAFT_OUTPUTS).map(([name, { datatype }]) => ({ name, datatype, shape: [-1] })),
];

/** Throws a Problem for an unknown name. */
export function requireOutput(name: string, pointer: string): void {
  if (Object.hasOwn(OUTPUTS, name) || Object.hasOwn(DRAFT_OUTPUTS, name)) return;
  const names = [...Object.keys(OUTPUTS), ...Object.keys(DRAFT_OUTPUTS)];
  throw new Problem("unknown_option", `there is no output ${show(name)}${amongKnown(name, names)}`, pointer);
}

/** The options that requesting these outputs sets. The request's own options take precedence. */
export function impliedOptions(names: readonly string[]): Fields {
  const implied = names.flatMap((name) => {
    const needs = OUTPUTS[name]?.needs;
    return needs?.implied ? [[needs.option, true] as const] : [];
  });
  return Object.fromEntries(implied);
}

export interface OutputTensor {
  readonly name: string;
  readonly datatype: OutputDatatype;
  readonly shape: readonly number[];
  readonly values: readonly OutputValue[];
}

/** Values that are copied between two pauses. */
const PIECE_VALUES = 4096;

/**
 * The outputs with these names; without names, all that the options made. The rows of a draft are its positions. Pauses when
 * there is much to copy.
 */
export function* outputTensors(
  names: readonly string[] | undefined,
  rows: readonly Sampled[],
  verified: Verified | undefined,
): Generator<undefined, OutputTensor[]> {
  const tensors: OutputTensor[] = [];
  if (names !== undefined)
    for (const name of names)
      tensors.push(
        Object.hasOwn(DRAFT_OUTPUTS, name) ? requiredOfDraft(name, verified) : yield* required(name, rows),
      );
  else {
    if (verified !== undefined)
      for (const name of Object.keys(DRAFT_OUTPUTS)) {
        const tensor = DRAFT_OUTPUTS[name]?.only_named ? undefined : tensorOfDraft(name, verified);
        if (tensor !== undefined) tensors.push(tensor);
      }
    for (const name of Object.keys(OUTPUTS)) {
      if (OUTPUTS[name]?.only_named || (name === "state" && rows.every(({ state }) => state === null)))
        continue;
      const tensor = yield* tensorOf(name, rows);
      if (tensor !== undefined) tensors.push(tensor);
    }
  }
  return tensors;
}

function requiredOfDraft(name: string, verified: Verified | undefined): OutputTensor {
  const tensor = verified && tensorOfDraft(name, verified);
  if (tensor !== undefined) return tensor;
  throw new Problem(
    "option_conflict",
    verified === undefined
      ? `the output ${name} is of a draft, and needs the input draft_token_ids`
      : `the output ${name} is not made by the options of this draft`,
  );
}

function tensorOfDraft(name: string, verified: Verified): OutputTensor | undefined {
  const { datatype, values: valuesOf } = DRAFT_OUTPUTS[name] as DraftOutput; // a name of the list
  const values = valuesOf(verified);
  return values && { name, datatype, shape: [values.length], values };
}

function* required(name: string, rows: readonly Sampled[]): Generator<undefined, OutputTensor> {
  const tensor = yield* tensorOf(name, rows);
  if (tensor !== undefined) return tensor;
  throw new Problem(
    "option_conflict",
    `the output ${name} needs the option ${OUTPUTS[name]?.needs?.option}, for every row`,
  );
}

function* tensorOf(name: string, rows: readonly Sampled[]): Generator<undefined, OutputTensor | undefined> {
  const output = OUTPUTS[name];
  if (output === undefined) return undefined;
  const lists: (readonly OutputValue[])[] = [];
  let taken = 0;
  for (const sampled of rows) {
    const list = output.values(sampled);
    if (list === undefined) return undefined;
    lists.push(list);
    taken += list.length;
    if (taken < PIECE_VALUES) continue;
    taken = 0;
    yield;
  }
  const { datatype, per } = output;
  if (per === "joined" || per === "offsets") {
    const values = per === "joined" ? lists.flat() : offsetsOf(lists);
    return { name, datatype, shape: [values.length], values };
  }
  const length = lists.reduce((most, list) => Math.max(most, list.length), 0);
  const several = per === "list" || (per === "draw" && rows.some(({ draws }) => draws !== undefined));
  const shape = several ? [rows.length, length] : [rows.length];
  const values: OutputValue[] = [];
  for (const list of lists) {
    for (const value of list.length === length ? list : padded(list, length, datatype)) values.push(value);
    if (length >= PIECE_VALUES || (length > 1 && values.length % PIECE_VALUES < length)) yield;
  }
  return { name, datatype, shape, values };
}

/** The beginning of each list, and the end of the last. */
function offsetsOf(lists: readonly { readonly length: number }[]): number[] {
  const offsets = [0];
  let end = 0;
  for (const { length } of lists) {
    end += length;
    offsets.push(end);
  }
  return offsets;
}

function padded(
  list: readonly OutputValue[],
  length: number,
  datatype: OutputDatatype,
): readonly OutputValue[] {
  const padding = datatype === "INT64" ? PADDING : null;
  return [...list, ...Array.from({ length: length - list.length }, () => padding)];
}
