/** The types of imports that vite resolves and that are not code. */
declare module "*.css";

declare module "*?url" {
  const url: string;
  // biome-ignore lint/style/noDefaultExport: vite makes it the default
  export default url;
}

/** What vite says of the build. */
interface ImportMeta {
  readonly env: { readonly BASE_URL: string };
}
