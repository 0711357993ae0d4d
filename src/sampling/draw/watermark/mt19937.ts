/**
 * The CPU generator of torch: MT19937 (Matsumoto and Nishimura, 1998), seeded with the lower 32 bits of a seed, with
 * torch.randperm and torch.randint.
 */
import { allAtOnce } from "../../../pieces.ts";

const N = 624;
const M = 397;

export class Mt19937 {
  readonly #state = new Uint32Array(N);
  #next = N;

  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < N; i++) {
      const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, before) + i;
    }
  }

  /** 32 random bits. */
  next(): number {
    if (this.#next === N) this.#refill();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
      state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df);
    }
    this.#next = 0;
  }
}

/** Number of random numbers between two pauses: half a millisecond. */
const PIECE = 65_536;

/** The first `count` entries of torch.randperm(n), n below 2³² / 20. */
export function randperm(seed: number, n: number, count: number): Int32Array {
  return allAtOnce(randpermInPieces(seed, n, count));
}

/** The same with pauses. */
export function* randpermInPieces(seed: number, n: number, count: number): Generator<undefined, Int32Array> {
  const generator = new Mt19937(seed);
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  const end = Math.min(count, n - 1);
  for (let first = 0; first < end; first += PIECE) {
    if (first > 0) yield;
    shuffle(generator, order, first, Math.min(first + PIECE, end));
  }
  return order.subarray(0, count);
}

function shuffle(generator: Mt19937, order: Int32Array, first: number, end: number): void {
  const n = order.length;
  for (let i = first; i < end; i++) {
    const place = i + (generator.next() % (n - i));
    const moved = order[i]!;
    order[i] = order[place]!;
    order[place] = moved;
  }
}

/** True when `id` is among them. The same walk, which tracks only the position of `id`. */
export function isAmongFirst(seed: number, n: number, count: number, id: number): boolean {
  const generator = new Mt19937(seed);
  let at = id;
  for (let i = 0; i < count && i < n - 1; i++) {
    const place = i + (generator.next() % (n - i));
    if (place === at) return true;
    if (i === at) at = place;
  }
  return at < count;
}
