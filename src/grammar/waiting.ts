/**
 * A lazy grammar before its trigger has come: any token may come, and the grammar holds behind the trigger. This is one tag
 * that ends the text, and the search of structural tags finds its trigger. Two things differ, so that it is no rule of the
 * grammar: tokens that end a text, and ids without text, pass while it waits; and an ordinary token may be a trigger, which
 * its bytes do not tell from its text.
 *
 * A state below zero is one of the search: -1 is its first.
 */
import { type Search, searchFor } from "./triggers.ts";

/** What a grammar waits for: one of some tokens, or a text. Behind it the grammar holds. */
export type Trigger = { readonly token_ids: readonly number[] } | { readonly text: string };

/** Bytes that an id in a set takes. */
const BYTES_OF_AN_ID = 48;
const UTF8 = new TextEncoder();

/** The state in which nothing of the trigger has come. */
const FIRST = -1;

/** Whether the grammar does not hold yet. */
export function isWaiting(state: number): boolean {
  return state < 0;
}

export class Waiting {
  readonly #ids: ReadonlySet<number>;
  /** undefined: the trigger is no text */
  readonly #search: Search | undefined;

  constructor(trigger: Trigger) {
    this.#ids = new Set("token_ids" in trigger ? trigger.token_ids : []);
    this.#search = "text" in trigger ? searchFor([UTF8.encode(trigger.text)]) : undefined;
  }

  /** The state before the first token. */
  get start(): number {
    return FIRST;
  }

  /** Whether some token may be banned: one in whose middle the trigger ends. */
  get looksInside(): boolean {
    return this.#search !== undefined;
  }

  /** Bytes that it takes, about. */
  get bytes(): number {
    return BYTES_OF_AN_ID * this.#ids.size + (this.#search?.bytes ?? 0);
  }

  /**
   * The state behind a token with these bytes. Where it completes the trigger, `enter` tells the state behind the bytes
   * that are left of it, which belong to the grammar.
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
