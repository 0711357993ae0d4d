/**
 * The rows of one tensor in groups of any size, one group after the other. A group whose rows are not taken, or not all of
 * them, is dropped as its bytes come.
 */
import { ENCODINGS, type Encoding, type Row, rowBytes } from "../../kernels/kernel.ts";
import type { BodyForm, RowSource } from "../row-source.ts";
import { TensorRows } from "./rows.ts";

export interface GroupsOf {
  readonly encoding: Encoding;
  readonly vocab_size: number;
  readonly groups: number;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export class RowGroups implements RowSource {
  readonly form: BodyForm;
  /** of the tensor, so far */
  received_bytes = 0;
  readonly #lease: (index: number) => Row;
  readonly #of: GroupsOf;
  readonly #whole: (received_bytes: number) => void;
  /** bytes that no group has yet */
  #pending = NOTHING;
  /** groups that were begun */
  #begun = 0;
  /** of the group that is arriving */
  #rows = 0;
  /** undefined: its rows are dropped */
  #taken: TensorRows | undefined;
  /** bytes of its rows that have not been written */
  #left = 0;

  /** `whole` throws when a tensor of this number of bytes is incomplete. */
  constructor(lease: (index: number) => Row, of: GroupsOf, whole: (received_bytes: number) => void) {
    this.form = ENCODINGS[of.encoding].dtype;
    this.#whole = whole;
    this.#lease = lease;
    this.#of = of;
  }

  write(bytes: Uint8Array): void {
    this.received_bytes += bytes.length;
    this.#pending = bytes;
    this.#fill();
  }

  keep(): void {
    this.#pending = new Uint8Array(this.#pending); // `slice` of a Buffer copies nothing
    this.#taken?.keep();
  }

  end(): void {
    this.#whole(this.received_bytes);
  }

  /** Drops the rest of the arriving group. True once another group may begin. */
  next(): boolean {
    this.#taken = undefined;
    this.#fill();
    return this.#left === 0 && this.#begun < this.#of.groups;
  }

  /** Begins a group of this number of rows. Call it after `next`, once for each group. */
  begin(rows: number): void {
    this.#begun += 1;
    this.#rows = rows;
    this.#left = rows * rowBytes(this.#of.encoding, this.#of.vocab_size);
  }

  /** The rows of the group, several at a time in place together. Rows that have arrived already are included. */
  take(together: number): TensorRows {
    const { encoding, vocab_size } = this.#of;
    const of = { encoding, vocab_size, steps: this.#rows / together, step_rows: together };
    const rows = new TensorRows(this.#lease, of);
    this.#taken = rows;
    this.#fill();
    return rows;
  }

  /** Gives the group that is arriving what belongs to it. */
  #fill(): void {
    // Memory that was used up may have been freed since.
    if (this.#left === 0 || this.#pending.length === 0) return;
    const part = this.#pending.subarray(0, this.#left);
    this.#pending = part.length === this.#pending.length ? NOTHING : this.#pending.subarray(part.length);
    this.#left -= part.length;
    this.#taken?.write(part);
  }
}
