/** A small step for clients that send requests without a pause. */
import { jsonMessage } from "../message.ts";

export const STEP = jsonMessage("/v1/sample", { logits: [1, 3, 2, 0.5], seed: "7", logprobs: true });
