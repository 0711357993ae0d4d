/** The kernel's face put over its passes: which machine, which sums, and what the last call left. No loops of its own. */
import { assert } from "../errors.ts";
import { distributionOf, type ValueMoments, valueMomentsOf } from "./distribution.ts";
import { Edits } from "./edits.ts";
import type { Machine } from "./instance.ts";
import type { Kernel } from "./kernel.ts";
import { type KernelLimits, SELECTION_MAX } from "./layout.ts";
import { BlockSums, draw, drawInfinite, logSumExp, sumWeights } from "./mass.ts";
import { configureNoise, type Noise } from "./philox.ts";
import { Row } from "./row.ts";
import { ScoreList } from "./score-list.ts";
import { type Cut, EVERY_TIE, gather, setWindow } from "./selection/cut.ts";
import { kthLargest, topK } from "./selection/select.ts";
import type { Distribution } from "./softmax.ts";
import { TokenTable } from "./tokens.ts";
import { findTopP, MASS_SLACK, massOf } from "./top-p/top-p.ts";
import { typicalCut } from "./typical/typical.ts";

export class WasmKernel implements Kernel {
  readonly edits: Edits;
  readonly list: ScoreList;
  readonly tokens: TokenTable;
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
  cut: Cut = { floor: -Infinity, tie_id: -1, ceiling: Infinity, ceiling_tie_id: EVERY_TIE };
  readonly #machine: Machine;
  readonly #free: Row[] = [];
  /** of the last normaliser, and of the last top-p: the one does not disturb a draw from the other */
  readonly #sums: BlockSums;
  readonly #cut_sums: BlockSums;
  #cut_mass: number | undefined = 1;
  #cut_row: Row | undefined;
  #cut_version = 0;
  #cut_temperature = 1;

  constructor(machine: Machine, limits: KernelLimits) {
    const { layout } = machine;
    this.#machine = machine;
    this.edits = new Edits(machine, limits.vocab_size_max);
    this.tokens = new TokenTable(machine, limits.vocab_size_max, () => this.edits.effect());
    this.list = new ScoreList(machine, limits.vocab_size_max);
    this.#sums = new BlockSums(layout.sums);
    this.#cut_sums = new BlockSums(layout.cut_sums);
    this.selected_ids = machine.selected_ids.subarray(0, SELECTION_MAX);
    this.selected_logits = machine.selected_logits.subarray(0, SELECTION_MAX);
    for (let i = limits.rows_max - 1; i >= 0; i--) {
      this.#free.push(new Row(machine, layout.rows + i * layout.row_bytes, limits.vocab_size_max));
    }
  }

  leaseRow(): Row | undefined {
    return this.#free.pop();
  }

  returnRow(row: Row): void {
    assert(!this.#free.includes(row), "a row is returned once");
    this.#free.push(row);
  }

  max(row: Row): number {
    return row.max;
  }

  firstNaN(row: Row): number {
    return row.nan_suspected ? this.#machine.wasm.firstNaN(row.address, row.blocks) : -1;
  }

  argmax(row: Row): number {
    if (row.max === -Infinity) return -1;
    return this.#machine.wasm.argmax(row.address, row.maxima_address, row.blocks, row.max);
  }

  topK(row: Row, k: number): number {
    return k === 1 ? this.#selectBest(row) : topK(this.#machine, row, k);
  }

  #selectBest(row: Row): number {
    const id = this.argmax(row);
    if (id < 0) return 0;
    this.selected_ids[0] = id;
    this.selected_logits[0] = row.values[id]! + 0; // −0 is +0 in a selection
    return 1;
  }

  kthLargest(row: Row, k: number): void {
    this.cut = kthLargest(this.#machine, row, k);
  }

  gather(row: Row, floor: number, tie_id: number, ceiling = Infinity, ceiling_tie_id = EVERY_TIE): number {
    this.#machine.wasm.setWindow(floor, tie_id, ceiling, ceiling_tie_id);
    return gather(this.#machine, row, SELECTION_MAX);
  }

  count(row: Row, floor: number, tie_id: number, ceiling = Infinity, ceiling_tie_id = EVERY_TIE): number {
    const cut = { floor, tie_id, ceiling, ceiling_tie_id };
    if (this.#sums.count >= 0 && this.#sums.areOfCut(row, cut)) return this.#sums.count;
    if (this.#cut_sums.count >= 0 && this.#cut_sums.areOfCut(row, cut)) return this.#cut_sums.count;
    setWindow(this.#machine, cut);
    return this.#machine.wasm.count(row.address, row.maxima_address, row.blocks);
  }

  smallest(row: Row, floor: number, tie_id: number, ceiling = Infinity, ceiling_tie_id = EVERY_TIE): number {
    setWindow(this.#machine, { floor, tie_id, ceiling, ceiling_tie_id });
    return this.#machine.wasm.smallest(row.address, row.maxima_address, row.blocks) + 0; // −0 is +0 here
  }

  logSumExp(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): number {
    const cut = { floor, tie_id, ceiling, ceiling_tie_id };
    return logSumExp(this.#machine, this.#sums, row, temperature, cut);
  }

  topP(row: Row, temperature: number, p: number, inclusive = false): number {
    const share = inclusive ? p + MASS_SLACK : p - MASS_SLACK;
    const question = { row, temperature, share, inclusive };
    const answer = findTopP(this.#machine, this.#cut_sums, question);
    this.#keep(row, temperature, answer.cut, answer.mass);
    return this.#select(row, temperature, answer.summed);
  }

  typicalCut(row: Row, temperature: number, p: number): number {
    const answer = typicalCut(this.#machine, this.#cut_sums, row, temperature, p - MASS_SLACK);
    this.#keep(row, temperature, answer.cut, answer.mass);
    if (answer.summed && this.#cut_sums.count > SELECTION_MAX) return -1;
    return this.#select(row, temperature, answer.summed);
  }

  /** The result of a cut, until the next one. */
  #keep(row: Row, temperature: number, cut: Cut, mass: number | undefined): void {
    this.cut = cut;
    this.#cut_mass = mass;
    this.#cut_row = row;
    this.#cut_version = row.version;
    this.#cut_temperature = temperature;
  }

  /** Selects the survivors of `cut` when they are few, and otherwise sees to it that their sums are there. */
  #select(row: Row, temperature: number, summed: boolean): number {
    setWindow(this.#machine, this.cut);
    const selected = gather(this.#machine, row, SELECTION_MAX);
    if (selected >= 0) this.#machine.wasm.sortSelection(selected, selected);
    else if (!summed) sumWeights(this.#machine, this.#cut_sums, row, temperature, this.cut);
    return selected;
  }

  distribution(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): Distribution {
    return distributionOf(this.#machine, row, temperature, { floor, tie_id, ceiling, ceiling_tie_id });
  }

  valueMoments(
    row: Row,
    floor: number,
    tie_id: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): ValueMoments {
    return valueMomentsOf(this.#machine, row, { floor, tie_id, ceiling, ceiling_tie_id });
  }

  get cut_mass(): number {
    if (this.#cut_mass === undefined) {
      const row = this.#cut_row;
      assert(row !== undefined && row.version === this.#cut_version, "the row is as it was when it was cut");
      this.#cut_mass = massOf(this.#machine, this.#sums, row, this.#cut_temperature, this.cut);
    }
    return this.#cut_mass;
  }

  draw(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    u: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): number {
    const largest = Math.min(row.max, ceiling);
    if (largest === -Infinity) return -1;
    if (largest === Infinity) return drawInfinite(this.#machine, row, u);
    const cut = { floor, tie_id, ceiling, ceiling_tie_id };
    let sums = this.#cut_sums;
    if (!sums.areOf(row, temperature, cut)) {
      sums = this.#sums;
      if (!sums.areOf(row, temperature, cut)) sumWeights(this.#machine, sums, row, temperature, cut);
    }
    return draw(this.#machine, sums, row, temperature, cut, u);
  }

  noisiest(row: Row, temperature: number, cut: Cut, noise: Noise): number {
    const most = this.argmax(row);
    if (most < 0 || row.max === Infinity) return most;
    configureNoise(this.#machine, noise);
    setWindow(this.#machine, cut);
    return this.#machine.wasm.noisiestOfRow(row.address, row.maxima_address, row.blocks, temperature, most);
  }
}
