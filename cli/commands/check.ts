/** `check`: whether a backend can be used here, on one screen. */
import { checkBackend } from "../../lib/index.js";
import type { CheckRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { printable } from "../views/format.js";

export const check = async ({ backend }: CheckRequest): Promise<number> => {
  const found = await checkBackend(backend);
  const width = Math.max(...found.map(({ what }) => what.length));
  const rows = found.map(({ what, ok, detail, optional = false }) => {
    const mark = ok ? "ok" : optional ? "without" : "MISSING";
    return `  ${mark.padEnd(7)}  ${what.padEnd(width)}  ${printable(detail)}`.trimEnd();
  });
  const usable = found.every(({ ok, optional = false }) => ok || optional);
  process.stdout.write([`What the backend ${backend} needs:`, ...rows, verdict(backend, usable), ""].join("\n"));
  return usable ? EXIT.ok : EXIT.failed;
};

const verdict = (backend: string, usable: boolean): string => {
  if (usable) return `The backend ${backend} can be used here.`;
  const other = backend === "slurm" ? " `check dummy` looks at this machine alone." : "";
  return `The backend ${backend} cannot be used here.${other}`;
};
