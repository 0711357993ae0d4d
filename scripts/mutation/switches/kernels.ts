/** Fast paths of the kernel. */
import type { Switch } from "./switch.ts";

const KERNEL = ["test/kernels/short-ways.test.ts", "test/kernels/paths.test.ts"];
/** Within a kernel function only the loads and stores show the path. */
const ACCESSES = ["test/bench/short-ways.test.ts"];
const SAMPLING = ["test/sampling/short-ways.test.ts"];

export const KERNELS_SWITCHES: readonly Switch[] = [
  {
    name: "kept weights",
    file: "src/kernels/kept-weights.ts",
    part: "return this.#row === row &&",
    instead: "return this.#row !== row &&",
    tests: KERNEL,
  },
  {
    name: "kept weights in sums",
    file: "src/kernels/mass.ts",
    part: "if (mayUseKept(kept, row, temperature, cut)) {",
    instead: "if (row.blocks < 0) {",
    tests: KERNEL,
  },
  {
    name: "weights of a normaliser that are kept",
    file: "src/kernels/mass.ts",
    part: "sumWeights(machine, sums, row, temperature, cut, keep);",
    instead: "sumWeights(machine, sums, row, temperature, cut);",
    tests: KERNEL,
  },
  {
    name: "a distribution that is there",
    file: "src/kernels/distribution.ts",
    part: "if (known !== undefined) return known;",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "sums by block that are there",
    file: "src/kernels/kernel.ts",
    part: "if (!this.#sums.areOf(row, temperature, cut))",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "near",
    file: "src/kernels/typical/typical.ts",
    part: "const near = nearCrossing(machine, sums.address, wanted);",
    instead: "const near = wanted.limit < 0 ? nearCrossing(machine, sums.address, wanted) : undefined;",
    tests: KERNEL,
  },
  {
    name: "the bracket of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "return bracketedCut(machine, sums, question, head.mass, sample) ?? byRadix",
    instead: "return byRadix",
    tests: KERNEL,
  },
  {
    name: "the head of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "if (answer !== undefined) return answer;",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "the bound of top-p",
    file: "src/kernels/top-p/top-p.ts",
    part: "if (least > 0 && least === most)",
    instead: "if (least < 0)",
    tests: KERNEL,
  },
  {
    name: "the bracket of a rank",
    file: "src/kernels/selection/rank.ts",
    part: "if (cut !== undefined) return cut;",
    instead: "",
    tests: KERNEL,
  },
  {
    name: "a sum of two rows in one pass",
    file: "src/kernels/assembly/combine.ts",
    part: "rows != 2 || !addTwo(",
    instead: "true || !addTwo(",
    tests: ACCESSES,
  },
  {
    name: "blocks of a sum in which nothing is plausible",
    file: "src/kernels/assembly/combine.ts",
    part: "if (load<f32>(of_blocks + (at >> 7)) < least) {",
    instead: "if (least > Infinity) {",
    tests: ACCESSES,
  },
  {
    name: "counts of a shared history",
    file: "src/kernels/tokens.ts",
    part: "this.#memory?.counted.set(key, this.#kept());",
    instead: "",
    tests: SAMPLING,
  },
  {
    name: "the largest id of a shared history",
    file: "src/kernels/tokens.ts",
    part: "if (memory !== undefined) memory.largest = largest;",
    instead: "",
    tests: SAMPLING,
  },
  {
    name: "the slack of the kernel's top-p",
    file: "src/kernels/kernel.ts",
    part: "const share = inclusive ? p + MASS_SLACK : p - MASS_SLACK;",
    instead: "const share = p;",
    tests: ["test/kernels/short-ways.test.ts", "test/http/slack.test.ts"],
  },
];
