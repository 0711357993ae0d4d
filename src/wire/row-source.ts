/** The two halves of a body with rows, as the machine of rows-body.ts sees them: its head, and where its rows go. */
import { type Row, WIRE_DTYPES } from "../kernels/kernel.ts";

/** How a body holds logits: as elements of a type, as the few that a sparse row lists, as text, or not at all. */
export const BODY_FORMS = [...WIRE_DTYPES, "sparse", "json", "shared_memory"] as const;
export type BodyForm = (typeof BODY_FORMS)[number];

/** Reads what a body says beside its rows. */
export interface BodyHead {
  /** Takes the next bytes until it is complete; answers those behind it, which are bytes of rows. */
  write(chunk: Uint8Array): Uint8Array;
  /** Whether all of it has arrived. The head of JSON is complete only at the end of the body. */
  readonly complete: boolean;
  /** Whether its bytes wait in memory for the end of the body. */
  readonly parks: boolean;
}

/** Holds the rows of a body, those of one step at a time. */
export interface RowSource {
  /** how the rows are written, for the metrics */
  readonly form: BodyForm;
  /** the only row, when it takes the rest of the body as it is */
  readonly into?: Row | undefined;
  /** whether its bytes wait in memory */
  readonly parks?: boolean;
  /** Takes the next bytes. Every step that they complete is taken before more are written. */
  write(bytes: Uint8Array): void;
  /** The bytes that were written last will be gone: what was not taken of them is copied. */
  keep?(): void;
  /** No more bytes will come. Throws the Problem `length_mismatch` when these are too few, or too many. */
  end(): void;
  /** Puts the rows of the next step in place, until the next call. False: more bytes are needed, or all steps were taken. */
  next(): boolean;
}
