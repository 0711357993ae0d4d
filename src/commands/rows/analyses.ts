/** The analyses, each loaded on first use. */
import type { Analysis } from "./analysis.ts";

const reading = () => import("./reading.ts");

const ANALYSES: Readonly<Record<string, () => Promise<Analysis>>> = {
  score: async () => (await reading()).SCORE,
  diagnose: async () => (await reading()).DIAGNOSE,
  calibrate: async () => (await reading()).CALIBRATE,
  cover: async () => (await reading()).COVER,
  replay: async () => (await import("./replaying.ts")).REPLAY,
  detect: async () => (await import("./detecting.ts")).DETECT,
};

/** Throws for an unknown name. */
export function analysisOf(name: string): Promise<Analysis> {
  const load = Object.hasOwn(ANALYSES, name) ? ANALYSES[name] : undefined;
  if (load !== undefined) return load();
  throw new Error(`${name} has no sums to merge; those of ${Object.keys(ANALYSES).join(", ")} have`);
}
