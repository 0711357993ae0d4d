/**
 * Texts that are looked for in a stream of bytes, all at once (Aho & Corasick 1975). A state is the longest beginning of
 * a trigger with which the bytes so far end. The first trigger that is complete ends the search.
 */

/** Bytes of all triggers together: each is a state, and each state has 256 transitions. */
export const TRIGGER_BYTES_MAX = 4096;

/** A transition: the next state, or the trigger that is complete behind the byte. */
export type Step = { readonly state: number } | { readonly trigger: number };

export interface Search {
  /** how many states there are; the search begins in state 0 */
  readonly states: number;
  /** memory that it takes */
  readonly bytes: number;
  step(state: number, byte: number): Step;
}

/** A trigger that another one contains: the shorter one is complete first, so that the longer one never is. */
export interface Hidden {
  readonly trigger: number;
  readonly by: number;
}

/** The first trigger that contains another one, or that stands twice; undefined when each can be found. */
export function hiddenAmong(triggers: readonly Uint8Array[]): Hidden | undefined {
  const texts = triggers.map((bytes) => String.fromCharCode(...bytes));
  for (const [trigger, text] of texts.entries())
    for (const [by, other] of texts.entries())
      if (trigger !== by && text.includes(other) && (text !== other || by < trigger)) return { trigger, by };
  return undefined;
}

/** The search for these texts, none of which contains another one. */
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

/** A row of transitions with its array, and a step. */
const BYTES_OF_A_STATE = 512 + 160 + 32;

/** The states of TRIGGER_BYTES_MAX bytes fit into 16 bits. */
function newRow(): Int16Array {
  return new Int16Array(256).fill(NONE);
}

/** Where a state has no transition, it takes the one of the longest proper end of it that is a state. */
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
