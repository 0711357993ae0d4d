/**
 * A sampler as a function of the conformance suite: copy it, and call your sampler in it.
 *
 *   logit-sampler conform --function ./sampler.mjs:sample
 *
 * `options.chain` has the stages in the order in which they run. It gives the probability of each token as an array or a Map,
 * or a Set of the ids that are kept; undefined for a stage that the sampler does not have.
 */
export function sample(row, options) {
  let kept = row.map((logit, id) => [id, logit]).filter(([, logit]) => logit > -Infinity);
  for (const { stage, ...own } of options.chain) {
    if (stage === "temperature" && own.temperature > 0 && Object.keys(own).length === 1)
      kept = kept.map(([id, logit]) => [id, logit / own.temperature]);
    else if (stage === "top_k" && own.top_k > 0 && Object.keys(own).length === 1)
      kept = kept.sort(([a, x], [b, y]) => y - x || a - b).slice(0, own.top_k);
    else return undefined;
  }
  const highest = Math.max(...kept.map(([, logit]) => logit));
  const weights = kept.map(([id, logit]) => [id, Math.exp(logit - highest)]);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(weights.map(([id, weight]) => [id, weight / total]));
}
