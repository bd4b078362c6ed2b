/** The guard on schedulers unlike Slurm, whose job variables, signals and exit statuses differ. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { Dialect, Directives, JobVariables } from "../../../lib/scheduler/dialect.js";
import { STARTED_BEFORE } from "../../../lib/scheduler/guard/guard.js";
import { tracesIn } from "../../../lib/scheduler/guard/traces.js";
import { openJobDirectories } from "../../../lib/scheduler/jobs/directory.js";
import { openClaims } from "../../../lib/system/processes/claims.js";
import { directoryWith } from "../../support/program.js";
import { guardedJob } from "./guarded-job.js";

/** A scheduler with variables of its own, and without clusters. */
const dialectWith = (variables: Partial<JobVariables>, directives: Partial<Directives> = {}): Dialect => ({
  ...SLURM,
  directives: (script) => ({ ...SLURM.directives(script), ...directives }),
  jobVariables: {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell's
    ...{ id: "${JOB_ID-}", cluster: "", restarts: "${RESTARTED-0}", node: "${HOSTNAME-}", arrayTask: "TASK_ID" },
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a shell's
    ...{ startAgain: 'set -- "$0" "$@"', reservedStatuses: [], ...variables },
  },
});

const SHELLS = ["/bin/sh", "/bin/bash -eu"];

/** Whether the guard has to pass signals on decides whether the work is in its background. */
const FORWARDING: readonly (readonly [how: string, directives: Partial<Directives>])[] = [
  ["in its background", { signals: [{ name: "USR2", forward: true, ending: false }] }],
  ["in its foreground", { signals: [] }],
];

describe.each(SHELLS)("reserved exit statuses in %s", (shell) => {
  describe.each(FORWARDING)("of a guard with its work %s", (_, directives) => {
    const dialect = dialectWith({ reservedStatuses: [99, 100] }, directives);

    it.each([99, 100])(
      "a job that ends with the reserved status %i ends with 1, and its marker says the truth",
      (status) => {
        const { start, directory } = guardedJob(shell, `exit ${status}\n`, { dialect });
        expect(start("7").status).toBe(1);
        expect(tracesIn(directory)).toMatchObject({ claim: "7", ended: status });
      },
    );

    it("a second start of a job that ended with a reserved status ends with 1 and does no work", () => {
      const { start, directory } = guardedJob(shell, "echo work\nexit 99\n", { dialect });
      expect(start("7").stdout).toBe("work\n");
      expect(start("7")).toMatchObject({ status: 1, stdout: "" });
      expect(tracesIn(directory)).toMatchObject({ ended: 99, refused: true });
    });

    it.each([0, 3, 98, 101])("a job that ends with the status %i, which is not reserved, ends with it", (status) => {
      const { start, directory } = guardedJob(shell, `exit ${status}\n`, { dialect });
      expect(start("7").status).toBe(status);
      expect(tracesIn(directory).ended).toBe(status);
      expect(start("7").status).toBe(status);
    });
  });
});

describe.each(SHELLS)("the second start of a script by the guard in %s", (shell) => {
  it("a dialect's command starts a script again that is not executable", () => {
    const dialect = dialectWith({ startAgain: 'set -- /bin/sh "$0" "$@"' });
    const { start, directory } = guardedJob(shell, 'echo "work $#"\nexit 3\n', { dialect, mode: 0o644 });
    expect(start("7", {}, { command: ["/bin/sh"] })).toMatchObject({ status: 3, stdout: "work 0\n" });
    expect(tracesIn(directory)).toMatchObject({ ended: 3 });
  });

  it("a dialect's command starts the script of a variable, where $0 does not name it", () => {
    const dialect = dialectWith({ startAgain: 'set -- "$JOB_SCRIPT" "$@"' });
    const { start, file } = guardedJob(shell, "echo work\n", { dialect });
    const command = ["/bin/sh", "-c", '. "$1"', "no-such-script"];
    expect(start("7", { JOB_SCRIPT: file }, { command })).toMatchObject({ status: 0, stdout: "work\n" });
  });
});

describe.each(SHELLS)("signals that reach the batch shell in %s", (shell) => {
  const job = (signal: string, directives: Partial<Directives>) =>
    guardedJob(shell, `trap 'echo trapped; exit 4' ${signal}\nkill -${signal} $PPID\nsleep 1 &\nwait\necho over\n`, {
      dialect: dialectWith({}, directives),
    });

  it.each([
    [true, true, 4, "trapped\n", true],
    [true, false, 4, "trapped\n", false],
    [false, true, 0, "over\n", true],
    [false, false, 0, "over\n", false],
  ])(
    "a signal with forward: %s and ending: %s has the work end with %i, and is noted if it ends jobs",
    (forward, ending, status, stdout, signalled) => {
      const { start, directory } = job("USR1", { signals: [{ name: "USR1", forward, ending }] });
      expect(start("7")).toMatchObject({ status, stdout });
      expect(tracesIn(directory)).toMatchObject({ ended: status, signalled });
    },
  );

  it("a signal that is not forwarded is noted while another one would be", () => {
    const { start, directory } = job("USR1", {
      signals: [
        { name: "USR2", forward: true, ending: false },
        { name: "USR1", forward: false, ending: true },
      ],
    });
    expect(start("7")).toMatchObject({ status: 0, stdout: "over\n" });
    expect(tracesIn(directory)).toMatchObject({ ended: 0, signalled: true });
  });

  it("the guard notes the status of work that ends by a signal to the whole process group", () => {
    const signals = [{ name: "USR1", forward: false, ending: true }];
    const dialect = dialectWith({}, { signals });
    // A shell that waits for work in its background loses the status now and then.
    for (let start = 0; start < 20; start += 1) {
      const one = guardedJob(shell, "trap 'exit 4' USR1\nkill -USR1 0\nsleep 1\necho over\n", { dialect });
      expect(one.start("7", {}, { command: ["setsid", "--wait"] })).toMatchObject({ status: 4, stdout: "" });
      expect(tracesIn(one.directory)).toMatchObject({ ended: 4, signalled: true });
    }
  });

  it("a signal that the dialect does not list ends the guard, which then notes no end", () => {
    const { start, directory } = job("USR1", { signals: [] });
    expect(start("7").status).toBeNull();
    expect(tracesIn(directory)).toMatchObject({ claim: "7" });
    expect(tracesIn(directory).ended).toBeUndefined();
  });
});

// dash has no job control without a terminal, so that its scripts cannot.
it("a bash script can trap SIGINT if the directives ask for keyboard signals", () => {
  const body = "trap 'echo trapped; exit 4' INT\nkill -INT $PPID\nsleep 1 &\nwait\necho over\n";
  const jobWith = (trapsKeyboardSignals: boolean) => {
    const directives = { signals: [{ name: "INT", forward: true, ending: false }], trapsKeyboardSignals };
    return guardedJob("/bin/bash", body, { dialect: dialectWith({}, directives) });
  };
  expect(jobWith(true).start("7")).toMatchObject({ status: 4, stdout: "trapped\n" });
  // A shell has the commands in its background ignore SIGINT, and they cannot trap it.
  expect(jobWith(false).start("7")).toMatchObject({ status: 0, stdout: "over\n" });
});

describe.each(SHELLS)("the job variables in %s", (shell) => {
  const dialect = dialectWith({});

  it.each([
    ["is not set", {}, "claim"],
    ["is empty", { TASK_ID: "" }, "claim"],
    ["says `undefined`", { TASK_ID: "undefined" }, "claim"],
    ["says `1-4:1`", { TASK_ID: "1-4:1" }, "claim"],
    ["is a number", { TASK_ID: "12" }, "claim.12"],
  ])("a job whose array variable %s has its own claim", (_, variables, claim) => {
    const { start, directory } = guardedJob(shell, "exit 3\n", { dialect });
    expect(start("7", variables).status).toBe(3);
    const names = readdirSync(directory).filter((name) => !name.includes("new"));
    expect(names.sort()).toEqual([claim, claim.replace("claim", "ended")]);
    expect(tracesIn(directory)).toMatchObject({ claim: "7", ended: 3 });
    rmSync(join(directory, claim.replace("claim", "ended")));
    expect(start("7", variables).status).toBe(STARTED_BEFORE);
  });

  it("the claim names the job, without a cluster where the scheduler has none, its restarts and its node", () => {
    const { start, directory } = guardedJob(shell, "exit 0\n", { dialect });
    start("7", { HOSTNAME: "n3", RESTARTED: "2" });
    expect(readFileSync(join(directory, "ended"), "utf8")).toMatch(/^ended 0 7 {2}2 n3 \d+\n$/);
  });
});

it("a script that is not guardable is submitted as it is, and its job counts as unguarded", () => {
  const directory = directoryWith({ "job.sh": "#!/bin/sh\nexit 0\n" });
  const claims = openClaims(join(directory, "claims"));
  const request = { name: "tst-0", script: "job.sh", directory, watched: true, token: "t", guard: true };
  const directories = openJobDirectories(dialectWith({}, { guardable: false }), claims, directory);
  expect(directories.prepare(request).script).toBe(join(directory, "job.sh"));
  expect(directories.guards(request)).toBe(false);
  // The same script with a guard.
  const guarding = openJobDirectories(dialectWith({}), claims, directory);
  const { script } = guarding.prepare(request);
  expect([script, guarding.guards(request)]).toEqual([join(guarding.directory("t"), "script/job.sh"), true]);
  expect(existsSync(script)).toBe(true);
});
