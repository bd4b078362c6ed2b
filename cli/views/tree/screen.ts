/** A terminal on which a picture stands and is drawn anew: the only place that writes escape sequences. */
import { stripVTControlCharacters } from "node:util";

/** What `process.stderr` is in a terminal. */
export interface TerminalStream {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error" | "resize", listener: (error?: Error) => void): unknown;
  off(event: "error" | "resize", listener: (error?: Error) => void): unknown;
}

export interface Screen {
  /** How wide a line and how high a picture may be. */
  size(): { readonly columns: number; readonly room: number };
  /** Draws a picture over the last one. False if the terminal has not taken the last one yet. */
  draw(lines: readonly string[]): boolean;
  /** Lets text scroll by above the picture, from the next one on. */
  say(text: string): void;
  /** Leaves this picture for good and gives the terminal back. A terminal that takes nothing is not waited for. */
  close(lines?: readonly string[]): Promise<void>;
}

/** `lost`: the terminal has gone away. `resized`: what stands there has to be drawn anew. */
export const openScreen = (out: TerminalStream, lost: () => void, resized: () => void): Screen => {
  // Node writes to terminals synchronously: after a Ctrl-S, the whole program would stand still until a Ctrl-Q.
  blocking(out, false);
  let shown: readonly string[] = [];
  let drawnFor = "";
  let aside = "";
  let busy = false;
  let open = true;
  let after: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  const size = () => ({ columns: Math.max(1, (out.columns || 80) - 1), rows: out.rows || 24 });
  const write = (text: string) => {
    busy = true;
    out.write(text, (error) => {
      busy = false;
      if (error) fail();
      after?.();
    });
  };
  const fail = () => {
    if (open) lost();
    after?.();
  };
  const draw = (lines: readonly string[]) => {
    if (busy || !open) return false;
    const { columns, rows } = size();
    // In another size the terminal has broken the old lines anew, or lost some at its top: none stands where it stood.
    const now = `${columns}x${rows}`;
    const anew = aside !== "" || drawnFor !== now;
    const height = anew ? brokenInto(shown, columns + 1) : shown.length;
    const up = Math.min(height, rows) - 1;
    const body = lines.map((line, row) =>
      !anew && row < shown.length - 1 && row < lines.length - 1 && shown[row] === line ? "" : `${line}${CLEAR_LINE}`,
    );
    write(
      [
        BEGIN,
        HIDE,
        "\r",
        up > 0 ? `\x1b[${up}A` : "",
        ...(anew ? [CLEAR_BELOW, aside] : []),
        body.join("\r\n"),
        CLEAR_BELOW,
        END,
      ].join(""),
    );
    [shown, drawnFor, aside] = [lines, now, ""];
    return true;
  };
  const restore = () => {
    if (open && shown.length > 0) out.write(SHOW);
  };
  const suspend = () => {
    restore();
    // The shell writes below the picture: it stays, and a new one is drawn later.
    out.write("\r\n");
    shown = [];
    process.kill(process.pid, "SIGSTOP");
  };
  const leave = async (lines: readonly string[] | undefined) => {
    await idle();
    if (!busy && lines !== undefined) {
      draw(lines);
      await idle();
    }
    const taken = !busy;
    // Even if nothing is taken now: after a Ctrl-Q, the cursor has to be there again.
    if (shown.length > 0) write(`${SHOW}\r\n`);
    if (taken) await idle();
    open = false;
    out.off("resize", resized);
    process.off("exit", restore);
    process.off("SIGTSTP", suspend);
    process.off("SIGCONT", resized);
    // The listener for errors stays: a write that is still under way may yet fail, and nobody minds any more.
    if (!busy) blocking(out, true);
  };
  /** Waits until the terminal has taken what was written, but not for ever. */
  const idle = () =>
    new Promise<void>((resolve) => {
      if (!busy) return resolve();
      const timer = setTimeout(resolve, PATIENCE_MS);
      after = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  out.on("error", fail);
  out.on("resize", resized);
  process.on("exit", restore);
  process.on("SIGTSTP", suspend);
  process.on("SIGCONT", resized);

  return {
    size: () => {
      const { columns, rows } = size();
      return { columns, room: rows - 1 };
    },
    draw: (lines) => closing === undefined && draw(lines),
    say: (text) => {
      aside += text.trimEnd().replaceAll("\n", "\r\n").concat("\r\n");
    },
    close: (lines) => {
      closing ??= leave(lines);
      return closing;
    },
  };
};

const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";
/** Synchronized output: terminals that know it show the picture in one go, others ignore it. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";
const CLEAR_LINE = "\x1b[0K";
const CLEAR_BELOW = "\x1b[0J";

/** How long a terminal may take for the last picture. */
const PATIENCE_MS = 1000;

/** In how many rows lines stand in a terminal that broke them anew when its width changed. */
const brokenInto = (lines: readonly string[], columns: number): number =>
  lines.reduce((sum, line) => {
    return sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
  }, 0);

const blocking = (out: object, on: boolean): void => {
  (out as { readonly _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(on);
};
