/**
 * Finds grammars that end workers. Each worker reports which grammar it works on. A grammar on which a worker hangs is
 * refused for a time. A grammar on which a worker ends in another way is refused when that happens twice, because the
 * worker may have ended for another reason. The suspects do not depend on cluster, and have no clock of their own.
 */

/** How long such a grammar is refused, in milliseconds. */
export const REFUSED_MS = 600_000;
/** Grammars that are remembered; the oldest is forgotten for a new one. */
const GRAMMARS_MAX = 64;
/** Deaths without a hang until a grammar is refused. */
const DEATHS_MAX = 2;

interface Suspect {
  deaths: number;
  /** when it was last at work in a worker that ended */
  at: number;
}

export class Suspects<Worker> {
  readonly #working_on = new Map<Worker, string>();
  readonly #suspects = new Map<string, Suspect>();
  readonly #now: () => number;

  /** `now`: milliseconds from any origin. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A worker works on a grammar, or on none. */
  works(worker: Worker, grammar: string | null): void {
    if (grammar === null) this.#working_on.delete(worker);
    else this.#working_on.set(worker, grammar);
  }

  /** A worker hangs and is killed; returns the grammar that it worked on, if any. */
  hangs(worker: Worker): string | undefined {
    return this.#blame(worker, DEATHS_MAX);
  }

  /** A worker has ended; returns the grammar that it worked on, if any. */
  died(worker: Worker): string | undefined {
    return this.#blame(worker, 1);
  }

  /** The grammars that are refused at present. */
  get refused(): string[] {
    const since = this.#now() - REFUSED_MS;
    for (const [grammar, { at }] of this.#suspects) if (at < since) this.#suspects.delete(grammar);
    return Array.from(this.#suspects)
      .filter(([, { deaths }]) => deaths >= DEATHS_MAX)
      .map(([grammar]) => grammar);
  }

  #blame(worker: Worker, deaths: number): string | undefined {
    const grammar = this.#working_on.get(worker);
    this.#working_on.delete(worker);
    if (grammar === undefined) return undefined;
    const before = this.#suspects.get(grammar)?.deaths ?? 0;
    this.#suspects.delete(grammar);
    const [oldest] = this.#suspects.keys();
    if (this.#suspects.size >= GRAMMARS_MAX && oldest !== undefined) this.#suspects.delete(oldest);
    this.#suspects.set(grammar, { deaths: before + deaths, at: this.#now() });
    return grammar;
  }
}
