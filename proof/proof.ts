/**
 * A proof: one guarantee of docs/reliability.md, and a run against the built service that tests it. This file knows no
 * particular guarantee.
 */

export interface Form {
  /** the whole proof; false: the short form that runs in CI */
  readonly long: boolean;
  /** seed of everything random in a proof: the same seed gives the same requests */
  readonly seed: number;
  /** replay this one case and print it, where a proof has numbered cases */
  readonly only: number | undefined;
  /** Check bounds on time as well. Off by default: on a busy machine they mean nothing. */
  readonly hold_times: boolean;
}

export interface Report {
  /** A claim that must hold; `got` is the measured value. */
  claim(sentence: string, holds: boolean, got?: string): void;
  /** A claim about time: checked when the form says so, otherwise only reported. */
  timed(sentence: string, holds: boolean, got: string): void;
  /** A number that was measured. */
  figure(what: string, value: string): void;
  /** Other information, such as a case that failed. */
  note(line: string): void;
}

export interface Proof {
  readonly name: string;
  /** the promise in one sentence */
  readonly promise: string;
  /** Resolves when the run is complete. A failed claim goes to the report, and the run continues. */
  run(form: Form, report: Report): Promise<void>;
}
