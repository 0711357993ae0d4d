/** The forms of a step's rows in JSON, from a body without its numbers. */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { Encoding } from "../kernels/kernel.ts";
import { within } from "../sampling/combine/combination.ts";
import type { StepOptions } from "../sampling/step.ts";
import { isSparseForm, packedEncoding } from "./rows.ts";
import { type SparseForm, sparseForm } from "./sparse.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The form of a row in JSON. */
export type RowForm =
  | { readonly kind: "dense" }
  | { readonly kind: "packed"; readonly encoding: Encoding }
  | { readonly kind: "sparse"; readonly sparse: SparseForm };

/** The forms of the rows of a step in JSON. */
export interface RowForms {
  readonly forms: readonly RowForm[];
  /** true when the rows are in a list of sources, and not at `logits` */
  readonly is_list: boolean;
}

/** The fields of a step, without the numbers of its row. */
export interface JsonPlan extends RowForms {
  readonly options: StepOptions;
}

/** A step divided into its rows and its other fields. */
export interface DividedStep extends RowForms {
  readonly fields: Fields;
}

export function formsOf({ logits, sources, ...fields }: Fields): DividedStep {
  if (sources === undefined) return { fields, forms: [rowForm(logits)], is_list: false };
  if (logits !== undefined)
    throw new Problem(
      "option_conflict",
      "a step has logits (one row) or sources (several), not both",
      "/sources",
    );
  if (!Array.isArray(sources) || sources.length === 0)
    throw new Problem(
      "invalid_option",
      `sources must be an array of at least one object with logits, got ${show(sources)}`,
      "/sources",
    );
  const forms: RowForm[] = [];
  const own: Fields[] = [];
  for (const [index, source] of (sources as readonly unknown[]).entries())
    within(`/sources/${index}`, () => {
      if (!isRecord(source))
        throw new Problem("invalid_option", `a source must be an object with logits, got ${show(source)}`);
      const { logits, ...others } = source;
      forms.push(rowForm(logits));
      own.push(others);
    });
  // Shared options of sources apply when no source has its own.
  const says_more = own.some((others) => Object.keys(others).length > 0);
  return { fields: says_more ? { ...fields, sources: own } : fields, forms, is_list: true };
}

/** `logits` is the placeholder that stands in place of the row. */
export function rowForm(logits: unknown): RowForm {
  if (Array.isArray(logits)) return { kind: "dense" };
  if (isSparseForm(logits)) return { kind: "sparse", sparse: sparseForm(logits) };
  return { kind: "packed", encoding: packedEncoding(logits) };
}
