/** Asking a program what it is. */
import { execa } from "execa";

/** The first line that a program prints, or undefined where it is not there or says that it failed. */
export const firstLine = async (file: string, words: readonly string[]): Promise<string | undefined> => {
  const { failed, stdout } = await execa(file, words, {
    reject: false,
    timeout: 5000,
    stdin: "ignore",
    maxBuffer: 100_000,
  });
  return failed ? undefined : (stdout.split("\n")[0] ?? "");
};
