/** The demo model as the page has it: absent, loading, ready, or not available. */
import { effect, signal, untracked } from "@preact/signals";
import { view } from "../state/signals.ts";
import type { Loaded } from "./messages.ts";
import { type ModelClient, startModel } from "./model-client.ts";

export type ModelState =
  | { readonly kind: "absent" }
  | { readonly kind: "loading"; readonly loaded: number; readonly total: number }
  | { readonly kind: "ready"; readonly loaded: Loaded }
  | { readonly kind: "failed"; readonly sentence: string };

/** A loaded model, and the facts about it. */
export interface ReadyModel {
  readonly client: ModelClient;
  readonly loaded: Loaded;
}

export const model = signal<ModelState>({ kind: "absent" });

let client: ModelClient | undefined;

export async function loadModel(): Promise<void> {
  if (client !== undefined) return;
  model.value = { kind: "loading", loaded: 0, total: 0 };
  const started = startModel((loaded, total) => {
    if (client === started) model.value = { kind: "loading", loaded, total };
  });
  client = started;
  try {
    const loaded = await started.load();
    if (client === started) model.value = { kind: "ready", loaded };
  } catch (error) {
    started.end();
    client = undefined;
    model.value = { kind: "failed", sentence: error instanceof Error ? error.message : String(error) };
  }
}

/** Starts loading when the user opens Write. */
export function loadToWrite(): void {
  effect(() => {
    if (view.value === "write" && model.peek().kind === "absent") untracked(() => void loadModel());
  });
}

export function stopLoading(): void {
  client?.end();
  client = undefined;
  model.value = { kind: "absent" };
}

export function readyModel(): ReadyModel | undefined {
  const state = model.value;
  return client === undefined || state.kind !== "ready" ? undefined : { client, loaded: state.loaded };
}

/** Resolves when the model is ready. Loading that failed or was stopped may be started again. */
export function modelReady(): Promise<void> {
  return new Promise((resolve) => {
    const end = model.subscribe(({ kind }) => {
      // subscribing calls back at once, before the unsubscribe function exists
      if (kind === "ready") queueMicrotask(() => end());
      if (kind === "ready") resolve();
    });
  });
}
