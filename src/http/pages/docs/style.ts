/** The looks of the page at /docs/: the playground's colours and type over Swagger UI's. */

const TOKENS = `:root {
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
`;

const PAGE = `html, body { margin: 0; background: var(--ground) !important; color: var(--ink); font-family: var(--sans); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#api:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 20px; top: 8px; padding: 6px 10px; background: var(--panel); color: var(--accent); z-index: 1; }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; max-width: 1420px; margin: 0 auto; padding: 18px 20px 10px; }
.head-home { display: flex; align-items: center; gap: 10px; color: var(--ink); font-size: 19px; font-weight: 650; letter-spacing: -0.01em; text-decoration: none; }
.head h1 { margin: 0; padding-left: 14px; border-left: 1px solid var(--line-strong); color: var(--soft); font-size: 19px; font-weight: 450; }
.head nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-left: auto; }
.head nav a, noscript a { color: var(--accent); font-size: 14px; }
noscript { display: block; max-width: 1420px; margin: 0 auto; padding: 20px; }
.fold { margin-right: 12px; padding: 6px 12px; border: 1px solid var(--line-strong); border-radius: 7px; background: var(--panel); color: var(--accent); font: 600 13px var(--sans); cursor: pointer; }
.fold:hover { border-color: var(--accent); }
.swagger-ui table.parameters:not(:has(tr[data-param-name])) thead { display: none; }
.swagger-ui .body-param__text { min-height: 190px; }
.swagger-ui .fold-row button { margin-right: 12px; }
.swagger-ui .fold-row td { padding: 12px 0; color: var(--soft); font: 13px/2.2 var(--sans); }
`;

/** Hidden parts of Swagger UI: the second title, the single server, links that no answer has. */
const HIDDEN = `.swagger-ui .info hgroup.main { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.swagger-ui .scheme-container .servers-title, .swagger-ui .scheme-container .servers,
.swagger-ui .response-col_links, .swagger-ui .info__license { display: none; }
/* A problem looks the same under every status: its words are enough. Problem stands among the schemas. */
.swagger-ui .responses-table .response:is([data-code^="4"], [data-code^="5"]) .response-col_description > :not(.response-col_description__inner) { display: none; }
`;

const COLOURS = `.swagger-ui, .swagger-ui :is(h1, h2, h3, h4, h5, p, li, td, th, label, table, select, input, textarea, .btn, .opblock-tag, .opblock-description-wrapper, .response-col_status, .tab li, .model, .model-title, .parameter__name, .parameter__type, .opblock-summary-description, .prop-type, .prop-format) { color: var(--ink); font-family: var(--sans); }
.swagger-ui .wrapper, .swagger-ui .information-container.wrapper { box-sizing: border-box; max-width: 1420px; }
.swagger-ui :is(.renderedMarkdown, .info) :is(p, li, td) { max-width: 80em; font-size: 14px; line-height: 1.55; }
.swagger-ui :is(.renderedMarkdown, .info) :is(p, li) { margin-left: 0; margin-right: 0; }
.swagger-ui .info { margin: 8px 0 4px; }
.swagger-ui :is(.info, .renderedMarkdown, .response-col_description, .opblock-external-docs) a { color: var(--accent); }
.swagger-ui .scheme-container { margin: 0; padding: 0; background: none; box-shadow: none; }
.swagger-ui .scheme-container .schemes { padding: 0 20px; box-sizing: border-box; max-width: 1420px; }
.swagger-ui .scheme-container .auth-wrapper { margin-left: auto; }
.swagger-ui :is(.opblock-summary-path, .opblock-summary-path span, .parameter__name, code, pre, textarea, .microlight, .model, .body-param__text) { font-family: var(--mono); }
.swagger-ui :is(.parameter__in, .parameter__type, .parameter__deprecated, .opblock-summary-description, .opblock-tag small, .response-control-media-type__accept-message, .response-control-media-type__title, .response-control-examples__title, .examples-select__section-label, .tab li button, .json-schema-2020-12__attribute) { color: var(--soft) !important; font-family: var(--sans); }
.swagger-ui .opblock-tag { border-bottom-color: var(--line); font-size: 19px; }
.swagger-ui .opblock-tag small p { margin: 0; font-size: 14px; }
.swagger-ui .opblock, .swagger-ui section.models { border: 1px solid var(--line) !important; border-radius: 10px; background: var(--panel) !important; box-shadow: none; }
.swagger-ui .opblock .opblock-summary { border: 0 !important; padding: 6px 8px; }
.swagger-ui .opblock { margin-bottom: 10px; }
.swagger-ui .opblock.is-open .opblock-summary { border-bottom: 1px solid var(--line) !important; }
.swagger-ui .opblock .opblock-summary-method { min-width: 62px; padding: 5px 0; border-radius: 6px; background: var(--accent) !important; color: var(--on-accent) !important; font-size: 12px; text-shadow: none; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: none !important; color: var(--accent) !important; box-shadow: inset 0 0 0 1px var(--accent); }
.swagger-ui .opblock .opblock-section-header { background: var(--well); box-shadow: none; min-height: 40px; padding: 4px 20px; }
.swagger-ui .opblock .opblock-summary-path span, .swagger-ui .opblock .opblock-section-header h4, .swagger-ui section.models h4 { color: var(--ink); }
.swagger-ui .opblock .opblock-section-header > label { color: var(--soft); }
.swagger-ui .opblock .tab-header .tab-item.active h4 span::after { background: var(--accent) !important; }
.swagger-ui .opblock-body pre.microlight, .swagger-ui .highlight-code > pre, .swagger-ui .curl-command pre, .swagger-ui .request-url pre { border-radius: 7px; background: #14181b !important; color: #ebe8e1 !important; font-weight: 400; }
.swagger-ui .headers-wrapper :is(.header-col, .headers__title), .swagger-ui .headers { color: var(--soft); font-family: var(--sans); }
.swagger-ui .microlight span { font-weight: 400; }
.swagger-ui .microlight span[style="color: rgb(211, 99, 99);"] { color: #ff9a8a !important; }
.swagger-ui :is(.download-contents, .copy-to-clipboard) { border-radius: 5px; background-color: #3d464e; }
.swagger-ui :is(.markdown, .renderedMarkdown) code, .swagger-ui .info code { padding: 1px 5px; border-radius: 4px; background: var(--well); color: var(--accent); font-weight: 450; font-size: 0.93em; }
.swagger-ui .renderedMarkdown table { display: block; width: auto; overflow-x: auto; }
.swagger-ui :is(table thead tr th, table thead tr td) { border-bottom-color: var(--line); color: var(--soft); font-size: 12px; }
.swagger-ui :is(select, input[type="text"], input[type="file"], textarea) { border: 1px solid var(--line-strong); border-radius: 7px; background-color: var(--panel); color: var(--ink); box-shadow: none; font-size: 13px; }
.swagger-ui select { appearance: auto; background-image: none !important; padding: 5px 8px; }
.swagger-ui textarea { background: var(--well); font-weight: 400; }
.swagger-ui .btn { border: 1px solid var(--line-strong); border-radius: 7px; box-shadow: none; background: var(--panel); color: var(--ink) !important; }
.swagger-ui .btn.execute { border-color: var(--accent); background: var(--accent); color: var(--on-accent) !important; }
.swagger-ui .btn.authorize { border-color: var(--line-strong); color: var(--accent) !important; }
.swagger-ui .btn.authorize span { padding: 2px 12px 0 0; }
.swagger-ui .btn.cancel { border-color: var(--line-strong); color: var(--soft) !important; }
.swagger-ui .execute-wrapper { padding: 14px 20px; }
.swagger-ui .btn-group { padding: 14px 20px; gap: 8px; }
.swagger-ui .btn-group .btn { flex: 0 1 200px; border-radius: 7px !important; }
.swagger-ui svg, .swagger-ui svg path { fill: var(--soft) !important; }
.swagger-ui .parameter__name.required:not(.opblock-title), .swagger-ui .parameter__name.required span { color: var(--hot) !important; }
.swagger-ui section.models { margin: 26px 0 60px; }
.swagger-ui section.models h4 { border-color: var(--line); }
.swagger-ui section.models :is(.model-container, .json-schema-2020-12) { background: var(--well); }
.swagger-ui :is(.json-schema-2020-12__title, .json-schema-2020-12-accordion, .json-schema-2020-12-property, .json-schema-2020-12-keyword__name, .json-schema-2020-12-keyword__value, .json-schema-2020-12-expand-deep-button, .json-schema-2020-12__attribute) { color: var(--ink); font-family: var(--sans); }
.swagger-ui :is(.json-schema-2020-12-accordion, .json-schema-2020-12-expand-deep-button, .models-control) { background: none !important; color: var(--ink) !important; }
.swagger-ui .json-schema-2020-12-expand-deep-button { color: var(--soft) !important; }
.swagger-ui .json-schema-2020-12__title { color: var(--ink) !important; font-size: 14px; }
.swagger-ui .json-schema-2020-12__attribute--primary { color: var(--accent) !important; }
.swagger-ui :is(.json-schema-2020-12-keyword, .json-schema-2020-12-keyword__name, .json-schema-2020-12-keyword__value, .json-schema-2020-12-json-viewer__name, .json-schema-2020-12-json-viewer__value) { color: var(--soft) !important; }
.swagger-ui :is(.json-schema-2020-12__constraint, .json-schema-2020-12-keyword__value--const, .json-schema-2020-12-keyword__value--warning) { background-color: var(--well) !important; color: var(--soft) !important; border: 1px solid var(--line) !important; }
.swagger-ui .json-schema-2020-12-property--required > .json-schema-2020-12:first-of-type > .json-schema-2020-12-head .json-schema-2020-12__title::after { color: var(--hot); }
.swagger-ui .dialog-ux .modal-ux { border-color: var(--line); background: var(--panel); }
.swagger-ui .loading-container { min-height: 60vh; }
`;

const NARROW = `@media (max-width: 700px) {
  .head { padding: 18px 12px 10px; }
  .head nav { margin-left: 0; width: 100%; }
  .swagger-ui .wrapper { padding: 0 12px; }
  .swagger-ui .opblock .opblock-summary-control { flex-wrap: nowrap; }
  .swagger-ui .opblock .opblock-summary-path { max-width: none; font-size: 13px; }
  .swagger-ui .opblock-summary-description { flex-basis: 100%; }
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; height: auto; }
  .swagger-ui :is(.renderedMarkdown, .info) { overflow-wrap: anywhere; }
  .swagger-ui table.parameters :is(tbody, tr, td) { display: block; width: auto !important; max-width: none; }
  .swagger-ui table.parameters thead { display: none; }
  .swagger-ui table.parameters td { padding: 6px 0 !important; }
  .swagger-ui .model-box { display: block; overflow-x: auto; }
  .swagger-ui .responses-table .response-col_status { min-width: 44px; width: 44px; }
}
`;

export const STYLE = [TOKENS, PAGE, HIDDEN, COLOURS, NARROW].join("\n");
