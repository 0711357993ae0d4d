/** System, light or dark, one after the other. */
import { setTheme, type Theme, theme } from "../state/theme.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const SIGN: Readonly<Record<Theme, string>> = { system: "◐", light: "○", dark: "●" };

export function ThemeSwitch() {
  const now = theme.value;
  return (
    <button type="button" class="plain theme" onClick={() => setTheme(NEXT[now])} title={`Theme: ${now}`}>
      <span aria-hidden="true">{SIGN[now]}</span>
      <span class="unseen">
        Theme: {now}. Change to {NEXT[now]}
      </span>
    </button>
  );
}
