/** Reads a file that the user named. */
import { createReadStream } from "node:fs";
import { messageOf } from "./errno.js";

/** The text, or why it cannot be read. */
export const readText = async (path: string): Promise<{ readonly text: string } | { readonly problem: string }> => {
  try {
    const chunks: Buffer[] = [];
    // Read as a stream up to a limit: a pipe has no size, and a device such as /dev/zero no end.
    const stream = createReadStream(path, { end: MOST_BYTES, highWaterMark: 1024 * 1024 });
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > MOST_BYTES) return { problem: "it is larger than 128 MiB" };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { problem: "it is not UTF-8 text" };
    return { problem: messageOf(error) };
  }
};

/** Far more than a configuration of 100,000 runs needs. */
const MOST_BYTES = 128 * 1024 * 1024;
