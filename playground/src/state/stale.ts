/** Checks whether what is shown is an answer to what is chosen: it is not after a refusal, nor while a text cannot be read. */
import { computed } from "@preact/signals";
import { problem } from "./result.ts";
import { row_error } from "./signals.ts";

export const is_stale = computed(() => problem.value !== undefined || row_error.value !== "");
