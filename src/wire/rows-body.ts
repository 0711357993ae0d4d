/**
 * The one machine that reads rows of logits. A body has a head, which says everything beside the numbers, and rows:
 *
 *   bytes ─► head ─► plan ─► rows ─► item, item, item …
 *
 * A tensor has its head first, in a JSON header or in the query string. JSON has it last: its rows are kept until the
 * whole text has arrived. The machine does not know what rows are for. A `RowsKind` says so: it checks the head once,
 * chooses where the rows go, and makes an item of each step whose rows are in place.
 */
import type { Row } from "../kernels/kernel.ts";
import type { BodyForm, BodyHead, RowSource } from "./row-source.ts";
import type { BodyReader, WireContext } from "./step-reader.ts";

/** What rows are for. One object serves all bodies of a kind; the state of a body is its head, plan and rows. */
export interface RowsKind<Head extends BodyHead, Plan, Rows extends RowSource, Item> {
  /** What the head asks for. Checks all of it before the first row is taken; throws the Problem of the body. */
  plan(head: Head, context: WireContext): Plan;
  /** Where the rows go. */
  rows(plan: Plan, context: WireContext, head: Head): Rows;
  /** The item of step `index`, whose rows are in place. A Problem that is answered, not thrown, is that of one item. */
  item(plan: Plan, rows: Rows, index: number, context: WireContext): Item;
}

/** A class, since each object literal with a getter gets a shape of its own: 6 kB that only a full collection frees. */
export class RowsBody<Head extends BodyHead, Plan, Rows extends RowSource, Item> implements BodyReader {
  form: BodyForm | undefined = undefined;
  into: Row | undefined = undefined;
  parks: boolean;
  /** what the head asks for, once it has arrived */
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
    // Before the head is read: where no row is free, nothing is spent on what it says.
    if (!head.complete) this.#context.lease();
    const bytes = head.complete ? chunk : head.write(chunk);
    if (head.complete) this.#begin().write(bytes);
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
    return this.#kind.item(this.plan as Plan, rows, this.#index - 1, this.#context); // rows come with a plan
  }

  /** The head is there, or the body ends without all of it, which the plan refuses. */
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
