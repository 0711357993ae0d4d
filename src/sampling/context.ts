/**
 * What a stage may know besides the candidates: the sequence so far and its randomness.
 * It is plain data for one step; nothing is kept here between steps.
 */
export interface StepContext {
  /** token ids so far, prompt first */
  readonly history: ArrayLike<number>;
  /** how many of `history` are prompt; the rest was generated */
  readonly prompt_length: number;
  /** a uniform of (0, 1) with 53 bits for this step, keyed by purpose and draw */
  uniform(purpose: string, draw: number): number;
}
