import { describe, expect, it, onTestFinished, vi } from "vitest";
import { spawn } from "../../../lib/system/processes/spawn.js";
import { stopOnSignals } from "../../../lib/system/processes/stop-signals.js";
import { alive, directoryWith, eventually } from "../../support/program.js";

const rig = () => {
  const stop = stopOnSignals();
  onTestFinished(() => stop.close());
  const told: string[] = [];
  stop.drain$.subscribe({ next: (because) => told.push(`drain: ${because}`), error: unexpected });
  stop.now$.subscribe({ next: (because) => told.push(`now: ${because}`), error: unexpected });
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  const before = process.listeners("exit");
  onTestFinished(() => {
    exit.mockRestore();
    // What would have happened at an exit must not happen at that of the specs.
    for (const listener of process.listeners("exit")) if (!before.includes(listener)) process.off("exit", listener);
  });
  return { stop, told, exit };
};

/** An error that a spec does not look for. */
const unexpected = (error: unknown) => expect.fail(String(error));

/** As Node tells of a signal. */
const receive = (signal: NodeJS.Signals) => process.emit(signal, signal);

describe("signals", () => {
  it("Ctrl-C drains, lets go, and ends the program", () => {
    const { stop, told, exit } = rig();
    expect(stop.draining()).toBe(false);
    receive("SIGINT");
    expect(stop.draining()).toBe(true);
    expect(told).toEqual(["drain: Ctrl-C"]);
    receive("SIGINT");
    expect(told).toEqual(["drain: Ctrl-C", "now: Ctrl-C, twice"]);
    expect(exit).not.toHaveBeenCalled();
    receive("SIGINT");
    expect(exit).toHaveBeenCalledWith(130);
    expect(stop.caught()).toBe("SIGINT");
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("%s lets go at once, and once", (signal) => {
    const { stop, told, exit } = rig();
    receive(signal);
    receive(signal);
    expect(told).toEqual([`now: ${signal}`]);
    expect(stop.draining()).toBe(true);
    expect(stop.caught()).toBe(signal);
    expect(exit).not.toHaveBeenCalled();
  });

  it("SIGTERM lets go of what Ctrl-C only drains", () => {
    const { stop, told } = rig();
    receive("SIGINT");
    receive("SIGTERM");
    expect(told).toEqual(["drain: Ctrl-C", "now: SIGTERM"]);
    expect(stop.caught()).toBe("SIGINT");
  });

  it("are told to who listens late", () => {
    const { stop } = rig();
    receive("SIGINT");
    const late: string[] = [];
    stop.drain$.subscribe({ next: (because) => late.push(because), error: unexpected });
    expect(late).toEqual(["Ctrl-C"]);
  });

  it("letting go ends even what nobody watches", async () => {
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

  it("are Node's again once it is closed", () => {
    const before = process.listenerCount("SIGTERM");
    const stop = stopOnSignals();
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    stop.close();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
