/** The parts that only the write view has, loaded when it is first opened. */
export { TreePanel } from "../trees/tree-panel.tsx";
export { WatermarkPanel } from "../watermark/watermark-panel.tsx";
export { TextPanel } from "./text/text-panel.tsx";
export { WritePanel } from "./write-panel.tsx";
