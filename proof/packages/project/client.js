import { connect } from "logit-sampler/client";

console.log(typeof connect);
