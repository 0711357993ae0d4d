/**
 * The face that every kind of request body has once it is opened: bytes are written to it, steps are taken from
 * it. A unary call takes one, a batch many, a stream endlessly; what a step is made of is the reader's own affair.
 */
import type { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import type { OptionLimits } from "../sampling/options/option-limits.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step.ts";
import type { Vocabularies } from "../vocabulary/vocabularies.ts";
import type { WireLimits } from "./limits.ts";
import type { Remembered } from "./remembered.ts";
import type { BodyForm } from "./row-source.ts";

/** Rows of logits and what to do with them: all that the sampler needs. Most steps have one row. */
export interface Step {
  readonly rows: readonly LogitsRow[];
  readonly options: StepOptions;
  /** what the sampler says of the step, as seen from the request: `/logits/17` in row 3 is `/rows/3/logits/17` */
  readonly place?: (problem: Problem) => Problem;
}

/** A body that is being read; what is taken from it, `next` of each kind of reader says. */
export interface BodyReader {
  /** the form of the logits, once known */
  readonly form?: BodyForm | undefined;
  /** whether the bytes that come next have to wait in memory for those that follow */
  readonly parks?: boolean;
  /** a row that takes the rest of the body as it is, in place of `write` */
  readonly into?: Row | undefined;
  /** Takes the next bytes of the body; they may be gone once the steps that they complete were taken. Throws a Problem when no further byte can make the body right. */
  write(chunk: Uint8Array): void;
  /** The chunk that was written last will be gone: what was not taken of it is copied. Absent: all was. */
  keep?(): void;
  /** The body is complete. Throws a Problem when it is not right as a whole. */
  end(): void;
}

export interface StepReader extends BodyReader {
  /**
   * The next step that is ready, the problem of one that cannot be, or undefined when more bytes are needed or
   * all were taken. A step's rows are valid until the next call.
   */
  next(): Step | Problem | undefined;
}

export interface WireContext {
  readonly limits: WireLimits;
  /** What checks the options of a step; `parseStepOptions` when absent. */
  readonly parse?: (fields: Readonly<Record<string, unknown>>, limits: OptionLimits) => StepOptions;
  /** How many rows a step may have; as many as may be combined when absent. */
  readonly step_rows_max?: number;
  /** What was said of steps before; nothing is remembered when absent, nor of options that `parse` checks. */
  readonly remembered?: Remembered;
  /** Vocabularies that a draft may name; none when absent. */
  readonly vocabularies?: Vocabularies;
  /**
   * A row to write into, for the whole request the same one for an index: a step of several rows needs as many at once.
   * Throws the Problem `overloaded` when none is free.
   */
  lease(index?: number): Row;
}
