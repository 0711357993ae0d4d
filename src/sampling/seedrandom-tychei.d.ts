/** @types/seedrandom has no types of the generators' own files. */
declare module "seedrandom/lib/tychei.js" {
  import type { PRNG } from "seedrandom";

  function tychei(seed: string): PRNG;
  export = tychei;
}
