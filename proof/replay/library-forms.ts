/**
 * The steps of the replay by the library alone, in every form in which it accepts rows: in Node, and bundled in a
 * browser.
 */
import {
  createSampler,
  type Dtype,
  openStream,
  type Row,
  type SampleOptions,
  type Sampler,
} from "../../src/index.ts";
import type { ReplayStep } from "./steps.ts";

/** The bytes of values that the dtype holds exactly. */
const encodings: Readonly<Record<Dtype, (values: readonly number[]) => Uint8Array>> = {
  f32: (values) => bytesOf(Float32Array.from(values)),
  f16: (values) => bytesOf(Uint16Array.from(values, float16)),
  bf16: (values) => bytesOf(Uint16Array.from(values, (value) => bitsOf(value) >>> 16)),
};

const view = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** The float16 of a value that is exact in float16 and not subnormal; the steps have no other values. */
function float16(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  return value === 0 ? sign : sign | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

// Options of a request, as JSON has them.
const optionsOf = ({ options }: ReplayStep) => options as SampleOptions;

function leased(sampler: Sampler): Row {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("a new sampler has a row");
  return row;
}

/** Takes every step with one sampler; `draw` returns the reply. */
function each(draw: (sampler: Sampler, step: ReplayStep) => unknown) {
  return (steps: readonly ReplayStep[]): string[] => {
    const sampler = createSampler();
    return steps.map((step) => JSON.stringify(draw(sampler, step)));
  };
}

function inRowsOf(dtype: Dtype) {
  return (steps: readonly ReplayStep[]): string[] => {
    const sampler = createSampler();
    const row = leased(sampler);
    return steps.map((step) => {
      row.begin(dtype);
      row.append(encodings[dtype](step.row));
      row.finish();
      return JSON.stringify(sampler.sample(row, optionsOf(step)));
    });
  };
}

/** Each form takes all steps and returns the replies as JSON, in the order of the steps. */
export const LIBRARY_FORMS = {
  lists: each((sampler, step) => sampler.sample(step.row, optionsOf(step))),
  "float32 arrays": each((sampler, step) => sampler.sample(Float32Array.from(step.row), optionsOf(step))),
  "rows of f32": inRowsOf("f32"),
  "rows of f16": inRowsOf("f16"),
  "rows of bf16": inRowsOf("bf16"),
  streams: each((sampler, step) => {
    const stream = openStream(sampler, step.options);
    return stream.next(step.row);
  }),
} as const;

export type LibraryForm = keyof typeof LIBRARY_FORMS;
