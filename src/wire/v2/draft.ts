/**
 * A draft as an inference: the input or parameter `draft_token_ids` makes the rows of logits those of a draft. All options of
 * POST /v1/verify are parameters or inputs, and those of a step may have one element for each row of the target.
 */
import { Problem, show } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import { parseVerifyOptions, rowsOfDraft } from "../../sampling/verify/options.ts";
import { requireSharedMemory, type SharedMemory } from "../shared-memory.ts";
import type { WireContext } from "../step-reader.ts";
import { RowGroups } from "../tensor/groups.ts";
import { callOfTensor, type DraftOfTensor, type RowsInPlace, togetherOf } from "../verify/arriving.ts";
import type { VerifyCall } from "../verify/calls.ts";
import { DraftSets, requireDraftSets } from "../verify/draft-sets.ts";
import { DRAFT_SETS, type Fields, rowOptions, type SideTensor, VERIFY_NAMES } from "./options.ts";
import { impliedOptions } from "./outputs.ts";
import type { Inference } from "./request.ts";
import { type RowSource, SharedRows } from "./rows.ts";

/** The option that makes an inference a draft. */
const DRAFTED = "draft_token_ids";

export function isDraft({ parameters, inputs }: Pick<Inference, "parameters" | "inputs">): boolean {
  return DRAFTED in parameters || inputs.some(({ name }) => name === DRAFTED);
}

/** The facts about the draft that are known before its rows. Throws a Problem. */
export function draftOfInference(
  { wanted, parameters, rows, logits }: Inference,
  sides: readonly SideTensor[],
  { limits, vocabularies }: WireContext,
): DraftOfTensor {
  const { vocab_size, steps, step_rows } = rows;
  if (step_rows > 1)
    throw new Problem(
      "option_conflict",
      `each position of a draft has one row: the shape of logits must be [rows, vocab_size], got ${step_rows} sources`,
      `${logits.pointer}/shape`,
    );
  const said = draftFields(parameters, sides);
  const sets = setsOf(sides);
  const counts = rowsOfDraft(
    { vocabulary: parameters["vocabulary"], ...said },
    vocabularies,
    sets !== undefined,
  );
  const { count, at_once, of_draft, tokens } = counts;
  requireRows(count, steps, `${logits.pointer}/shape`);
  const { rows_max = Number.POSITIVE_INFINITY } = limits;
  if (at_once > rows_max)
    throw new Problem(
      "limit_exceeded",
      `a draft may need at most ${rows_max} rows at once (rows_max), got ${at_once}`,
      "/draft_token_ids",
    );
  if (sets !== undefined) requireDraftSets(sets, of_draft, "/inputs");
  const others = sides.filter(
    ({ name }) => !VERIFY_NAMES.has(name) && !DRAFT_SETS.some((each) => each === name),
  );
  const target = tokens.drafted.length + 1;
  const stepwise = Object.fromEntries(Object.entries(parameters).filter(([name]) => !VERIFY_NAMES.has(name)));
  const { shared, own } = rowOptions(stepwise, others, target);
  const fields = { ...impliedOptions(wanted.outputs ?? []), ...shared, ...said };
  return {
    options: parseVerifyOptions(fields, limits.options, vocabularies, tokens),
    place: ofRow,
    count,
    vocab_size,
    own: own === undefined ? [] : Array.from({ length: target }, (_, row) => own(row)),
    apart: sets && { sets, first: 0, count: of_draft },
  };
}

function requireRows(expected: number, got: number, pointer: string): void {
  if (got === expected) return;
  throw new Problem("length_mismatch", `the draft needs ${expected} rows of logits, got ${got}`, pointer);
}

/** The options of the draft. An inference has one: its lists are those of all rows. */
function draftFields(parameters: Fields, sides: readonly SideTensor[]): Fields {
  const own = Object.fromEntries(Object.entries(parameters).filter(([name]) => VERIFY_NAMES.has(name)));
  const tensors = sides.filter(({ name }) => VERIFY_NAMES.has(name));
  for (const { name, shape, pointer } of tensors)
    if (shape.length > 1 && shape[0] !== 1)
      throw new Problem(
        "length_mismatch",
        `an inference has one draft, and the shape of ${name} must be [length] or [1, length], got [${shape.join(", ")}]: POST /v1/verify/batch takes many`,
        `${pointer}/shape`,
      );
  return rowOptions(own, tensors, 1).shared;
}

/** The drafter's rows as a sparse matrix; undefined: they stand after those of the target, or there are none. */
function setsOf(sides: readonly SideTensor[]): DraftSets | undefined {
  const given = DRAFT_SETS.map((name) => sides.find((side) => side.name === name));
  const [offsets, token_ids, values] = given;
  if (given.every((each) => each === undefined)) return undefined;
  if (offsets === undefined || token_ids === undefined || values === undefined)
    throw new Problem(
      "option_conflict",
      `the drafter's rows as a sparse matrix need all of ${DRAFT_SETS.join(", ")}, got ${given.filter((each) => each !== undefined).length} of them`,
      "/inputs",
    );
  for (const { name, elements, pointer } of [offsets, token_ids]) {
    const wrong = elements.find((each) => !Number.isInteger(each));
    if (wrong !== undefined)
      throw new Problem("invalid_option", `${name} must be whole numbers, got ${show(wrong)}`, pointer);
  }
  const parts = {
    offsets: offsets.elements.map(Number),
    token_ids: Int32Array.from(token_ids.elements, Number),
    values: Float32Array.from(values.elements, Number),
  };
  return new DraftSets(parts, "/inputs");
}

/** The protocol has only messages, so the message names the row of a Problem. */
function ofRow(problem: Problem): Problem {
  const row = /^\/rows\/(\d+)/.exec(problem.pointer)?.[1];
  if (row === undefined) return problem;
  return new Problem(problem.code, `row ${row}: ${problem.message}`, problem.pointer);
}

/** The rows of a draft, from the body as its bytes arrive, from JSON or from shared memory. */
export interface DraftSource extends Pick<RowSource, "write" | "keep"> {
  /** Whether its bytes wait in memory until all are there. */
  readonly parks: boolean;
  /** The rows, several at a time. Call it once, when the options are known. */
  begin(together: number): RowsInPlace;
  /** Drops what the draft no longer needs. */
  drop(): void;
}

/** Rows that arrive as bytes. `stores`: options come after them, so that all wait. */
class ArrivingDraft implements DraftSource {
  readonly parks: boolean;
  readonly #groups: RowGroups;
  readonly #rows: number;
  #stored: Uint8Array | undefined;
  #length = 0;

  constructor(lease: (index: number) => Row, { rows }: Inference, bytes: number, stores: boolean) {
    const { encoding, vocab_size, steps } = rows;
    this.#groups = new RowGroups(lease, { encoding, vocab_size, groups: 1 }, () => undefined);
    this.#rows = steps;
    this.parks = stores;
    if (stores) this.#stored = new Uint8Array(bytes);
  }

  write(bytes: Uint8Array): void {
    if (this.#stored === undefined) this.#groups.write(bytes);
    else this.#stored.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  keep(): void {
    if (this.#stored === undefined) this.#groups.keep();
  }

  begin(together: number): RowsInPlace {
    if (this.#stored !== undefined) this.#groups.write(this.#stored);
    this.#stored = undefined;
    this.#groups.next();
    this.#groups.begin(this.#rows);
    return this.#groups.take(together);
  }

  drop(): void {
    this.#groups.next();
  }
}

/** Rows of a region of shared memory. */
class SharedDraft implements DraftSource {
  readonly parks = false;
  readonly #open: (together: number) => RowsInPlace;

  constructor(open: (together: number) => RowsInPlace) {
    this.#open = open;
  }

  write(): void {}

  keep(): void {}

  drop(): void {}

  begin(together: number): RowsInPlace {
    return this.#open(together);
  }
}

/** Where the rows of a draft are. `stores`: options come after them in the body, so that all wait. */
export function openDraftRows(
  inference: Inference,
  { lease }: WireContext,
  memory: SharedMemory | undefined,
  stores: boolean,
): DraftSource {
  const { rows, logits } = inference;
  const { place, pointer } = logits;
  if (place.in !== "shared_memory")
    return new ArrivingDraft(lease, inference, place.in === "body" ? place.byte_size : 0, stores);
  const known = requireSharedMemory(memory, pointer);
  return new SharedDraft((together) => {
    const of = { ...rows, steps: rows.steps / together, step_rows: together };
    return new SharedRows(lease, of, known, place, pointer);
  });
}

/** The call of a draft on these rows. */
export function callOfInference(draft: DraftOfTensor, source: DraftSource): VerifyCall {
  return callOfTensor(draft, source.begin(togetherOf(draft)));
}
