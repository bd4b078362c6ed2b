/** A terminal in memory, which replaces `process.stderr` and shows what the user would see. */
import { EventEmitter } from "node:events";
import xterm from "@xterm/headless";

export class FakeTerminal extends EventEmitter {
  /** Everything that was written. */
  written = "";
  writes = 0;
  readonly #terminal: xterm.Terminal;

  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 1000,
      allowProposedApi: true,
      logLevel: "off",
    });
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.written += text;
    this.writes += 1;
    // The public `write` waits for a timer, which never fires in specs with virtual time.
    (this.#terminal as unknown as { _core: { writeSync(text: string): void } })._core.writeSync(text);
    done?.(null);
    return true;
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#terminal.resize(columns, rows);
    this.emit("resize");
  }

  /** The lines on the screen, without blank lines at the end. */
  screen(): readonly string[] {
    const { lines, base } = this.everything();
    return lines.slice(base);
  }

  /** The lines on the screen and those that have scrolled off. `base`: the index of the first line on the screen. */
  everything(): { readonly lines: readonly string[]; readonly base: number } {
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
    while (lines.at(-1) === "") lines.pop();
    return { lines, base: buffer.baseY };
  }

  /** Whether the cursor is visible. */
  get cursor(): boolean {
    return this.written.lastIndexOf("\x1b[?25h") >= this.written.lastIndexOf("\x1b[?25l");
  }
}
