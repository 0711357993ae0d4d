/** The head of the page: name, views, documentation, theme. */
import { type View, view } from "../state/signals.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

const VIEWS: readonly (readonly [View, string])[] = [
  ["sample", "Sample"],
  ["write", "Write"],
  ["calibrate", "Calibrate"],
];

export function PageHead() {
  return (
    <header class="page-head">
      <h1 class="mark">
        <img src="/icon.svg" alt="" width="24" height="24" />
        logit-sampler
      </h1>
      <nav class="views" aria-label="Views">
        {VIEWS.map(([name, title]) => (
          <button
            type="button"
            key={name}
            aria-current={view.value === name ? "page" : undefined}
            onClick={() => {
              view.value = name;
            }}
          >
            {title}
          </button>
        ))}
      </nav>
      <a class="head-link" href="/docs">
        API
      </a>
      <ThemeSwitch />
    </header>
  );
}
