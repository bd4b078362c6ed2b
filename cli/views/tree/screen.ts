/** A terminal that shows one frame and redraws it in place. Only this file writes escape sequences. */
import { stripVTControlCharacters } from "node:util";

/** The part of `process.stderr`, in a terminal, that a screen uses. */
export interface TerminalStream {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error" | "resize", listener: (error?: Error) => void): unknown;
  off(event: "error" | "resize", listener: (error?: Error) => void): unknown;
}

export interface Screen {
  /** The greatest width of a line and height of a frame. */
  size(): { readonly columns: number; readonly room: number };
  /** Draws a frame over the last one. False if it may not draw now, or the terminal has not yet accepted the last one. */
  draw(lines: readonly string[]): boolean;
  /** Prints text above the next frame. */
  print(text: string): void;
  /** Leaves this frame on the terminal and restores the cursor. Waits only briefly for a terminal that accepts no output. */
  close(lines?: readonly string[]): Promise<void>;
}

export interface ScreenOptions {
  /** Called when the terminal is gone. */
  readonly lost: () => void;
  /** Called when the frame must be redrawn. */
  readonly resized: () => void;
  /** Whether a frame may be drawn now: a terminal is also that of a shell, and of other programs. */
  readonly mayDraw: () => boolean;
}

export const openScreen = (out: TerminalStream, { lost, resized, mayDraw }: ScreenOptions): Screen => {
  // Node writes to terminals synchronously: a Ctrl-S would stop the whole program until a Ctrl-Q.
  setBlocking(out, false);
  let shown: readonly string[] = [];
  let drawnFor = "";
  let notices = "";
  let busy = false;
  let open = true;
  let onIdle: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  const size = () => ({ columns: Math.max(1, (out.columns || 80) - 1), rows: out.rows || 24 });
  const write = (text: string) => {
    busy = true;
    out.write(text, (error) => {
      busy = false;
      if (error) fail();
      onIdle?.();
    });
  };
  const fail = () => {
    if (open) lost();
    onIdle?.();
  };
  const draw = (lines: readonly string[]) => {
    if (busy || !open || !mayDraw()) return false;
    const { columns, rows } = size();
    // After a resize the terminal has wrapped the old lines differently, or scrolled some away: none is where it was.
    const now = `${columns}x${rows}`;
    const redraw = notices !== "" || drawnFor !== now;
    const height = redraw ? rowsOf(shown, columns + 1) : shown.length;
    const up = Math.min(height, rows) - 1;
    const body = lines.map((line, row) =>
      !redraw && row < shown.length - 1 && row < lines.length - 1 && shown[row] === line ? "" : `${line}${CLEAR_LINE}`,
    );
    write(
      [
        BEGIN,
        HIDE,
        "\r",
        up > 0 ? `\x1b[${up}A` : "",
        ...(redraw ? [CLEAR_BELOW, notices] : []),
        body.join("\r\n"),
        CLEAR_BELOW,
        END,
      ].join(""),
    );
    [shown, drawnFor, notices] = [lines, now, ""];
    return true;
  };
  const restore = () => {
    if (open && shown.length > 0) out.write(SHOW);
  };
  const suspend = () => {
    restore();
    // The shell writes below this frame. The frame stays, and SIGCONT draws a new one.
    out.write("\r\n");
    shown = [];
    process.kill(process.pid, "SIGSTOP");
  };
  const finish = async (lines: readonly string[] | undefined) => {
    await idle();
    if (!busy && lines !== undefined) {
      draw(lines);
      await idle();
    }
    const responsive = !busy;
    // Written even if the terminal accepts nothing now: after a Ctrl-Q, the cursor must be visible again.
    if (shown.length > 0) write(`${SHOW}\r\n`);
    if (responsive) await idle();
    open = false;
    out.off("resize", resized);
    process.off("exit", restore);
    process.off("SIGTSTP", suspend);
    process.off("SIGCONT", resized);
    // The error listener stays: without it, a pending write that fails would end the program.
    if (!busy) setBlocking(out, true);
  };
  /** Waits until the terminal has accepted the last write, for at most `PATIENCE_MS`. */
  const idle = () =>
    new Promise<void>((resolve) => {
      if (!busy) return resolve();
      const timer = setTimeout(resolve, PATIENCE_MS);
      onIdle = () => {
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
    print: (text) => {
      notices += text.trimEnd().replaceAll("\n", "\r\n").concat("\r\n");
    },
    close: (lines) => {
      closing ??= finish(lines);
      return closing;
    },
  };
};

const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";
/** Synchronized output: terminals that support it show the whole frame at once, others ignore it. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";
const CLEAR_LINE = "\x1b[0K";
const CLEAR_BELOW = "\x1b[0J";

/** How long to wait for the terminal to accept a frame at the end. */
const PATIENCE_MS = 1000;

/** How many rows the lines fill in a terminal that wraps them at `columns`. */
const rowsOf = (lines: readonly string[], columns: number): number =>
  lines.reduce((sum, line) => {
    return sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
  }, 0);

const setBlocking = (out: object, on: boolean): void => {
  (out as { readonly _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(on);
};
