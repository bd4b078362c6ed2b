/** `check`: a report on whether a backend can be used here. */
import { backendNamed, checkBackend, loadBackend, type ProbeResult } from "../../lib/index.js";
import type { CheckRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { printable } from "../views/format.js";

export const check = async ({ backend, backendFile }: CheckRequest): Promise<number> => {
  if (backendFile === undefined) return report(backend, await checkBackend(backend));
  try {
    return report(backendFile, await checkBackend(await loadBackend(backendFile)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    writeStderr(`error: ${printable(error.message)}\n`);
    return EXIT.refused;
  }
};

const report = (backend: string, findings: readonly ProbeResult[]): number => {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const rows = findings.map(({ what, ok, detail, optional = false }) => {
    const mark = ok ? "ok" : optional ? "without" : "MISSING";
    return `  ${mark.padEnd(7)}  ${what.padEnd(width)}  ${printable(detail)}`.trimEnd();
  });
  const usable = findings.every(({ ok, optional = false }) => ok || optional);
  process.stdout.write([`What the backend ${backend} needs:`, ...rows, conclusion(backend, usable), ""].join("\n"));
  return usable ? EXIT.ok : EXIT.failed;
};

const conclusion = (backend: string, usable: boolean): string => {
  if (usable) return `The backend ${backend} can be used here.`;
  const other = backendNamed(backend)?.queues
    ? " `model_ensemble check dummy` checks only whether jobs can run on this machine."
    : "";
  return `The backend ${backend} cannot be used here.${other}`;
};
