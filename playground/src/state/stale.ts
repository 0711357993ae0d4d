/**
 * True when the displayed answer does not belong to the present choices: after a refusal, or while a text cannot be
 * read.
 */
import { computed } from "@preact/signals";
import { problem } from "./result.ts";
import { row_error } from "./signals.ts";

export const is_stale = computed(() => problem.value !== undefined || row_error.value !== "");
