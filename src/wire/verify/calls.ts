/**
 * Calls to verify as a body holds them: one, or sequences that share options. The rows of all of them stand in one list,
 * those of a sequence side by side: of the target, one for each token drafted and one more, and then those that the draft
 * was drawn from, where they are sent. It is the order in which engines lay out the logits of a batch of drafts.
 */
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { mergeStepOptions } from "../../sampling/options/step-options.ts";
import { parseVerifyOptions, rowsOfDraft, type VerifyOptions } from "../../sampling/verify/options.ts";
import type { VerifyRows } from "../../sampling/verify/walk.ts";
import type { BodyReader, WireContext } from "../step-reader.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A draft, its rows and the options of its steps: all that verifying needs. */
export interface VerifyCall {
  readonly rows: VerifyRows;
  readonly options: VerifyOptions;
  /** turns a problem of the call into one with a pointer into the request */
  readonly place: (problem: Problem) => Problem;
}

export interface VerifyReader extends BodyReader {
  /**
   * The next call, the problem of one that cannot be, or undefined while none is known. Its rows may come later, and are
   * given up when this is called again.
   */
  next(): VerifyCall | Problem | undefined;
}

/** One sequence of a body. */
export interface Sequence {
  /** where its rows begin among those of the body, and how many there are */
  readonly first: number;
  readonly count: number;
  /** where the drafter's rows begin among those that come apart, and how many there are */
  readonly first_draft: number;
  readonly of_draft: number;
  /** Throws the Problem of its options, relative to the request. */
  options(): VerifyOptions;
  readonly place: (problem: Problem) => Problem;
}

/**
 * The calls that a body describes besides its rows: one, or with `many` those in its `sequences`. `apart`: the
 * drafters' rows are not among those of the targets.
 */
export function sequencesOf(fields: Fields, many: boolean, context: WireContext, apart = false): Sequence[] {
  if (!many) return [sequenceAt({}, fields, { ...FIRST, apart }, context)];
  const { sequences, ...shared } = fields;
  if (!Array.isArray(sequences) || sequences.length === 0)
    throw new Problem(
      "invalid_option",
      `sequences must be an array of at least one object, got ${show(sequences)}`,
      "/sequences",
    );
  let [first, first_draft] = [0, 0];
  return sequences.map((own: unknown, index) => {
    if (!isRecord(own))
      throw new Problem(
        "invalid_option",
        `a sequence must be an object, got ${show(own)}`,
        `/sequences/${index}`,
      );
    const sequence = sequenceAt(own, shared, { index, first, first_draft, apart }, context);
    first += sequence.count;
    first_draft += sequence.of_draft;
    return sequence;
  });
}

/** The place of a sequence in its body. */
interface Spot extends Pick<Sequence, "first" | "first_draft"> {
  /** undefined: the body has no list of sequences */
  readonly index: number | undefined;
  readonly apart: boolean;
}

const FIRST = { index: undefined, first: 0, first_draft: 0 } as const;

function sequenceAt(
  own: Fields,
  shared: Fields,
  { index, first, first_draft, apart }: Spot,
  { limits, vocabularies }: WireContext,
): Sequence {
  const fields = mergeStepOptions(shared, own);
  const place = (problem: Problem) => placed(problem, own, shared, index, first);
  const placing = <Result>(make: () => Result): Result => {
    try {
      return make();
    } catch (error) {
      throw error instanceof Problem ? place(error) : error;
    }
  };
  const { rows_max = Number.POSITIVE_INFINITY } = limits;
  const { count, at_once, of_draft, tokens } = placing(() => rowsOfDraft(fields, vocabularies, apart));
  if (at_once > rows_max)
    throw place(
      new Problem(
        "limit_exceeded",
        `a draft may need at most ${rows_max} rows at once (rows_max), got ${count}`,
        "/draft_token_ids",
      ),
    );
  const options = () => placing(() => parseVerifyOptions(fields, limits.options, vocabularies, tokens));
  return { first, count, first_draft, of_draft, place, options };
}

/** Rows stand side by side in the request; options stand with the sequence, unless they are shared. */
function placed(
  problem: Problem,
  own: Fields,
  shared: Fields,
  index: number | undefined,
  first: number,
): Problem {
  const [, field = "", row = "", ...rest] = problem.pointer.split("/");
  if (field === "rows" && row !== "") {
    const pointer = ["", field, String(first + Number(row)), ...rest].join("/");
    return new Problem(problem.code, problem.message, pointer);
  }
  const is_shared = index === undefined || field === "rows" || (field in shared && !(field in own));
  return is_shared ? problem : problem.within(`/sequences/${index}`);
}

/** The options of the target's rows of a call. Throws a Problem when a row of the draft has options. */
export function ownOptions(
  given: readonly unknown[],
  { verification }: VerifyOptions,
): (Fields | undefined)[] {
  const target_count = verification.draft_token_ids.length + 1;
  const own = given.slice(0, target_count).map((fields, i) => {
    if (fields === undefined || isRecord(fields)) return fields;
    throw new Problem("invalid_option", `a row must be an object, got ${show(fields)}`, `/rows/${i}`);
  });
  for (const [i, fields] of given.slice(target_count).entries())
    if (fields !== undefined && Object.keys(Object(fields)).length > 0)
      throw new Problem(
        "option_conflict",
        `the rows of a draft have no options of their own, got ${show(fields)}`,
        `/rows/${target_count + i}`,
      );
  return own;
}
