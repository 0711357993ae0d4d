/** Prints what a proof finds as it goes, and counts what does not hold. */
import type { Form, Report } from "./proof.ts";

export interface Counted extends Report {
  readonly held: number;
  readonly failed: number;
}

export function createReport({ hold_times }: Pick<Form, "hold_times">): Counted {
  let held = 0;
  let failed = 0;
  const claim = (sentence: string, holds: boolean, got = "") => {
    if (holds) held += 1;
    else failed += 1;
    console.log(`  ${holds ? "holds" : "FAILS"}  ${sentence}${got === "" ? "" : `: ${got}`}`);
  };
  return {
    claim,
    timed(sentence, holds, got) {
      if (hold_times) claim(sentence, holds, got);
      else console.log(`  told   ${sentence}: ${got}`);
    },
    figure: (what, value) => console.log(`         ${what}: ${value}`),
    get held() {
      return held;
    },
    get failed() {
      return failed;
    },
  };
}
