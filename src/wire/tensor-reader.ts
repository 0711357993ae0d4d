/**
 * Opens binary bodies of one step: little-endian elements, alone or behind a JSON header. Chunks go straight into
 * the leased row, so that nothing is left to copy when the last byte is there.
 */
import { Problem } from "../errors.ts";
import { DTYPE_BYTES, type Row } from "../kernels/kernel.ts";
import { parseStepOptions, type StepOptions } from "../sampling/step-options.ts";
import type { TensorFields } from "../schemas/tensor.ts";
import { finishRow, requireWhole, rowTooLong } from "./rows.ts";
import type { StepReader, WireContext } from "./step-reader.ts";
import { requireVocabSize, TensorHead, type TensorSource, tensorFields } from "./tensor-head.ts";

/** A row that is arriving. */
interface Arriving {
  readonly tensor: TensorFields;
  readonly options: StepOptions;
  readonly row: Row;
}

export function openStepTensor(source: TensorSource, context: WireContext): StepReader {
  const head = new TensorHead(source, context.limits);
  let arriving: Arriving | undefined;
  let ready = false;
  return {
    write(chunk) {
      const bytes = head.write(chunk);
      if (!head.complete) return;
      arriving ??= begin(head, context);
      if (!arriving.row.append(bytes)) throw rowTooLong(arriving.row, "");
    },
    end() {
      arriving ??= begin(head, context);
      const { tensor, row } = arriving;
      requireWhole(row.length * DTYPE_BYTES[tensor.dtype] + row.odd_bytes, tensor.dtype, "");
      if (tensor.shape !== undefined) requireLength(row.length, tensor.shape);
      ready = true;
    },
    next() {
      if (!ready || arriving === undefined) return undefined;
      ready = false;
      const { row, options } = arriving;
      return { row: finishRow(row, options), options };
    },
  };
}

/** All that the header says is checked before the first element is taken. */
function begin(head: TensorHead, context: WireContext): Arriving {
  const [tensor, fields] = tensorFields(head.fields);
  if (tensor.shape !== undefined) requireStepShape(tensor.shape, context);
  const { limits, parse = parseStepOptions } = context;
  const options = parse(fields, limits.options);
  const row = context.lease();
  row.begin(tensor.dtype);
  return { tensor, options, row };
}

function requireStepShape(shape: readonly number[], { limits }: WireContext): void {
  const rows = shape.length === 2 ? shape[0] : 1;
  if (shape.length < 1 || shape.length > 2 || rows !== 1)
    throw new Problem(
      "invalid_option",
      `the shape of one step must be [vocab_size] or [1, vocab_size], got [${shape.join(", ")}]`,
      "/shape",
    );
  requireVocabSize(shape.at(-1) ?? 0, limits, "/shape");
}

function requireLength(length: number, shape: readonly number[]): void {
  if (length !== shape.at(-1))
    throw new Problem(
      "length_mismatch",
      `shape [${shape.join(", ")}] needs ${shape.at(-1)} elements, got ${length}`,
      "/shape",
    );
}
