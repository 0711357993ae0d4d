/** Opens drafts in JSON: their rows stand under `rows`, and are kept until the whole body has said what they belong to. */
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../sampling/options/parse.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import type { VerifyOptions } from "../../sampling/verify/options.ts";
import { inPlace } from "../../sampling/verify/walk.ts";
import { JsonEnvelope } from "../json/envelope.ts";
import { type ArrivedStep, keptTargets, requireObject, rowOf } from "../json-reader.ts";
import { rowForm } from "../row-forms.ts";
import type { WireContext } from "../step-reader.ts";
import { ownOptions, type Sequence, sequencesOf, type VerifyCall, type VerifyReader } from "./calls.ts";

type Fields = Readonly<Record<string, unknown>>;

export class VerifyJson implements VerifyReader {
  readonly parks = true;
  readonly #many: boolean;
  readonly #context: WireContext;
  readonly #arrived: ArrivedStep[] = [];
  readonly #envelope: JsonEnvelope;
  #sequences: readonly Sequence[] = [];
  #rows: readonly unknown[] = [];
  #index = 0;

  constructor(many: boolean, context: WireContext) {
    this.#many = many;
    this.#context = context;
    this.#envelope = new JsonEnvelope("batch", context.limits, keptTargets(context, this.#arrived));
  }

  write(chunk: Uint8Array): void {
    this.#envelope.write(chunk);
  }

  end(): void {
    const { rows, ...fields } = requireObject(this.#envelope.end());
    if (!Array.isArray(rows))
      throw new Problem(
        "invalid_option",
        `rows must be an array of objects with logits, got ${show(rows)}`,
        "/rows",
      );
    this.#sequences = sequencesOf(fields, this.#many, this.#context);
    this.#rows = rows;
    const expected = this.#sequences.reduce((sum, { count }) => sum + count, 0);
    if (rows.length !== expected)
      throw new Problem("length_mismatch", `the drafts need ${expected} rows, got ${rows.length}`, "/rows");
  }

  next(): VerifyCall | Problem | undefined {
    const sequence = this.#sequences[this.#index];
    if (sequence === undefined) return undefined;
    this.#index += 1;
    try {
      return this.#callOf(sequence);
    } catch (error) {
      if (error instanceof Problem && this.#many && error.code !== "overloaded") return error;
      throw error;
    }
  }

  #callOf({ first, count, options: checked, place }: Sequence): VerifyCall {
    const options = checked();
    try {
      const given = this.#rows.slice(first, first + count).map((row, i) => fieldsOf(row, i));
      const rows = given.map(({ logits }, i) => this.#row(logits, first + i, i, options));
      const own = ownOptions(
        given.map(({ logits: _, ...fields }) => (Object.keys(fields).length === 0 ? undefined : fields)),
        options,
      );
      const drafted = options.verification.draft_token_ids.length;
      const placed = { target: rows.slice(0, drafted + 1), draft: rows.slice(drafted + 1), own };
      return { rows: inPlace(placed), options, place };
    } catch (error) {
      throw error instanceof Problem ? place(error) : error;
    }
  }

  /** Row `index` of the body in the place of row `place` of its sequence. */
  #row(logits: unknown, index: number, place: number, options: VerifyOptions): LogitsRow {
    const { problem, rows = [] } = this.#arrived[index] ?? {};
    delete this.#arrived[index];
    try {
      if (problem !== undefined) throw problem;
      return rowOf(rowForm(logits), rows[0] ?? {}, options, this.#context, place);
    } catch (error) {
      throw error instanceof Problem ? error.within(`/rows/${place}`) : error;
    }
  }
}

function fieldsOf(row: unknown, place: number): Fields {
  if (isRecord(row)) return row;
  throw new Problem(
    "invalid_option",
    `a row must be an object with logits, got ${show(row)}`,
    `/rows/${place}`,
  );
}
