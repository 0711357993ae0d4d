/** The common options and steps of several commands. */
import { flag } from "../src/command-line.ts";

export const BUILT = flag("takes dist as it is, without building it first");

/** The step before the first measurement: builds dist and starts the service. */
export const BUILD = { name: "build and start the service", seconds: 15 };

/** The option of scripts that write generated files. */
export const CHECK = flag("writes nothing, and ends with 1 when a file is not what it would write");

/** The option that saves figures to a file. */
export function aboutWrite(name: string): string {
  return `writes the figures to bench/results/${name}.json, from which \`npm run build:docs\` makes tables`;
}
