/**
 * What the wasm module exports: every loop over a row of logits. Only load/store on one imported memory, no
 * managed objects; addresses come from `src/kernels/layout.ts`.
 */
export { configure } from "./state";
export { scan, largest, argmax, firstNaN } from "./scan";
export { setWindow } from "./window";
export { gather, count, nthEqual, gatherEqual } from "./select";
export { kthBlockMaximum } from "./heap";
export { sortSelection } from "./sort";
export { prepareWeights } from "./weights";
export { sumWeights, sumAllWeights, draw } from "./mass";
export { histogram } from "./histogram";
export { widenF16, widenBF16 } from "./widen";
