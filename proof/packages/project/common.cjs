const { createSampler } = require("logit-sampler");
const { connect } = require("logit-sampler/client");
console.log(createSampler().sample([1, 2.5, -0.3, 2.4], { temperature: 0 }).token_id, typeof connect);
