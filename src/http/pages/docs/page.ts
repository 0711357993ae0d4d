/** The page at /docs/ around Swagger UI. */

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#14535c"/><g fill="#f6f4ee"><rect x="7" y="8" width="18" height="3.4" rx="1.7"/><rect x="7" y="14.3" width="11" height="3.4" rx="1.7"/><rect x="7" y="20.6" width="5.5" height="3.4" rx="1.7"/></g><circle cx="23" cy="16" r="2.6" fill="#f08a5d"/></svg>`;

export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="description" content="Every request that logit-sampler takes and every answer it gives, to be tried here." />
    <title>logit-sampler API</title>
    <link rel="icon" type="image/svg+xml" href="data:image/svg+xml,${encodeURIComponent(ICON)}" />
    <link rel="stylesheet" href="swagger-ui/swagger-ui.css" />
    <link rel="stylesheet" href="page.css" />
    <script src="page.js"></script>
    <script src="swagger-ui/swagger-ui-bundle.js" defer></script>
  </head>
  <body>
    <a class="skip" href="#api">To the operations</a>
    <header class="head">
      <a class="head-home" href="../../">${ICON}<span>logit-sampler</span></a>
      <h1>API</h1>
      <nav aria-label="Elsewhere">
        <a href="../../">Playground</a>
        <a href="../v1/samplers">Samplers</a>
        <a href="../v1/presets">Hosts</a>
        <a href="../openapi.json">openapi.json</a>
      </nav>
    </header>
    <div id="api" tabindex="-1">
      <noscript>This page is a program: it needs JavaScript. The document it shows is <a href="../openapi.json">openapi.json</a>.</noscript>
    </div>
  </body>
</html>
`;
