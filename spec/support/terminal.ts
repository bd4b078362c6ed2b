/** A terminal in memory, that shows what a person would see, and stands in for `process.stderr`. */
import { EventEmitter } from "node:events";
import xterm from "@xterm/headless";

export class FakeTerminal extends EventEmitter {
  /** All that was ever written. */
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
    // Its public `write` waits for a timer, which specs with virtual time have in their own hands.
    (this.#terminal as unknown as { _core: { writeSync(text: string): void } })._core.writeSync(text);
    done?.(null);
    return true;
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#terminal.resize(columns, rows);
    this.emit("resize");
  }

  /** What stands on the screen, without the blank lines below. */
  screen(): readonly string[] {
    const { lines, base } = this.everything();
    return lines.slice(base);
  }

  /** The same, with all that has scrolled off its upper edge. */
  everything(): { readonly lines: readonly string[]; readonly base: number } {
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
    while (lines.at(-1) === "") lines.pop();
    return { lines, base: buffer.baseY };
  }

  /** Whether the cursor can be seen. */
  get cursor(): boolean {
    return this.written.lastIndexOf("\x1b[?25h") >= this.written.lastIndexOf("\x1b[?25l");
  }
}
