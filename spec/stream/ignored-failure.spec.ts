/** The failure of an `execute` that is ignored: what follows goes on, in this start and in later ones. */
import { of, takeWhile } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../lib/events/event.js";
import type { Failure } from "../../lib/events/failure.js";
import { emptyHistory } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { resume } from "../../lib/history/resume.js";
import type { Task } from "../../lib/plan/plan.js";
import { reduce } from "../../lib/state/reduce.js";
import { initial } from "../../lib/state/state.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  commandFailed,
  contextOf,
  doing,
  execute,
  failing$,
  neverEnding$,
  only,
  planOf,
  play,
  settingsOf,
  type World,
} from "../support/virtual.js";

const ignoring: Task = { name: "execute", args: { cmd: "false", ignore_failure: true } };
const plan = (task: Task) =>
  planOf([batchOf({ runs: 1, pre_batch: [task], pre_run: [task], post_run: [task], post_batch: [task] })], {
    pre_process: [task],
    post_process: [task],
  });

const played = (task: Task, world: World) => play(() => ensemble$(contextOf(plan(task), world)));

/** The ends of the tasks: `ok`, `ignored`, or `failed`. */
const endsOf = (events: readonly Fact[]) =>
  only(events, "task.finished").map(({ task, ok, ignored }) => `${task} ${ok ? "ok" : ignored ? "ignored" : "failed"}`);

const LISTS = ["pre_process", "pre_batch", "pre_run", "post_run", "post_batch", "post_process"];

describe("an `execute` whose failure is ignored", () => {
  it("what follows a failed command goes on in every list of tasks, and the ensemble succeeds", () => {
    const events = played(ignoring, { perform$: () => failing$(commandFailed) });
    expect(endsOf(events)).toEqual(LISTS.map((list) => `${list}[0] ignored`));
    expect(only(events, "task.finished")[0]).toMatchObject({ ok: false, ignored: true, failure: commandFailed });
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 1, failed: 0, ignored: 6 });
  });

  it("a command that takes longer than the timeout of its task is ignored, too", () => {
    const events = played({ ...ignoring, timeout: 1 }, { perform$: () => neverEnding$(() => undefined) });
    expect(endsOf(events)).toEqual(LISTS.map((list) => `${list}[0] ignored`));
  });

  it.each<Failure>([
    { reason: "not_started", command: "false", message: "there is no such directory" },
    { reason: "interrupted", command: "false" },
    { reason: "refused", path: "/", message: "no" },
  ])("a failure other than that of the command itself counts: $reason", (failure) => {
    const events = played(ignoring, { perform$: doing({ "pre_run[0]": () => failing$(failure) }) });
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure }]);
    expect(events.at(-1)).toMatchObject({ ok: false, failed: 1 });
    expect(events.at(-1)).not.toHaveProperty("ignored");
  });

  it("a failed `move` still prevents the `remove` after it", () => {
    const tasks: readonly Task[] = [
      ignoring,
      { name: "move", args: { dest: "/archive" } },
      { name: "remove", args: {} },
    ];
    const moved = planOf([batchOf({ runs: 1, post_run: tasks })]);
    const events = play(() => ensemble$(contextOf(moved, { perform$: () => failing$(commandFailed) })));
    expect(endsOf(events)).toEqual(["post_run[0] ignored", "post_run[1] failed"]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { task: "post_run[1]" } }]);
  });

  it("a failed `execute` that is not ignored fails its run", () => {
    const events = played(execute, { perform$: doing({ "post_run[0]": () => failing$(commandFailed) }) });
    expect(only(events, "run.finished")).toMatchObject([{ ok: false }]);
  });
});

describe("an ignored failure in later starts", () => {
  const starts = () => {
    const past = emptyHistory();
    return (task: Task, world: World, dies: (fact: Fact) => boolean = () => false, retry = false) => {
      const found = resume(plan(task), structuredClone(past), { settings: settingsOf(), retry });
      const context = contextOf(found.plan, world, { past: found.past });
      const events = play(() => ensemble$(context).pipe(takeWhile((fact) => !dies(fact), true)));
      const opened = { type: "stream.opened", schema: "model-ensembler.events/2.1", boot: "b" } as Fact;
      for (const fact of [opened, ...events]) reduceHistory(past, fact);
      return events;
    };
  };
  const failing: World = { perform$: () => failing$(commandFailed) };
  const endOf = (name: string) => (fact: Fact) => fact.type === "task.finished" && fact.task === name;

  it.each(LISTS)("the next start does not repeat an ignored command of %s, and counts its failure once", (list) => {
    const start = starts();
    start(ignoring, failing, endOf(`${list}[0]`));
    const events = start(ignoring, failing);
    expect(endsOf(events)).toEqual(LISTS.slice(LISTS.indexOf(list) + 1).map((later) => `${later}[0] ignored`));
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 1, ignored: 6 });
    const state = events.reduce(reduce, initial());
    expect(state.ignored).toBe(6);
  });

  it("--retry-failed does not retry a run whose failures were all ignored", () => {
    const start = starts();
    start(ignoring, failing);
    const events = start(ignoring, failing, undefined, true);
    expect(only(events, "run.started")).toEqual([]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 1, ignored: 6 });
  });

  it("a command that failed while the program was dead is ignored by the next start", () => {
    const start = starts();
    start(ignoring, failing, (fact) => fact.type === "task.started" && fact.task === "pre_run[0]");
    const events = start(ignoring, { ...failing, reattach$: () => of({ status: 1, signal: null }) });
    expect(endsOf(events)[0]).toBe("pre_run[0] ignored");
    expect(events.at(-1)).toMatchObject({ ok: true });
  });

  it("a failure that a dying start did not yet give to its run is ignored if the next start ignores it", () => {
    const start = starts();
    start(
      { name: "execute", args: { cmd: "false" } },
      { perform$: doing({ "pre_run[0]": () => failing$(commandFailed) }) },
      endOf("pre_run[0]"),
    );
    const events = start(ignoring, {});
    expect(endsOf(events)[0]).toBe("pre_run[0] ignored");
    expect(events.at(-1)).toMatchObject({ ok: true, ignored: 1 });
  });
});
