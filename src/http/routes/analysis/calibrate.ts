/** POST /v1/calibrate: validation rows with their classes in, the calibration and its report out. */
import type { FastifyInstance } from "fastify";
import { calibrateTask } from "../../../analysis/tasks/calibrate.ts";
import { parseCalibrate } from "../../../schemas/analysis-options.ts";
import { CALIBRATE_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addCalibrate(app: FastifyInstance, analysis: Analysis): void {
  app.post("/v1/calibrate", { schema: CALIBRATE_ROUTE }, async (request, reply) => {
    const { text } = await analyze(analysis, request, reply, (head) =>
      calibrateTask(taskContext(analysis, head, 1), parseCalibrate(head.options)),
    );
    return sendText(reply, text);
  });
}
