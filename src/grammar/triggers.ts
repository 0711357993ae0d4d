/**
 * Searches a stream of bytes for several texts at once (Aho & Corasick 1975). A state is the longest prefix of a
 * trigger that is a suffix of the bytes so far. The search ends with the first complete trigger.
 */

/** Maximum bytes of all triggers together: each byte is a state with 256 transitions. */
export const TRIGGER_BYTES_MAX = 4096;

/** A transition: the next state, or the trigger that the byte completes. */
export type Step = { readonly state: number } | { readonly trigger: number };

export interface Search {
  /** number of states; the search begins in state 0 */
  readonly states: number;
  /** memory that it takes */
  readonly bytes: number;
  step(state: number, byte: number): Step;
}

/** A trigger that contains another one. The shorter one is complete first, so the longer one is never found. */
export interface Hidden {
  readonly trigger: number;
  readonly by: number;
}

/** The first trigger that contains or repeats another one; undefined when each can be found. */
export function hiddenAmong(triggers: readonly Uint8Array[]): Hidden | undefined {
  const texts = triggers.map((bytes) => String.fromCharCode(...bytes));
  for (const [trigger, text] of texts.entries())
    for (const [by, other] of texts.entries())
      if (trigger !== by && text.includes(other) && (text !== other || by < trigger)) return { trigger, by };
  return undefined;
}

/** The search for these texts. No text may contain another one. */
export function searchFor(triggers: readonly Uint8Array[]): Search {
  const next: Int16Array[] = [newRow()];
  /** by state: the trigger that is complete there */
  const complete: (number | undefined)[] = [undefined];
  for (const [trigger, bytes] of triggers.entries()) {
    let state = 0;
    for (const byte of bytes) {
      if (next[state]![byte] === NONE) {
        next[state]![byte] = next.length;
        next.push(newRow());
        complete.push(undefined);
      }
      state = next[state]![byte]!;
    }
    complete[state] = trigger;
  }
  completeTransitions(next);
  const steps = complete.map((trigger, state): Step => (trigger === undefined ? { state } : { trigger }));
  return {
    states: next.length,
    bytes: next.length * BYTES_OF_A_STATE,
    step: (state, byte) => steps[next[state]![byte]!]!,
  };
}

const NONE = -1;

/** Bytes of a row of transitions with its array, and of a step. */
const BYTES_OF_A_STATE = 512 + 160 + 32;

/** The states of TRIGGER_BYTES_MAX bytes fit into 16 bits. */
function newRow(): Int16Array {
  return new Int16Array(256).fill(NONE);
}

/** A missing transition is that of the longest proper suffix which is a state. */
function completeTransitions(next: Int16Array[]): void {
  const fallback = new Int32Array(next.length);
  const queue: number[] = [0];
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!;
    const row = next[state]!;
    for (let byte = 0; byte < 256; byte++) {
      const behind = state === 0 ? 0 : next[fallback[state]!]![byte]!;
      const child = row[byte]!;
      if (child === NONE) row[byte] = behind;
      else {
        fallback[child] = behind;
        queue.push(child);
      }
    }
  }
}
