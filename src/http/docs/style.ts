/** The looks of the page at /docs/: the playground's colours and type over Swagger UI's. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f4ee, #131619);
  --panel: light-dark(#fffefb, #1a1e22);
  --well: light-dark(#f1eee6, #14181b);
  --ink: light-dark(#1c2125, #ebe8e1);
  --soft: light-dark(#575e64, #a5abb0);
  --line: light-dark(#e3ded2, #2c3237);
  --line-strong: light-dark(#8d8a80, #6b737a);
  --accent: light-dark(#12565f, #7fcac7);
  --on-accent: light-dark(#ffffff, #0d1a1b);
  --hot: light-dark(#b93d14, #ff9166);
  --sans: Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
html, body, html.dark-mode body { margin: 0; background: var(--ground); color: var(--ink); font-family: var(--sans); }
`;
