/** The chapters, in the order in which they are best read. */
import { catDogBird } from "./cat-dog-bird.ts";
import { firewall } from "./firewall.ts";
import { overconfidence } from "./overconfidence.ts";
import { perplexity } from "./perplexity.ts";
import type { Story } from "./story.ts";
import { suspicious } from "./suspicious.ts";
import { temperatures } from "./temperatures.ts";

export const STORIES: Readonly<Record<string, Story>> = {
  "cat-dog-bird": catDogBird,
  firewall,
  temperatures,
  overconfidence,
  suspicious,
  perplexity,
};
