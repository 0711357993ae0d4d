/** Every fast path that is switched off in turn. */
import { KERNELS_SWITCHES } from "./kernels.ts";
import { SAMPLING_SWITCHES } from "./sampling.ts";
import { SERVICE_SWITCHES } from "./service.ts";
import type { Switch } from "./switch.ts";

export const SWITCHES: readonly Switch[] = [...SERVICE_SWITCHES, ...KERNELS_SWITCHES, ...SAMPLING_SWITCHES];
