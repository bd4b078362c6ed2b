/** The two outputs: one for machines, one for people. Either may go away, or be full, at any time. */

/** Makes a lost output harmless. Without this, Node ends the program when a pipe's other end or a terminal is gone. */
export const watchOutput = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, like `head`, is no trouble.
    if (error.code !== "EPIPE") trouble ??= error;
  });
  // There is nobody left to be told.
  process.stderr.on("error", () => undefined);
};

let trouble: Error | undefined;
let told = false;

/** What machines should have read is not complete, and people have been told so. */
export const outputLost = (error: Error): void => {
  trouble ??= error;
  told = true;
};

/** Waits until all that was written has gone out. False if what machines should have read could not be written. */
export const finishOutput = async (): Promise<boolean> => {
  // A reader that has been given up is not waited for a second time.
  if (!told) await flushed(process.stdout);
  if (trouble && !told) writeStderr(`model_ensemble: standard output could not be written: ${trouble.message}\n`);
  await flushed(process.stderr);
  return trouble === undefined;
};

export const writeStderr = (text: string): void => {
  if (text !== "") process.stderr.write(text);
};

/** One JSON document. */
export const writeJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, bigAsText, 2)}\n`);
};

/** Integers beyond what JSON readers hold exactly. */
const bigAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write("", () => resolve());
  });
