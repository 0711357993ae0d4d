/**
 * Who is let in: one row of the kernel for every request whose body is arriving, and no more requests than there
 * are rows. A visit takes its row when the first byte of a tensor comes, not before, and gives it back when it
 * ends, however it ends.
 */
import { assert, Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import type { Sampler } from "../sampling/sampler.ts";

export interface Admission {
  /** rows that are out */
  readonly rows_out: number;
  readonly rows_max: number;
  /** Set when the process is about to end: no longer ready, though requests are still answered. */
  draining: boolean;
  /** A request begins. */
  enter(): Visit;
}

export interface Visit {
  /** The row of this request, the same at every call. Throws the Problem `overloaded` when none is free. */
  lease(): Row;
  /** The request is over. */
  leave(): void;
}

/** Seconds after which a client that was turned away may try again: a step takes far less. */
export const RETRY_AFTER_S = 1;

export function createAdmission(sampler: Sampler, rows_max: number): Admission {
  let rows_out = 0;
  return {
    draining: false,
    rows_max,
    get rows_out() {
      return rows_out;
    },
    enter() {
      let row: Row | undefined;
      let left = false;
      return {
        lease() {
          assert(!left, "a row is leased while its request lasts");
          if (row !== undefined) return row;
          row = sampler.leaseRow();
          if (row === undefined)
            throw new Problem("overloaded", `all ${rows_max} rows of this server are in use; try again`);
          rows_out += 1;
          return row;
        },
        leave() {
          left = true;
          if (row === undefined) return;
          sampler.returnRow(row);
          row = undefined;
          rows_out -= 1;
        },
      };
    },
  };
}
