/** Counts the calls of instrumented functions, and the moves from one folder to another. */

/** A function, identified by its place in the source. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** the part of the service that contains it: kernels, sampling, http/node … */
  readonly folder: string;
}

/** Folders from the bottom to the top: calls go downwards, with a few exceptions. */
const LAYERS = [
  "kernels",
  "analysis",
  "sampling",
  "schemas",
  "wire",
  "config",
  "http/node",
  "http/access",
  "http/observe",
  "http/bus",
  "http/admission",
  "http/exchange",
  "http/streams",
  "http/routes",
];

export interface Counted {
  readonly calls: number;
  readonly functions: number;
  readonly files: number;
  /** calls from a function of one folder into another's */
  readonly moves: number;
  /** those of them that lead upwards */
  readonly climbs: number;
  /** moves between each pair of folders, the most frequent first */
  readonly by_move: readonly (readonly [move: string, times: number])[];
  /** calls of each function, the most frequent first */
  readonly by_function: readonly (readonly [place: Place, calls: number])[];
}

export class CallCounter {
  readonly #places: Place[] = [];
  #calls: number[] = [];
  /** a move from one folder to another, and its count */
  #moves = new Map<string, number>();
  #climbs = 0;
  /** the folder of the running function */
  #folder: string | undefined;

  register(place: Place): number {
    this.#places.push(place);
    return this.#places.length - 1;
  }

  /** Records that a function begins; returns what `leave` needs. */
  enter(number: number): string | undefined {
    this.count(number);
    const before = this.#folder;
    this.#folder = this.#places[number]?.folder;
    return before;
  }

  leave(before: string | undefined): void {
    this.#folder = before;
  }

  /** Counts the start of a function whose end is not reported. */
  count(number: number): void {
    this.#calls[number] = (this.#calls[number] ?? 0) + 1;
    const from = this.#folder;
    const to = this.#places[number]?.folder;
    if (from === undefined || to === undefined || to === "" || from === to) return;
    const move = `${from} → ${to}`;
    this.#moves.set(move, (this.#moves.get(move) ?? 0) + 1);
    if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) this.#climbs += 1;
  }

  reset(): void {
    this.#calls = [];
    this.#moves.clear();
    this.#climbs = 0;
  }

  counted(): Counted {
    const by_move = [...this.#moves].sort(([, a], [, b]) => b - a);
    const by_function = this.#places
      .map((place, number) => [place, this.#calls[number] ?? 0] as const)
      .filter(([, calls]) => calls > 0)
      .sort(([, a], [, b]) => b - a);
    return {
      calls: by_function.reduce((sum, [, calls]) => sum + calls, 0),
      functions: by_function.length,
      files: new Set(by_function.map(([{ file }]) => file)).size,
      moves: by_move.reduce((sum, [, times]) => sum + times, 0),
      by_move,
      climbs: this.#climbs,
      by_function,
    };
  }
}

/** The folder of a file below `src`: one of http's, or the first. Files directly in `src` belong to none. */
export function folderOf(file: string): string {
  const [first = "", second, third] = file.split("/");
  if (second === undefined) return "";
  return first === "http" && third !== undefined ? `http/${second}` : first;
}
