/** System, light or dark, one after the other. */
import { setTheme, type Theme, theme } from "../state/theme.ts";
import { Icon } from "./icon.tsx";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

export function ThemeSwitch() {
  const now = theme.value;
  return (
    <button type="button" class="plain theme" onClick={() => setTheme(NEXT[now])} title={`Theme: ${now}`}>
      <Icon name={now} />
      <span class="unseen">
        Theme: {now}. Change to {NEXT[now]}
      </span>
    </button>
  );
}
