/** The two parts of a body with rows, for the machine of rows-body.ts: its head, and the destination of its rows. */
import { type Row, WIRE_DTYPES } from "../kernels/kernel.ts";

/** How a body holds logits: as elements of a type, as a sparse list, as text, or not at all. */
export const BODY_FORMS = [...WIRE_DTYPES, "sparse", "json", "shared_memory"] as const;
export type BodyForm = (typeof BODY_FORMS)[number];

/** Reads the fields of a body, without its rows. */
export interface BodyHead {
  /** Takes bytes until the head is complete; returns the bytes after it, which belong to rows. */
  write(chunk: Uint8Array): Uint8Array;
  /** True when the head is complete. The head of JSON is complete only at the end of the body. */
  readonly complete: boolean;
  /** True when its bytes wait in memory for the end of the body. */
  readonly parks: boolean;
}

/** Holds the rows of a body, those of one step at a time. */
export interface RowSource {
  /** the form of the rows, for the metrics */
  readonly form: BodyForm;
  /** the only row, when it takes the rest of the body directly */
  readonly into?: Row | undefined;
  /** whether its bytes wait in memory */
  readonly parks?: boolean;
  /** Takes the next bytes. Take every completed step before writing more. */
  write(bytes: Uint8Array): void;
  /** The memory of the last written bytes will be reused: copies the part that was not taken. */
  keep?(): void;
  /** The end of the bytes. Throws the Problem `length_mismatch` when there are too few or too many. */
  end(): void;
  /** Puts the rows of the next step in place, until the next call. False: more bytes are needed, or all steps were taken. */
  next(): boolean;
}
