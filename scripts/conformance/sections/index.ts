/** Every section of the suite, in the order of the README and of reports. To add one: its file, and one line here. */
import type { Section } from "../../../evidence/conformance/vector.ts";
import { combinations } from "./combinations.ts";
import { greedy, hard } from "./greedy.ts";
import { drawSection, logprobs } from "./logprobs.ts";
import { marks } from "./marks.ts";
import { orders } from "./orders.ts";
import { stageSections } from "./stages.ts";
import { stops } from "./stops.ts";
import { structured } from "./structured.ts";
import { verify } from "./verify.ts";

export const SECTIONS: readonly Section[] = [
  ...stageSections,
  orders,
  greedy,
  hard,
  logprobs,
  drawSection,
  combinations,
  verify,
  marks,
  structured,
  stops,
];
