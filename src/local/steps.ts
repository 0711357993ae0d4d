/**
 * Steps with options that were parsed before: the host names a plan, and writes the row, the seed and the step. The
 * usual reply, a single token, takes two numbers.
 */
import { DTYPES, type Row } from "../kernels/kernel.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import type { Sampled } from "../sampling/report/report.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { StepOptions } from "../sampling/step.ts";
import { writeSampled } from "../wire/reply.ts";
import { finishRow } from "../wire/rows.ts";
import type { WireContext } from "../wire/step-reader.ts";
import { headerFields } from "../wire/tensor/head.ts";
import { type Desk, DTYPE_CODES, RESULT } from "./desk.ts";

/** Fields of a reply that add nothing to the token. */
const PLAIN_FIELDS = 6;

/** Reads a row that the host has written: float32 into the row itself, 16 bits into the box. */
export function rowFrom(desk: Desk, row: Row, elements: number, code: number): Row {
  const dtype = DTYPE_CODES[code] ?? "f32";
  row.begin(dtype);
  if (dtype === "f32") row.wrote(elements);
  else row.append(desk.arrived(elements * DTYPES[dtype].bytes));
  return row;
}

/**
 * Writes a reply: its token and the number of kept tokens to the desk when that is all, otherwise its text.
 */
export function tell(desk: Desk, sampled: Sampled): string | undefined {
  const { values } = desk;
  values[RESULT] = sampled.token_id;
  values[RESULT + 1] = sampled.kept;
  const is_plain = sampled.state === null && fieldsOf(sampled) === PLAIN_FIELDS;
  return is_plain ? undefined : writeSampled(sampled);
}

function fieldsOf(sampled: Sampled): number {
  let fields = 0;
  for (const _ in sampled) fields++;
  return fields;
}

export class Steps {
  readonly #desk: Desk;
  readonly #sampler: Sampler;
  readonly #context: WireContext;
  readonly #row: Row;
  #plans: StepOptions[] = [];
  /** the last seed, and its text */
  #high = 0;
  #low = 0;
  #seed = "0";

  constructor(desk: Desk, sampler: Sampler, context: WireContext, row: Row) {
    this.#desk = desk;
    this.#sampler = sampler;
    this.#context = context;
    this.#row = row;
  }

  /** Reads options, without step and seed, from the box; the number of their plan is the result. */
  plan(bytes: number): undefined {
    const text = this.#desk.text(bytes);
    const { limits } = this.#context;
    const options = parseStepOptions(headerFields(text, limits), limits.options);
    this.#desk.values[RESULT] = this.#plans.push(options) - 1;
  }

  /** Forgets all plans. */
  forget(): void {
    this.#plans = [];
  }

  /**
   * Takes a step. The desk has the plan, the number of elements, the code of the dtype, the step, and the seed's upper and lower
   * 32 bits.
   */
  step(): string | undefined {
    const [plan = 0, elements = 0, code = 0, step = 0, high = 0, low = 0] = this.#desk.values;
    const known = this.#plans[plan];
    if (known === undefined) throw new Error(`there is no plan ${plan}`);
    const row = rowFrom(this.#desk, this.#row, elements, code);
    const options = { ...known, step, seed: this.#seedOf(high, low) };
    return tell(this.#desk, this.#sampler.sample(finishRow(row, options), options));
  }

  #seedOf(high: number, low: number): string {
    if (high !== this.#high || low !== this.#low) {
      this.#high = high;
      this.#low = low;
      this.#seed =
        high < 0x20_0000 ? String(high * 0x1_0000_0000 + low) : String((BigInt(high) << 32n) | BigInt(low));
    }
    return this.#seed;
  }
}
