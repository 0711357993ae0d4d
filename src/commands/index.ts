/** The commands, in the order in which --help lists them. */
import { CALIBRATE } from "./calibrate.ts";
import type { Command } from "./command.ts";
import { completion } from "./completion.ts";
import { COVER } from "./cover.ts";
import { DEMO } from "./demo.ts";
import { DIAGNOSE } from "./diagnose.ts";
import { MERGE } from "./merge.ts";
import { SAMPLE } from "./sample.ts";
import { SCORE } from "./score.ts";
import { SERVE } from "./serve.ts";

const WORKING: readonly Command[] = [SERVE, DEMO, SAMPLE, SCORE, DIAGNOSE, CALIBRATE, COVER, MERGE];

export const COMMANDS: readonly Command[] = [...WORKING, completion(WORKING)];
