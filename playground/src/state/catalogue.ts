/** The service's stages, watermarks and methods of verification, read once when the page opens. */
import { batch, computed, signal } from "@preact/signals";
import { getCatalogue, Refusal } from "../api/client.ts";
import type { MethodInfo, ProblemBody, StageInfo, WatermarkInfo } from "../api/wire.ts";

export const stages = signal<readonly StageInfo[]>([]);
export const watermarks = signal<readonly WatermarkInfo[]>([]);
export const verify_methods = signal<readonly MethodInfo[]>([]);
export const catalogue_problem = signal<ProblemBody | undefined>(undefined);

const by_name = computed(() => new Map(stages.value.map((stage) => [stage.name, stage])));

export function stageInfo(name: string): StageInfo | undefined {
  return by_name.value.get(name);
}

export async function loadCatalogue(): Promise<void> {
  try {
    const catalogue = await getCatalogue();
    batch(() => {
      stages.value = catalogue.stages;
      watermarks.value = catalogue.watermarks;
      verify_methods.value = catalogue.verify_methods;
    });
    catalogue_problem.value = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    catalogue_problem.value = error.problem;
  }
}
