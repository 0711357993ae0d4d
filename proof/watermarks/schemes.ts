/** The schemes as the proofs take them: with what they need of the vocabulary. */

export interface Marking {
  readonly name: string;
  /** what the test is asked */
  readonly test: Readonly<Record<string, unknown>>;
  /** what the steps are asked besides */
  readonly laid: Readonly<Record<string, unknown>>;
  /** bits of a key, and how many secrets one has */
  readonly bits: number;
  readonly secrets: number;
  /** whether the distribution over keys is that of the chain */
  readonly keeps: boolean;
}

const one = { bits: 64, secrets: 1 } as const;

export const MARKINGS: readonly Marking[] = [
  { name: "gumbel", test: { scheme: "gumbel" }, laid: {}, keeps: true, ...one },
  { name: "dual_key_gumbel", test: { scheme: "dual_key_gumbel", alpha: 0.1 }, laid: {}, keeps: true, ...one },
  {
    name: "green_list",
    test: { scheme: "green_list", gamma: 0.25 },
    laid: { delta: 2 },
    keeps: false,
    ...one,
  },
  { name: "synthid", test: { scheme: "synthid" }, laid: {}, keeps: true, ...one },
];
