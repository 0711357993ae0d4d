/** The skip links and the head as text. The build writes them into index.html (vite-head.ts). */
import { renderToString } from "preact-render-to-string";
import { PageHead } from "./components/page-head.tsx";
import { SkipLinks } from "./components/skip-links.tsx";

export const head_text = renderToString(
  <>
    <SkipLinks />
    <PageHead />
  </>,
);
