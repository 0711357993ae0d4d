import { softmax } from "logit-sampler";

console.log(softmax([1, 2])[0]);
