/** Finds the tests that reach a file through imports, the nearest first. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const IMPORT = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/** The imports between files. */
export class Imports {
  readonly #root: string;
  readonly #known = new Map<string, readonly string[]>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The files of `tests` that reach `file`, by the number of imports between them. */
  reaching(file: string, tests: readonly string[]): string[] {
    return tests
      .map((test) => ({ test, steps: this.#steps(test, file) }))
      .filter(({ steps }) => steps < Number.POSITIVE_INFINITY)
      .sort((a, b) => a.steps - b.steps)
      .map(({ test }) => test);
  }

  #steps(from: string, to: string): number {
    const seen = new Set([from]);
    let ring = [from];
    for (let steps = 0; ring.length > 0; steps++) {
      if (ring.includes(to)) return steps;
      ring = ring.flatMap((file) => this.#imported(file)).filter((file) => !seen.has(file));
      ring = [...new Set(ring)];
      for (const file of ring) seen.add(file);
    }
    return Number.POSITIVE_INFINITY;
  }

  #imported(file: string): readonly string[] {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const path = join(this.#root, file);
    // Not everything that looks like an import is one.
    const text = file.endsWith(".ts") && existsSync(path) ? readFileSync(path, "utf8") : "";
    const found = [...text.matchAll(IMPORT)].map(([, to = ""]) => normalize(join(dirname(file), to)));
    this.#known.set(file, found);
    return found;
  }
}
