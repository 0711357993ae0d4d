/**
 * True when all that the first screen shows is loaded. The parts load one after another, and each would push the ones
 * below it down while somebody reads; so they are shown together. Until then, the view shows its placeholder
 * (components/room.tsx).
 */
import { effect, signal } from "@preact/signals";
import { rules } from "../combine/combination.ts";
import { catalogue_problem, stages } from "./catalogue.ts";
import { hosts } from "./hosts.ts";
import { presets, presets_problem } from "./presets.ts";
import { answer, problem } from "./result.ts";
import { row_error } from "./signals.ts";

export const is_ready = signal(false);

export function awaitReady(): void {
  const end = effect(() => {
    const is_refused = problem.value !== undefined || row_error.value !== "";
    const has_lists =
      (stages.value.length > 0 || catalogue_problem.value !== undefined) &&
      (presets.value.length > 0 || presets_problem.value !== undefined) &&
      rules.value !== undefined;
    const has_answers =
      answer.value !== undefined && (hosts.value !== undefined || presets.value.length === 0);
    if (!has_lists || !(is_refused || has_answers)) return;
    is_ready.value = true;
    queueMicrotask(() => end());
  });
}
