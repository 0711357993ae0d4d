/** The compared hosts, and whether they use the chain's numbers. */
import { signal } from "@preact/signals";

export const DEFAULT_COMPARED: readonly string[] = ["default", "llama.cpp", "vllm", "transformers"];

export const compared = signal<readonly string[]>(DEFAULT_COMPARED);
/** with the numbers of the chain, or with the host's defaults only */
export const with_numbers = signal(true);
/** another engine's result for the row, as it was pasted; "" for none */
export const observed_text = signal("");
