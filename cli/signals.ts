/** The signals that the program ignores, in every command and from its first moment. Loaded before everything else. */
import { fstatSync, readFileSync } from "node:fs";
import { basename } from "node:path";

const readIfAny = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** Whether a process ignores SIGHUP (proc(5), `status`): the lowest bit of the mask is signal 1. */
const ignoresHangup = (pid: number | "self"): boolean =>
  Number.parseInt(/^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(readIfAny(`/proc/${pid}/status`))?.[1] ?? "0", 16) % 2 === 1;

/** `nohup` of GNU replaces a terminal as standard input by /dev/null, opened for writing. */
const isInputOfNohup = (): boolean => {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readIfAny("/proc/self/fdinfo/0"))?.[1];
  if (flags === undefined || Number.parseInt(flags, 8) % 4 !== 1) return false;
  return fstatSync(0).rdev === NULL_DEVICE;
};

const NULL_DEVICE = 0x103;

/**
 * Whether the program was started with SIGHUP ignored, as `nohup` does. Node has undone that before any line of a
 * program runs, so that other traces must tell: a shell that ignores SIGHUP and starts the program, the name of the
 * command line's first program in `_`, which most shells set, and what `nohup` does to standard input.
 */
const isHangupIgnored = (): boolean =>
  ignoresHangup("self") || ignoresHangup(process.ppid) || basename(process.env._ ?? "") === "nohup" || isInputOfNohup();

/**
 * SIGUSR1 would open Node's debugger to every user of the machine, and SIGUSR2 would end the program without a word.
 * Batch systems send both as warnings.
 */
export const ignoredSignals: readonly NodeJS.Signals[] = [
  "SIGUSR1",
  "SIGUSR2",
  ...(isHangupIgnored() ? (["SIGHUP"] as const) : []),
];

export const ignoreSignals = (): void => {
  for (const signal of ignoredSignals) process.on(signal, () => undefined);
  if (isDebugged()) return;
  closeDebugger();
  // A signal that came just before may open the debugger only now.
  setImmediate(closeDebugger);
};

/** Whether the user has asked for a debugger, or preloads a module that may open one. */
const isDebugged = (): boolean =>
  [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((words) =>
    /(^|\s)(-r|--require|--import|--inspect)/.test(words),
  );

/** Closes the debugger that a SIGUSR1 opened before the first line of this program: Node takes some 40 ms until then. */
const closeDebugger = (): void => {
  // Absent in a Node that was built without a debugger; the function itself is absent in Node 22.2.
  const { getBuiltinModule } = process as Partial<Pick<NodeJS.Process, "getBuiltinModule">>;
  const inspector = getBuiltinModule?.("node:inspector");
  if (inspector?.url() !== undefined) inspector.close();
};
