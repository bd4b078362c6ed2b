/** Specs of the program in a terminal that it shares with an interactive shell: `&`, Ctrl-Z, `fg`, `bg`, `stty tostop`. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensembleOf, eventually, fileOf, MAIN, shell, terminal } from "../support/program.js";

const HELD = "echo $$ > pid; until [ -e ../../go ]; do sleep 0.05; done";

const CTRL_Z = "\x1a";

const WARNING = "no batch has a run for `-i 99`";

/** Hides the cursor: only a frame of the live tree does. */
const FRAME = "\x1b[?25l";

/** An interactive bash in a terminal, with an ensemble of one run that `./start` starts with a warning. */
const interactive = (setting = "true") => {
  const directory = ensembleOf(1, HELD);
  const file = join(directory, "start");
  writeFileSync(file, `#!/bin/bash\nexec '${process.execPath}' '${MAIN}' ensemble.yaml dummy -ms 0 -i 0,99\n`);
  chmodSync(file, 0o755);
  const running = terminal(`${setting}; PS1='> ' exec bash --norc --noprofile -i`, { directory });
  let typed = 0;
  return {
    /** Executes a command, and returns what the terminal has shown since. */
    execute: async (command: string) => {
      const from = running.stdout.length;
      typed += 1;
      running.type(`${command}\necho ${typed}-"end"\n`);
      await running.until(`${typed}-end`);
      return running.stdout.slice(from);
    },
    /** Types this, and waits until the terminal has shown the sign since. */
    typed: async (text: string, sign: string) => {
      const from = running.stdout.length;
      running.type(text);
      await eventually(() => running.stdout.includes(sign, from), `the terminal does not show ${sign} after ${text}`);
    },
    started: () => fileOf(join(directory, "work/b-0/pid")),
    letJobEnd: () => shell("touch go", { directory }),
  };
};

describe("job control in a terminal", () => {
  it("a program in the background draws nothing until fg, nothing after Ctrl-Z and bg, and ends with its summary", async () => {
    const bash = interactive();
    await bash.typed("./start &\n", WARNING);
    await bash.started();
    // Long enough for several frames.
    expect(await bash.execute("sleep 0.7")).not.toContain(FRAME);
    await bash.typed("fg\n", FRAME);
    await bash.typed(CTRL_Z, "Stopped");
    await bash.execute("bg");
    expect(await bash.execute("sleep 0.7")).not.toContain(FRAME);
    await bash.letJobEnd();
    expect(await bash.execute("wait %1; echo status-$?")).toMatch(/succeeded after[^]*status-0/);
  });

  it("a program in the background of a terminal with `stty tostop` goes on, and warns once it is in the foreground", async () => {
    const bash = interactive("stty tostop");
    await bash.execute("./start &");
    await bash.started();
    const shown = await bash.execute("sleep 0.7; jobs");
    expect(shown).toContain("Running");
    expect(shown).not.toContain(WARNING);
    await bash.typed("fg\n", WARNING);
    await bash.typed(CTRL_Z, "Stopped");
    await bash.execute("bg");
    await bash.letJobEnd();
    expect(await bash.execute("wait %1; echo status-$?")).toContain("status-0");
  });
});
