/**
 * The interface of an opened request body: bytes are written to it, and steps are taken from it. A plain call
 * takes one step, a batch many, a stream any number. The kind of step depends on the reader.
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

/** Rows of logits and their options: the input of the sampler. Most steps have one row. */
export interface Step {
  readonly rows: readonly LogitsRow[];
  readonly options: StepOptions;
  /**
   * changes a Problem of the sampler to be relative to the request: `/logits/17` in row 3 becomes
   * `/rows/3/logits/17`
   */
  readonly place?: (problem: Problem) => Problem;
}

/** A body that is being read. The `next` of each kind of reader says what it returns. */
export interface BodyReader {
  /** the form of the logits, once known */
  readonly form?: BodyForm | undefined;
  /** true when the next bytes must wait in memory for later ones */
  readonly parks?: boolean;
  /** a row that takes the rest of the body directly, in place of `write` */
  readonly into?: Row | undefined;
  /**
   * Takes the next bytes of the body, whose memory may be reused once their steps were taken. Throws a Problem when no further
   * byte can make the body valid.
   */
  write(chunk: Uint8Array): void;
  /**
   * The memory of the last chunk will be reused: copies the part that was not taken. Absent: everything was
   * taken.
   */
  keep?(): void;
  /** The end of the body. Throws a Problem when the body as a whole is invalid. */
  end(): void;
}

export interface StepReader extends BodyReader {
  /**
   * The next step, the problem of an invalid step, or undefined when more bytes are needed or all steps were
   * taken. A step's rows are valid until the next call.
   */
  next(): Step | Problem | undefined;
}

export interface WireContext {
  readonly limits: WireLimits;
  /** Checks the options of a step; `parseStepOptions` when absent. */
  readonly parse?: (fields: Readonly<Record<string, unknown>>, limits: OptionLimits) => StepOptions;
  /** Maximum number of rows of a step; the maximum of a combination when absent. */
  readonly step_rows_max?: number;
  /** Caches of parsed steps; none when absent. Options with their own `parse` are not cached. */
  readonly remembered?: Remembered;
  /** Vocabularies that a draft may name; none when absent. */
  readonly vocabularies?: Vocabularies;
  /**
   * A row to write into. During a request, each index gets the same row; a step of several rows needs several at once.
   * Throws the Problem `overloaded` when none is free.
   */
  lease(index?: number): Row;
}
