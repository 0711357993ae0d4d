/**
 * The list of all methods of verifying drafts, in the order of the documentation. To add one: its file, one line here,
 * its test, then `npm run generate`.
 */
import { block } from "./block.ts";
import { ensemble } from "./ensemble.ts";
import type { VerifyMethod } from "./method.ts";
import { rejection } from "./rejection.ts";
import { strict } from "./strict.ts";
import { typical } from "./typical.ts";

export const VERIFY_METHODS: readonly VerifyMethod[] = [strict, rejection, block, typical, ensemble];
