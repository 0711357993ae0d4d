/**
 * What the wasm module exports: every loop over a row of logits. Only load/store on one imported memory, no
 * managed objects; addresses come from `src/kernels/layout.ts`.
 */
export { configure, configureBracket } from "./state";
export { nextUp } from "./lanes";
export { scan, largest, argmax, firstNaN } from "./scan";
export { setWindow } from "./window";
export { gather, count, nthEqual, gatherEqual } from "./selection/select";
export { blockThreshold, groupMaxima } from "./selection/threshold";
export { sortSelection } from "./selection/sort";
export { prepareWeights, weightsArePlain, weightScale } from "./weights/weights";
export { sumWeights, sumAllWeights, draw, massBefore } from "./weights/mass";
export { boundBelow } from "./bound";
export { sample, copySample, bracket, bracketByCount } from "./selection/bracket";
export { fillBracket, binBracket, collectBin, addBracket, weighSelection } from "./selection/bracket-mass";
export { mixBetween, mixMaxima, mixRows } from "./mix";
export { setMeasure } from "./measure";
export { histogram } from "./selection/histogram";
export { weighRow, sumKeptWeights, bracketAround } from "./whole";
export { moments, valueMoments } from "./weights/moments";
export { smallest } from "./selection/smallest";
export { maskedCopy, copy } from "./mask";
export { configureEdits, setValue, addAmounts, penalise, hasSome, repair, takeBack } from "./edits";
export { smooth } from "./smooth";
export { distanceRow } from "./distance";
export { drawTilted, tiltByFactors, tiltGreen } from "./tilt";
export { foldWeights, playLayers } from "./layers";
export { addRows, divergence, maskBelow } from "./combine";
export { weighScores, divideEach, largestScore, scoreByDistance } from "./scores";
export { configureNoise, writeUniforms, noisiest, noisiestOfRow } from "./philox";
export { listRow, rankRow } from "./selection/rank";
export { sumBends } from "./bends";
export { weigh as weighInOrder } from "./weights/weights-f64";
export { rankIds } from "./selection/rank-ids";
export { countBins, gatherBins, largestFromBin, weighBins } from "./selection/row-bins";
export { skewRanked } from "./skew";
export { configureTokens, largestToken, countTokens, readCounts, listTokens } from "./tokens";
export { widenF16, widenBF16, widenBlocksOfBF16, widenBlocksOfF16 } from "./widen";
