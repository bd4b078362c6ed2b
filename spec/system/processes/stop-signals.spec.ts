import { describe, expect, it, onTestFinished, vi } from "vitest";
import { spawn } from "../../../lib/system/processes/spawn.js";
import { stopOnSignals } from "../../../lib/system/processes/stop-signals.js";
import { alive, directoryWith, eventually } from "../../support/program.js";

const rig = () => {
  const stop = stopOnSignals();
  onTestFinished(() => stop.close());
  const stops: string[] = [];
  stop.drain$.subscribe({ next: (message) => stops.push(`drain: ${message}`), error: unexpected });
  stop.now$.subscribe({ next: (message) => stops.push(`now: ${message}`), error: unexpected });
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  const before = process.listeners("exit");
  onTestFinished(() => {
    exit.mockRestore();
    // The exit listeners of these specs must not run when the process of the specs exits.
    for (const listener of process.listeners("exit")) if (!before.includes(listener)) process.off("exit", listener);
  });
  return { stop, stops, exit };
};

/** An error that no spec here expects. */
const unexpected = (error: unknown) => expect.fail(String(error));

/** Delivers a signal as Node does. */
const receive = (signal: NodeJS.Signals) => process.emit(signal, signal);

describe("signals", () => {
  it("the first Ctrl-C drains, the second stops now, the third ends the program", () => {
    const { stop, stops, exit } = rig();
    expect(stop.draining()).toBe(false);
    receive("SIGINT");
    expect(stop.draining()).toBe(true);
    expect(stops).toEqual(["drain: Ctrl-C"]);
    receive("SIGINT");
    expect(stops).toEqual(["drain: Ctrl-C", "now: Ctrl-C, twice"]);
    expect(exit).not.toHaveBeenCalled();
    receive("SIGINT");
    expect(exit).toHaveBeenCalledWith(130);
    expect(stop.caught()).toBe("SIGINT");
  });

  it.each(["SIGTERM", "SIGHUP", "SIGXCPU", "SIGALRM"] as const)(
    "%s stops the ensemble now, and a repeated one changes nothing",
    (signal) => {
      const { stop, stops, exit } = rig();
      receive(signal);
      receive(signal);
      expect(stops).toEqual([`now: ${signal}`]);
      expect(stop.draining()).toBe(true);
      expect(stop.caught()).toBe(signal);
      expect(exit).not.toHaveBeenCalled();
    },
  );

  it("SIGQUIT stops the ensemble now, and a second one ends the program at once", () => {
    const { stop, stops, exit } = rig();
    receive("SIGQUIT");
    expect(stops).toEqual(["now: SIGQUIT"]);
    expect(exit).not.toHaveBeenCalled();
    receive("SIGQUIT");
    expect(exit).toHaveBeenCalledWith(131);
    expect(stop.caught()).toBe("SIGQUIT");
  });

  it("an ignored signal stops nothing", () => {
    const before = process.listenerCount("SIGHUP");
    const stop = stopOnSignals(["SIGHUP"]);
    expect(process.listenerCount("SIGHUP")).toBe(before);
    stop.close();
  });

  it("SIGTERM after one Ctrl-C stops the ensemble now", () => {
    const { stop, stops } = rig();
    receive("SIGINT");
    receive("SIGTERM");
    expect(stops).toEqual(["drain: Ctrl-C", "now: SIGTERM"]);
    expect(stop.caught()).toBe("SIGINT");
  });

  it("a subscriber that comes after a signal still learns of it", () => {
    const { stop } = rig();
    receive("SIGINT");
    const late: string[] = [];
    stop.drain$.subscribe({ next: (message) => late.push(message), error: unexpected });
    expect(late).toEqual(["Ctrl-C"]);
  });

  it("SIGTERM also ends a command whose subscriber stays subscribed", async () => {
    rig();
    const directory = directoryWith({});
    let pid = 0;
    const command = { file: "sleep", arguments: ["1000"], directory, output: `${directory}/out` };
    spawn(command).subscribe({
      next: (event) => {
        if (event.type === "started") pid = event.pid;
      },
      error: unexpected,
    });
    expect(alive(pid)).toBe(true);
    receive("SIGTERM");
    await eventually(() => !alive(pid), `${pid} is still there`);
  });

  it("Node handles signals again after the program closes its signal handler", () => {
    const before = process.listenerCount("SIGTERM");
    const stop = stopOnSignals();
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    stop.close();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
