/**
 * The one machine that reads rows of logits. A body has a head, with all fields except the numbers, and rows:
 *
 *   bytes ─► head ─► plan ─► rows ─► item, item, item …
 *
 * A tensor has its head first, in a JSON header or in the query string. JSON has it last: its rows are kept until the
 * whole text has arrived. The machine does not know what rows are for. A `RowsKind` does: it checks the head once,
 * chooses where the rows go, and makes an item of each step whose rows are in place.
 */
import type { Row } from "../kernels/kernel.ts";
import type { BodyForm, BodyHead, RowSource } from "./row-source.ts";
import type { BodyReader, WireContext } from "./step-reader.ts";

/**
 * The purpose of rows. One object serves all bodies of a kind; the state of a body is its head, plan and rows.
 */
export interface RowsKind<Head extends BodyHead, Plan, Rows extends RowSource, Item> {
  /**
   * Makes the plan from the head. Checks the whole head before the first row is read; throws the Problem of the
   * body.
   */
  plan(head: Head, context: WireContext): Plan;
  /** The destination of the rows. */
  rows(plan: Plan, context: WireContext, head: Head): Rows;
  /** The item of step `index`, whose rows are in place. A returned (not thrown) Problem belongs to that item only. */
  item(plan: Plan, rows: Rows, index: number, context: WireContext): Item;
}

/**
 * A class, because each object literal with a getter gets its own hidden class: 6 kB that only a full collection frees.
 */
export class RowsBody<Head extends BodyHead, Plan, Rows extends RowSource, Item> implements BodyReader {
  form: BodyForm | undefined = undefined;
  into: Row | undefined = undefined;
  parks: boolean;
  /** the plan, once the head is complete */
  plan: Plan | undefined = undefined;
  readonly #kind: RowsKind<Head, Plan, Rows, Item>;
  readonly #head: Head;
  readonly #context: WireContext;
  #rows: Rows | undefined = undefined;
  #index = 0;

  constructor(kind: RowsKind<Head, Plan, Rows, Item>, head: Head, context: WireContext) {
    this.#kind = kind;
    this.#head = head;
    this.#context = context;
    this.parks = head.parks;
  }

  write(chunk: Uint8Array): void {
    if (this.#rows !== undefined) {
      this.#rows.write(chunk);
      return;
    }
    const head = this.#head;
    // Checked before the head is parsed, so that no work is done when no row is free.
    if (!head.complete) this.#context.lease();
    const bytes = head.complete ? chunk : head.write(chunk);
    if (head.complete) this.#begin().write(bytes);
    else this.parks = head.parks;
  }

  keep(): void {
    this.#rows?.keep?.();
  }

  end(): void {
    (this.#rows ?? this.#begin()).end();
  }

  /** The next item, or undefined while more bytes are needed and when all items were taken. */
  next(): Item | undefined {
    const rows = this.#rows;
    if (rows === undefined || !rows.next()) return undefined;
    this.#index += 1;
    return this.#kind.item(this.plan as Plan, rows, this.#index - 1, this.#context); // rows exist only with a plan
  }

  /** The head is complete, or the body ends inside it, which the plan refuses. */
  #begin(): Rows {
    const kind = this.#kind;
    const plan = kind.plan(this.#head, this.#context);
    const rows = kind.rows(plan, this.#context, this.#head);
    this.plan = plan;
    this.form = rows.form;
    this.into = rows.into;
    this.parks = rows.parks ?? false;
    this.#rows = rows;
    return rows;
  }
}
