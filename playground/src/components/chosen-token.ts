/** The open row of the funnel. */
import { signal } from "@preact/signals";

export const chosen_token = signal<number | undefined>(undefined);

/** Opens a token's account, or closes it. */
export function chooseToken(token_id: number): void {
  chosen_token.value = chosen_token.value === token_id ? undefined : token_id;
}

const STEPS: Readonly<Record<string, "previousElementSibling" | "nextElementSibling">> = {
  ArrowUp: "previousElementSibling",
  ArrowDown: "nextElementSibling",
};

/** The arrow keys go from row to row; the list draws further rows as it scrolls. */
export function goToRow(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const row = (event.currentTarget as HTMLElement).closest("tr"); // the handler sits on a button in a row
  row?.[step]?.querySelector<HTMLElement>(".token-button")?.focus();
}
