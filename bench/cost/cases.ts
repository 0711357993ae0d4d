/**
 * A case for every part that a step may have: stages, draw rules, watermarks, verification methods, combination rules,
 * and encodings of a row. The names come from the lists of the code, so a new part is measured as well.
 */
import { seeded } from "../../evidence/seeded.ts";
import {
  parseStepOptions,
  parseVerifyOptions,
  type Row,
  type Sampler,
  verifyDraft,
} from "../../src/index.ts";
import { ENCODING_NAMES, type Encoding, rowBytes } from "../../src/kernels/kernel.ts";
import { RULES } from "../../src/sampling/combine/index.ts";
import { DRAW_RULES } from "../../src/sampling/draw/index.ts";
import { WATERMARKS } from "../../src/sampling/draw/watermark/index.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import type { StepOptions } from "../../src/sampling/step.ts";
import { VERIFY_METHODS } from "../../src/sampling/verify/index.ts";
import { HISTORY, LARGER } from "./stage-options.ts";

export const KINDS = ["stage", "draw", "mark", "verify", "combine", "form"] as const;
export type Kind = (typeof KINDS)[number];

export interface CostCase {
  readonly kind: Kind;
  readonly name: string;
  /** number of rows per step; the cost is reported per row */
  readonly rows: number;
  /** Takes a step. */
  take(): void;
}

/** Tokens of the draft that is verified. */
const DRAFTED = 4;
/** Maximum rows of a step. */
export const ROWS_MAX = DRAFTED + 1;
/** The id of the key that a sampler of these cases must have. */
export const KEY_ID = "key";

const TEMPERATURE = { stage: "temperature", temperature: 0.8 };
const COMMON = { history: HISTORY, prompt_length: 512, seed: 1 };
const CHUNK_BYTES = 65_536;

/** The step with which all others are compared: only a temperature, on the first row. */
export function baseCase(sampler: Sampler, rows: readonly Row[]): CostCase {
  return stepCase(sampler, rows.slice(0, 1), "stage", TEMPERATURE.stage, { chain: [TEMPERATURE] });
}

/** All cases over ROWS_MAX rows in memory, which are loaded already. */
export function costCases(sampler: Sampler, rows: readonly Row[]): CostCase[] {
  const [row] = rows as readonly [Row, ...Row[]]; // ROWS_MAX of them
  const one = rows.slice(0, 1);
  const chain = [TEMPERATURE];
  return [
    // Stages that read texts have no comparable row: bench:grammar measures them.
    ...STAGES.filter(({ readsText }) => readsText !== true).map(({ name, example, replaces }) => {
      const entry = { stage: name, ...(LARGER[name] ?? example) };
      const is_alone = name === TEMPERATURE.stage || replaces?.includes(TEMPERATURE.stage);
      return stepCase(sampler, one, "stage", name, { chain: is_alone ? [entry] : [TEMPERATURE, entry] });
    }),
    ...DRAW_RULES.map(({ name, example }) =>
      stepCase(sampler, one, "draw", name, { chain, draw: { rule: name, ...example } }),
    ),
    ...WATERMARKS.map(({ name, example }) =>
      stepCase(sampler, one, "mark", name, { chain, watermark: { scheme: name, ...example, key: KEY_ID } }),
    ),
    ...VERIFY_METHODS.map(({ name }) => verifyCase(sampler, rows, name)),
    ...RULES.map(({ name, example, sources }) =>
      stepCase(sampler, rows.slice(0, sources.length), "combine", name, {
        chain,
        combine: { rule: name, ...example },
      }),
    ),
    ...ENCODING_NAMES.map((encoding) => formCase(sampler, row, encoding)),
  ];
}

function stepCase(
  sampler: Sampler,
  rows: readonly Row[],
  kind: Kind,
  name: string,
  fields: Readonly<Record<string, unknown>>,
): CostCase {
  const options = parseStepOptions({ ...COMMON, ...fields });
  let step = 0;
  return { kind, name, rows: rows.length, take: () => arriveAndSample(sampler, rows, options, step++) };
}

function arriveAndSample(sampler: Sampler, rows: readonly Row[], options: StepOptions, step: number): void {
  for (const row of rows) arrive(row);
  sampler.sample(rows, { ...options, step });
}

/** The values are in memory already; this is the work that remains when the last byte has arrived. */
function arrive(row: Row): void {
  const { length } = row;
  row.begin("f32");
  row.wrote(length);
  row.finish();
}

/** Each token of the draft is the one that its row gives under this seed, so all positions are verified. */
function verifyCase(sampler: Sampler, rows: readonly Row[], method: string): CostCase {
  const step = { ...COMMON, chain: [TEMPERATURE] };
  const history = [...HISTORY];
  const draft_token_ids = rows.slice(0, DRAFTED).map((row, place) => {
    arrive(row);
    const options = parseStepOptions({ ...step, history: [...history], step: place });
    const { token_id } = sampler.sample([row], options);
    history.push(token_id);
    return token_id;
  });
  const options = parseVerifyOptions({ ...step, method, draft_token_ids });
  return {
    kind: "verify",
    name: method,
    rows: rows.length,
    take() {
      for (const row of rows) arrive(row);
      verifyDraft(sampler, { target: rows, draft: [] }, options);
    },
  };
}

/** A row that arrives as bytes, in chunks as from a socket. Afterwards it has its earlier values again. */
function formCase(sampler: Sampler, row: Row, encoding: Encoding): CostCase {
  const options = parseStepOptions({ ...COMMON, chain: [TEMPERATURE] });
  const values = row.values.slice(0, row.length);
  const bytes = encoded(encoding, values);
  return {
    kind: "form",
    name: encoding,
    rows: 1,
    take() {
      row.begin(encoding);
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) row.append(bytes.subarray(at, at + CHUNK_BYTES));
      row.finish();
      sampler.sample([row], options);
      row.values.set(values);
    },
  };
}

/**
 * Bytes of a row in this encoding. For integer and 16-bit types any finite values will do, because only their number
 * matters.
 */
function encoded(encoding: Encoding, values: Float32Array): Uint8Array {
  if (encoding === "f32") return new Uint8Array(values.slice().buffer);
  const random = seeded(7);
  const bytes = Uint8Array.from({ length: rowBytes(encoding, values.length) }, () => random.below(0x30));
  // The scale of a row: 2⁻⁵ as float32.
  if (encoding === "i8_by_row") bytes.set([0, 0, 0, 0x3d]);
  return bytes;
}
