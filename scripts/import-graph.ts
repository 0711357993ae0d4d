/** The imports between files, and the cycles among them. */
import { dirname, join } from "node:path/posix";

/** Each file, with the files that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const IMPORT = /\bfrom\s+["'](\.[^"']+)["']|\bimport\s*\(?\s*["'](\.[^"']+)["']/g;

/** The files that this one imports by relative paths, for types or values. */
export function importsOf(path: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map(([, from, bare]) => join(dirname(path), from ?? bare ?? ""));
}

/** Sets of two or more files that all reach each other (Tarjan's strongly connected components). */
export function circlesOf(graph: ImportGraph): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const own = index.size;
    let lowest = own;
    index.set(file, own);
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue;
      const known = index.get(next);
      if (known === undefined) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next)) lowest = Math.min(lowest, known);
    }
    if (lowest === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return lowest;
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return circles;
}
