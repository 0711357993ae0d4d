/** What the write view has beside the others, loaded when it is first opened. */
export { TextPanel } from "./text/text-panel.tsx";
export { WritePanel } from "./write-panel.tsx";
