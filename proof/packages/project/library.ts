/** The code of a project that has installed the package: compiled strictly, for Node and for bundlers. */
import { createSampler, openStream, Problem, softmax } from "logit-sampler";
import { connect, ServiceProblem } from "logit-sampler/client";
import { generateOverStream } from "logit-sampler/node-llama-cpp";
import { inProcessProcessor } from "logit-sampler/transformers-js";

const sampler = createSampler();
const logits = Float32Array.of(1, 2.5, -0.3, 2.4);
const { token_id, logprob } = sampler.sample(logits, {
  temperature: 0.8,
  top_p: 0.9,
  seed: 7,
  logprobs: true,
});
const stream = openStream(sampler, { temperature: 0.8, seed: 7, history: [1, 2], prompt_length: 2 });
const next = stream.next([1, 2.5, -0.3, 2.4]);
let code = "";
try {
  sampler.sample(logits, { top_p: 2 });
} catch (error) {
  if (error instanceof Problem) code = error.code;
}
// @ts-expect-error: a misspelt option is no option
const misspelt = () => sampler.sample(logits, { temprature: 1 });
const typed = [connect, ServiceProblem, generateOverStream, inProcessProcessor, misspelt].length === 5;
console.log(JSON.stringify({ token_id, logprob, next: next.token_id, code, typed, sum: softmax([1, 2])[0] }));
