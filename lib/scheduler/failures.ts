/** The failure of a job that could not be started. */
import { Abandon } from "../events/failure.js";

export const jobNotStarted = (message: string): Abandon =>
  new Abandon({ reason: "job", cause: "not_started", message });
