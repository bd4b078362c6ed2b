/** `validate`: reports every mistake in a configuration and in the files it names. It makes and starts nothing. */
import { type Diagnostic, type Ensemble, examineEnsemble } from "../../lib/index.js";
import type { ValidateRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeJson, writeStderr } from "../output.js";
import { stateOption } from "../state-directory.js";
import { count, printable } from "../views/format.js";
import { reportText } from "../views/report.js";
import { endAtOnceOnSignal, killProcessesAtExit } from "./end-at-once.js";

export const validate = async (request: ValidateRequest): Promise<number> => {
  killProcessesAtExit();
  endAtOnceOnSignal();
  const { configuration: file, settings, extra } = request;
  const options = { ...settings, extra, ...(await stateOption(file)) };
  const { plan, diagnostics: found } = await examineEnsemble(file, options);
  const diagnostics = [...noteOptions(request), ...found];
  writeStderr(reportText(diagnostics));
  if (request.json) writeJson({ valid: plan !== undefined, diagnostics });
  if (plan === undefined) return EXIT.refused;
  if (!request.json) process.stdout.write(`${printable(file)} is valid: ${sizeOf(plan)}\n`);
  return EXIT.ok;
};

const noteOptions = ({ configuration: file, variableOptions }: ValidateRequest): readonly Diagnostic[] => {
  if (variableOptions === undefined) return [];
  const message = `the Python tool uses the variables of the last \`-x\` only; here those of all ${variableOptions} count`;
  return [{ severity: "note", code: "several-extra-vars", message, file }];
};

const sizeOf = ({ batches }: Ensemble): string => {
  const runs = batches.reduce((sum, batch) => sum + batch.runs.length, 0);
  return `${count(batches.length, "batch", "batches")}, ${count(runs, "run")}`;
};
