/** The two outputs: stdout for machines, stderr for people. Either may be closed or full at any time. */

/** Makes a lost output harmless. Without this, Node ends the program when a pipe's reader or a terminal is gone. */
export const watchOutput = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader may stop early, as `head` does.
    if (error.code !== "EPIPE") stdoutError ??= error;
  });
  // No output is left on which to report the error.
  process.stderr.on("error", () => undefined);
};

let stdoutError: Error | undefined;
let reported = false;

/** Records that stdout is incomplete and that stderr already says so. */
export const outputLost = (error: Error): void => {
  stdoutError ??= error;
  reported = true;
};

/** Waits until both outputs are written. False if part of stdout could not be written. */
export const finishOutput = async (): Promise<boolean> => {
  // If the loss is reported, the view has already waited for the reader, and given up.
  if (!reported) await flushed(process.stdout);
  if (stdoutError && !reported)
    writeStderr(`model_ensemble: standard output could not be written: ${stdoutError.message}\n`);
  await flushed(process.stderr);
  return stdoutError === undefined;
};

export const writeStderr = (text: string): void => {
  if (text !== "") process.stderr.write(text);
};

/** One JSON document. */
export const writeJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, bigintAsText, 2)}\n`);
};

/** JSON readers round large integers. */
const bigintAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    // In the background of a terminal, the system may stop the program even at a write of nothing.
    if (stream.isTTY && stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
