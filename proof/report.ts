/** Prints the results of a proof while it runs, and counts failed claims. */
import { writeFile } from "node:fs/promises";
import type { Form, Report } from "./proof.ts";

export interface Counted extends Report {
  readonly held: number;
  readonly failed: number;
}

/** `say` prints a line. */
export function createReport({ hold_times }: Pick<Form, "hold_times">, say: (line: string) => void): Counted {
  let held = 0;
  let failed = 0;
  const claim = (sentence: string, holds: boolean, got = "") => {
    if (holds) held += 1;
    else failed += 1;
    say(`  ${holds ? "holds" : "FAILS"}  ${sentence}${got === "" ? "" : `: ${got}`}`);
  };
  return {
    claim,
    timed(sentence, holds, got) {
      if (hold_times) claim(sentence, holds, got);
      else say(`  told   ${sentence}: ${got}`);
    },
    figure: (what, value) => say(`         ${what}: ${value}`),
    note: (line) => say(`         ${line}`),
    get held() {
      return held;
    },
    get failed() {
      return failed;
    },
  };
}

/**
 * Prints the last line of a proof, and for CI writes the figures to the file that PROOF_RESULTS names. Sets the exit code to
 * 1 when a claim failed.
 */
export async function conclude({ held, failed }: Counted, how = ""): Promise<void> {
  console.log(`\n${held} claims hold, ${failed} fail${how === "" ? "" : ` (${how})`}`);
  const results = process.env["PROOF_RESULTS"];
  if (results !== undefined)
    await writeFile(results, JSON.stringify({ numPassedTests: held, numFailedTests: failed }));
  if (failed > 0) process.exitCode = 1;
}
