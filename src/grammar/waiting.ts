/**
 * A lazy grammar before its trigger has come: any token may come, and the grammar holds after the trigger. This equals
 * one tag that ends the text, so the trigger is found by the search of structural tags. It is not a rule of the
 * grammar, for two reasons. While it waits, end tokens and ids without text are allowed. And an ordinary token may be a
 * trigger: its bytes do not distinguish it from the same text in other tokens.
 *
 * A negative state is a state of the search: -1 is the first.
 */
import { type Search, searchFor } from "./triggers.ts";

/** The trigger of a grammar: one of some tokens, or a text. The grammar holds after it. */
export type Trigger = { readonly token_ids: readonly number[] } | { readonly text: string };

/** Bytes of an id in a set. */
const BYTES_OF_AN_ID = 48;
const UTF8 = new TextEncoder();

/** The state in which no part of the trigger has come. */
const FIRST = -1;

/** True while the grammar does not hold yet. */
export function isWaiting(state: number): boolean {
  return state < 0;
}

export class Waiting {
  readonly #ids: ReadonlySet<number>;
  /** undefined: the trigger is not a text */
  readonly #search: Search | undefined;

  constructor(trigger: Trigger) {
    this.#ids = new Set("token_ids" in trigger ? trigger.token_ids : []);
    this.#search = "text" in trigger ? searchFor([UTF8.encode(trigger.text)]) : undefined;
  }

  /** The state before the first token. */
  get start(): number {
    return FIRST;
  }

  /** Whether some tokens may be banned: those in whose middle the trigger ends. */
  get looksInside(): boolean {
    return this.#search !== undefined;
  }

  /** Approximate bytes of this object. */
  get bytes(): number {
    return BYTES_OF_AN_ID * this.#ids.size + (this.#search?.bytes ?? 0);
  }

  /**
   * The state after a token with these bytes. When the token completes the trigger, `enter` gives the state of the
   * grammar after the token's remaining bytes.
   */
  advance(state: number, token_id: number, bytes: Uint8Array, enter: (rest: Uint8Array) => number): number {
    if (this.#ids.has(token_id)) return enter(bytes.subarray(bytes.length));
    if (this.#search === undefined) return state;
    let at = FIRST - state;
    for (let i = 0; i < bytes.length; i++) {
      const step = this.#search.step(at, bytes[i]!);
      if ("trigger" in step) return enter(bytes.subarray(i + 1));
      at = step.state;
    }
    return FIRST - at;
  }
}
