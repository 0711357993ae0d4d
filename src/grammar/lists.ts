/**
 * Lists of nodes, and the cached result of merging the branches of each list. Equal lists have the same number, found
 * by a table with open addressing.
 */

const UNKNOWN = -1;
/** Bytes of a list without its numbers, and of each number, as V8 stores them. */
const LIST_BYTES = 56;
const NUMBER_BYTES = 8;

export class Lists {
  #lists: (readonly number[])[] = [];
  /** by list: the ALT node of its branches */
  #merged = new Int32Array(64).fill(UNKNOWN);
  #places = new Int32Array(128).fill(UNKNOWN);
  #list_bytes = 0;
  /** probes of the last call of idOf after the first */
  probes = 0;

  get count(): number {
    return this.#lists.length;
  }

  get bytes(): number {
    return this.#list_bytes + 4 * (this.#merged.length + this.#places.length);
  }

  of(list: number): readonly number[] {
    return this.#lists[list]!;
  }

  /** The number of a list of sorted nodes. The list must not be changed afterwards. */
  idOf(nodes: readonly number[]): number {
    const mask = this.#places.length - 1;
    this.probes = 0;
    let place = hashOf(nodes) & mask;
    for (; ; place = (place + 1) & mask, this.probes++) {
      const list = this.#places[place]!;
      if (list === UNKNOWN) break;
      if (isSame(this.#lists[list]!, nodes)) return list;
    }
    const list = this.#lists.length;
    this.#lists.push(nodes);
    this.#list_bytes += LIST_BYTES + NUMBER_BYTES * nodes.length;
    this.#places[place] = list;
    if (this.#lists.length === this.#merged.length) this.#resize(2 * this.#merged.length);
    return list;
  }

  mergedAs(list: number): number | undefined {
    const node = this.#merged[list]!;
    return node === UNKNOWN ? undefined : node;
  }

  setMerged(list: number, node: number): void {
    this.#merged[list] = node;
  }

  /** Forgets the lists from this number on, and the results that are forgotten nodes. */
  backTo(count: number, nodes: number): void {
    for (let list = count; list < this.#lists.length; list++)
      this.#list_bytes -= LIST_BYTES + NUMBER_BYTES * this.#lists[list]!.length;
    this.#lists = this.#lists.slice(0, count);
    let capacity = 64;
    while (capacity <= count) capacity *= 2;
    for (let list = 0; list < count; list++) if (this.#merged[list]! >= nodes) this.#merged[list] = UNKNOWN;
    this.#resize(capacity);
  }

  #resize(capacity: number): void {
    const merged = new Int32Array(capacity).fill(UNKNOWN);
    merged.set(this.#merged.subarray(0, this.#lists.length));
    this.#merged = merged;
    const places = new Int32Array(2 * capacity).fill(UNKNOWN);
    const mask = places.length - 1;
    for (let list = 0; list < this.#lists.length; list++) {
      let place = hashOf(this.#lists[list]!) & mask;
      while (places[place] !== UNKNOWN) place = (place + 1) & mask;
      places[place] = list;
    }
    this.#places = places;
  }
}

function hashOf(nodes: readonly number[]): number {
  let hash = nodes.length;
  for (let i = 0; i < nodes.length; i++) hash = Math.imul(hash ^ nodes[i]!, 0x9e3779b1) ^ (hash >>> 15);
  return hash ^ (hash >>> 13);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
