/**
 * The parts of a compiled grammar that its masks do not enforce, with their places. The reply lists them, so that the
 * host can check them itself.
 */

export interface GrammarNote {
  /** `ignored`: the draft makes it an annotation; `weakened`: the masks allow more than the grammar does */
  readonly kind: "ignored" | "weakened";
  readonly keyword: string;
  /** pointer to the first place, relative to the grammar */
  readonly pointer: string;
  readonly detail: string;
  /** number of places */
  count: number;
}

/** Maximum different notes of one grammar. Further notes are only counted. */
const NOTES_MAX = 64;
/** Maximum places that are remembered; beyond them one place may be counted twice. */
const PLACES_MAX = 4096;

export interface Kept {
  /** ids of special tokens that the grammar names */
  readonly token_ids: Set<number>;
  readonly notes: Map<string, GrammarNote>;
  /** the places that are already noted */
  readonly places: Set<string>;
  /** number of notes after the first 64 */
  more: number;
}

export class GrammarNotes {
  readonly #kept: Kept;
  readonly #prefix: string;

  constructor(
    kept: Kept = { token_ids: new Set(), notes: new Map(), places: new Set(), more: 0 },
    prefix = "",
  ) {
    this.#kept = kept;
    this.#prefix = prefix;
  }

  /** A view that adds this pointer to the place of each note. */
  below(pointer: string): GrammarNotes {
    return new GrammarNotes(this.#kept, this.#prefix + pointer);
  }

  add(kind: GrammarNote["kind"], keyword: string, pointer: string, detail: string): void {
    const key = `${kind} ${keyword} ${detail}`;
    const { notes, places } = this.#kept;
    // Restarted work notes the same place again.
    const place = `${key} ${this.#prefix}${pointer}`;
    if (places.has(place)) return;
    if (places.size < PLACES_MAX) places.add(place);
    const known = notes.get(key);
    if (known !== undefined) known.count++;
    else if (notes.size < NOTES_MAX)
      notes.set(key, { kind, keyword, pointer: this.#prefix + pointer, detail, count: 1 });
    else this.#kept.more++;
  }

  get token_ids(): Set<number> {
    return this.#kept.token_ids;
  }

  get all(): readonly GrammarNote[] {
    const notes = [...this.#kept.notes.values()];
    const { more } = this.#kept;
    if (more === 0) return notes;
    const detail = `${more} more places are ignored or weakened`;
    return [...notes, { kind: "weakened", keyword: "", pointer: this.#prefix, detail, count: more }];
  }
}

/** A note as a sentence for `warnings` in the reply. */
export function sentenceOf({ kind, pointer, detail, count }: GrammarNote): string {
  return `grammar: ${detail} (${kind} at ${pointer}${count > 1 ? ` and ${count - 1} more` : ""})`;
}
