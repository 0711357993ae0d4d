/** The k-th largest block maximum: a lower bound of the k-th largest element that costs one look per block. */
import { heap } from "./state";

/** 1 ≤ k ≤ blocks. A min-heap holds the k largest so far. */
export function kthBlockMaximum(maxima: usize, blocks: i32, k: i32): f32 {
  memory.copy(heap, maxima, (<usize>k) << 2);
  for (let at = (k >> 1) - 1; at >= 0; at--) siftDown(at, k);
  const end = maxima + ((<usize>blocks) << 2);
  let from = maxima + ((<usize>k) << 2);
  let smallest = load<f32>(heap);
  while (from != end) {
    const x = load<f32>(from);
    if (x > smallest) {
      store<f32>(heap, x);
      siftDown(0, k);
      smallest = load<f32>(heap);
    }
    from += 4;
  }
  return smallest;
}

function siftDown(at: i32, length: i32): void {
  const x = load<f32>(heap + ((<usize>at) << 2));
  let child = 2 * at + 1;
  while (child < length) {
    let least = load<f32>(heap + ((<usize>child) << 2));
    if (child + 1 < length) {
      const right = load<f32>(heap + ((<usize>child) << 2), 4);
      if (right < least) {
        least = right;
        child += 1;
      }
    }
    if (!(least < x)) break;
    store<f32>(heap + ((<usize>at) << 2), least);
    at = child;
    child = 2 * at + 1;
  }
  store<f32>(heap + ((<usize>at) << 2), x);
}
