/** The stages of an ensemble at one moment, computed from its state. */
import { batchFailure, explain, type State } from "../../../lib/index.js";
import type { Stage } from "./stages.js";

export const stagesNow = (state: State): readonly Stage[] => {
  const { started, batches, finished, task } = state;
  if (started === undefined) return [];
  const anyStarted = [...batches.values()].some(({ since, finished: end }) => since !== undefined || end !== undefined);
  const taskStage = (name: string, over: boolean): Stage => {
    const failed = finished?.ok === false && finished.failure.task?.startsWith(`${name}[`);
    if (failed) return { name, batch: false, status: "failed", message: explain(finished.failure) };
    if (task?.task.startsWith(`${name}[`)) return { name, batch: false, status: "running", message: task.name };
    return { name, batch: false, status: over ? "done" : "waiting" };
  };
  return [
    ...(started.pre_process > 0 ? [taskStage("pre_process", anyStarted || finished?.ok === true)] : []),
    ...[...batches.values()].map(({ name, since, finished: end }): Stage => {
      const failure = end && batchFailure(end);
      if (failure !== undefined) return { name, batch: true, status: "failed", message: explain(failure) };
      return { name, batch: true, status: end !== undefined ? "done" : since === undefined ? "waiting" : "running" };
    }),
    ...(started.post_process > 0 ? [taskStage("post_process", finished?.ok === true)] : []),
  ];
};
