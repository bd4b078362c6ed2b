/** Classifying what sbatch prints: recorded, and as the source of Slurm 22.05 to 26.05 has it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "../../../lib/backends/slurm/submit-output.js";
import type { SubmitAnswer } from "../../../lib/scheduler/answers.js";
import { recorded } from "./damage.js";

const answerTo = (stderr: string, stdout = "", status: number | null = 1, signal: string | null = null): SubmitAnswer =>
  classify({ stderr, stdout, status, signal });

/** The answer of an sbatch that fails with this text, after others. */
const failed = (answer: string, ...before: readonly string[]): SubmitAnswer =>
  answerTo([...before, `Batch job submission failed: ${answer}`].map((line) => `sbatch: error: ${line}\n`).join(""));

/** By name: what was printed (a line of digits to stdout, all else to stderr) and the exit status. */
const RECORDED = new Map(
  [...recorded("sbatch").matchAll(/^=== (.*)\n([\s\S]*?)^--- (\d+)\n/gm)].map(([, name = "", text = "", status]) => {
    const lines = text.split(/(?<=\n)/);
    const isOut = (line: string) => /^\d+(;\w+)?\n$/.test(line);
    return [
      name,
      answerTo(
        lines.filter((line) => !isOut(line)).join(""),
        lines.filter((line) => isOut(line)).join(""),
        Number(status),
      ),
    ];
  }),
);

const recordedAs = (is: SubmitAnswer["is"]) =>
  [...RECORDED].filter(([, found]) => found.is === is).map(([name]) => name);

describe("the classification of sbatch's output", () => {
  it("every recorded sbatch is classified as Slurm meant it", () => {
    expect(RECORDED.size).toBe(66);
    expect(recordedAs("accepted")).toEqual([
      ...["option-argument", "dependency", "cpus", "wckey", "cluster-own", "bb", "input"],
    ]);
    expect(recordedAs("busy")).toEqual(["limit-array", "limit"]);
    expect(recordedAs("away")).toEqual(["conf", "connect", "resolve", "munge", "munge-up"]);
    expect(recordedAs("unclear")).toEqual([
      // It prints neither an id nor an error.
      "test-only",
      // The controller takes the request and then hangs, goes away, or sends an answer that cannot be read.
      ...["hang", "close", "read-close", "garbage", "insane", "cut"].map((how) => `server-${how}`),
    ]);
  });

  it("the message of an sbatch that fails is one line, without its prefixes", () => {
    const messages = [...RECORDED].map(([name, found]) => [name, found.is === "accepted" ? "" : found.message]);
    const message = Object.fromEntries(messages) as Record<string, string>;
    expect(message["partition"]).toBe("invalid partition specified: nosuch; Invalid partition name specified");
    expect(message["nofile"]).toBe("Unable to open file nofile.sh");
    expect(message["option"]).toBe("unrecognized option '--bogus'");
    expect(message["mem"]).toBe(
      "Memory specification can not be satisfied; Requested node configuration is not available",
    );
    expect(message["noshebang"]).toBe(
      "This does not look like a batch script.  The first line must start with #! followed by the path to an interpreter.; For instance: #!/bin/sh",
    );
    expect(message["limit"]).toBe(
      "QOSMaxSubmitJobPerUserLimit; Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    );
    expect(message["mem-both"]).toBe("--mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.");
    for (const [, text] of messages) expect(text).not.toMatch(/\n|sbatch: |Batch job submission failed/);
  });

  describe("accepted", () => {
    it.each([
      ["12\n", "12"],
      ["12;slurmtest\n", "12;slurmtest"],
      ["12;my-cluster.x\r\n", "12;my-cluster.x"],
      ["Submitted batch job 12\n", "12"],
      ["Submitted batch job 12 on cluster slurmtest\n", "12;slurmtest"],
      ["Welcome!\n\n12\n", "12"],
      ["12\nYour project has 1200 hours left\n", "12"],
      ["3\n12\n=====\n", "12"],
    ])("an sbatch that prints %j has submitted job %s", (stdout, job) => {
      expect(answerTo("", stdout, 0)).toEqual({ is: "accepted", job });
    });

    it("an id counts whatever sbatch complains of, and however it ended", () => {
      const noise = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n";
      expect(answerTo(noise, "12\n", 0)).toEqual({ is: "accepted", job: "12" });
      expect(answerTo("sbatch: error: Socket timed out on send/recv operation\n", "12\n", 1)).toMatchObject({
        job: "12",
      });
      expect(answerTo("", "12\n", null, "SIGKILL")).toMatchObject({ job: "12" });
    });

    it.each([
      "0\n",
      "job 12\n",
      "12 13\n",
      "-12\n",
      "12;\n",
      "12",
      "12.5\n",
      "Submitted batch job\n",
      "12345678901\n",
      "1,200\n",
    ])("an sbatch that prints %j has printed no job id", (stdout) => {
      expect(answerTo("", stdout, 0).is).toBe("unclear");
    });
  });

  // From here on, texts that cannot be provoked, as the source of Slurm 22.05 to 26.05 has them (sbatch.c, slurm_errno.c).
  describe("busy", () => {
    it.each([
      ["AssocMaxSubmitJobLimit"],
      ["QOSMaxSubmitJobPerUserLimit"],
      ["MaxSubmitJobsPerAccount"],
      ["AssocGrpSubmitJobsLimit"],
      ["QOSGrpSubmitJobsLimit"],
    ])("Slurm is busy while the limit %s holds", (limit) => {
      const policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
      expect(failed(policy, limit).is).toBe("busy");
    });

    it("a job that asks for more than a policy allows is refused", () => {
      const policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
      expect(failed(policy, "QOSMaxWallDurationPerJobLimit").is).toBe("refused");
      expect(failed(policy).is).toBe("refused");
    });

    it("Slurm is busy while there are too many jobs or requests", () => {
      const retrying = "Slurm temporarily unable to accept job, sleeping and retrying";
      expect(failed("Resource temporarily unavailable", retrying)).toEqual({
        is: "busy",
        message: `${retrying}; Resource temporarily unavailable`,
      });
      expect(failed("MaxJobCount limit reached", "Slurm job queue full, sleeping and retrying").is).toBe("busy");
      expect(failed("Unable to create job record, try again").is).toBe("busy");
      expect(failed("Rate limit exceeded, please retry later").is).toBe("busy");
    });

    it("Slurm is busy during maintenance", () => {
      expect(failed("System submissions disabled").is).toBe("busy");
      expect(failed("Required partition not available (inactive or drain)").is).toBe("busy");
    });
  });

  describe("away", () => {
    it.each([
      "Unable to contact slurm controller (connect failure)",
      "Protocol authentication error",
      "Incompatible versions of client and server code",
      "Connection timed out establishing",
      "Controller is in standby mode, try a different controller",
      "Authentication credential expired",
    ])("Slurm is away when sbatch ends with: %s", (answer) => {
      expect(failed(answer).is).toBe("away");
    });

    it("Slurm is away when the database that knows another cluster's address cannot be reached", () => {
      const text =
        "There is a problem talking to the database: Connection refused.  Only local cluster communication is available, remove --cluster from your command line or contact your admin to resolve the problem.";
      expect(answerTo(`sbatch: error: ${text}\n`).is).toBe("away");
    });

    it("Slurm is away when sbatch finds no configuration", () => {
      expect(answerTo("sbatch: fatal: Could not establish a configuration source\n").is).toBe("away");
    });
  });

  describe("refused", () => {
    it.each([
      "Access/permission denied",
      "User's group not permitted to use this partition",
      "Requested time limit is invalid (missing or exceeds some limit)",
      "Node count specification invalid",
      "Time limit specification required, but not provided",
      "Job can not start due to maintenance reservation.",
      "Invalid Trackable RESource (TRES) specification",
      "RestrictedCoresPerGPU: No GPUs configured on node",
    ])("Slurm refuses the job when sbatch ends with: %s", (answer) => {
      expect(failed(answer).is).toBe("refused");
    });

    it("a job that a site's own rules refuse is refused in the site's words", () => {
      expect(failed("Unspecified error", "Please say which project pays, by --account")).toEqual({
        is: "refused",
        message: "Please say which project pays, by --account; Unspecified error",
      });
      expect(answerTo("sbatch: error: cli_filter plugin terminated with error\n").is).toBe("refused");
    });

    it("a site's own words that sound like a refusal are unclear", () => {
      expect(failed("Unknown error 9999", "Invalid --account specification").is).toBe("unclear");
      expect(answerTo("Jobs and cookies are mutually exclusive.\n").is).toBe("unclear");
    });
  });

  describe("unclear", () => {
    it.each([
      "Socket timed out on send/recv operation",
      "Zero Bytes were transmitted or received",
      "Unexpected message received",
      "Unable to contact slurm controller (send failure)",
      "Unable to contact slurm controller (receive failure)",
      "Unable to contact slurm controller (shutdown failure)",
      "Communication connection failure",
      "Message receive failure",
      "Header lengths are longer than data received",
      "Insane message length",
      "Connection timed out",
      "Connection timed out reading",
      "Connection reset by peer",
      "Transport endpoint is not connected",
    ])("the request may have arrived when sbatch ends with: %s", (answer) => {
      expect(failed(answer)).toEqual({ is: "unclear", message: answer, ended: false });
    });

    it.each(["Slurm internal error, contact system administrator", "No error", "Unknown error 9999", "Success"])(
      "the answer %s is unclear, though sbatch ended by itself",
      (answer) => {
        expect(failed(answer)).toEqual({ is: "unclear", message: answer, ended: true });
      },
    );

    it("an answer of Slurm that sbatch could not read is unclear, though sbatch reports a clear error", () => {
      const unread =
        "slurm_unpack_received_msg: [localhost:6817] auth_g_verify: RESPONSE_SUBMIT_BATCH_JOB has authentication error: Invalid authentication credential";
      expect(failed("Unspecified error", "Munge decode failed: Expired credential", unread).is).toBe("unclear");
      expect(failed("Protocol authentication error", "Munge decode failed: Expired credential").is).toBe("unclear");
      expect(
        failed(
          "Unspecified error",
          "slurm_unpack_received_msg: [localhost:6817] Header lengths are longer than data received",
        ).is,
      ).toBe("unclear");
    });

    it("an sbatch that a wrapper ran twice is unclear if one of the runs is", () => {
      const twice = (one: string, other: string) => failed(other, `Batch job submission failed: ${one}`).is;
      expect(twice("Invalid argument", "Access/permission denied")).toBe("unclear");
      expect(twice("Access/permission denied", "Invalid argument")).toBe("unclear");
      expect(twice("Unable to contact slurm controller (connect failure)", "Access/permission denied")).toBe("refused");
    });

    it("a lost connection makes any other text of sbatch unclear", () => {
      expect(failed("Access/permission denied", "Socket timed out on send/recv operation").is).toBe("unclear");
      expect(
        failed("Unable to contact slurm controller (connect failure)", "Zero Bytes were transmitted or received").is,
      ).toBe("unclear");
    });

    it("an sbatch that prints nothing known, or that a signal ended, is unclear", () => {
      expect(answerTo("")).toEqual({
        is: "unclear",
        message: "sbatch ended with exit status 1 and printed nothing",
        ended: true,
      });
      expect(answerTo("", "", 0)).toEqual({
        is: "unclear",
        message: "sbatch ended with exit status 0 and printed no job id",
        ended: true,
      });
      expect(answerTo("", "", null, "SIGKILL")).toEqual({
        is: "unclear",
        message: "SIGKILL ended sbatch",
        ended: false,
      });
      expect(answerTo("sbatch: error: Unable to open file x\n", "", null, "SIGTERM")).toEqual({
        is: "unclear",
        message: "Unable to open file x; SIGTERM ended sbatch",
        ended: false,
      });
      expect(
        answerTo("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n", "", 124).is,
      ).toBe("unclear");
      expect(answerTo("bash: sbatch: command not found\n", "", 127)).toEqual({
        is: "unclear",
        message: "bash: sbatch: command not found",
        ended: true,
      });
    });
  });

  it("a refusal of which a part is missing is unclear", () => {
    const refusals = [...recorded("sbatch").matchAll(/Batch job submission failed: .*/g)].map(([line]) => line);
    const cut = fc.tuple(fc.constantFrom(...refusals), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(cut, ([line, at]) => {
        const left = `sbatch: error: ${line}`.slice(0, Math.floor(at * (line.length + 15)));
        expect(answerTo(left).is).toBe("unclear");
      }),
      { numRuns: 2000 },
    );
  });

  it("the message is one short line, whatever sbatch prints", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 2000, unit: "binary" }),
        fc.string(),
        fc.integer({ min: 0, max: 255 }),
        (a, b, n) => {
          const found = answerTo(a, b, n);
          const text = found.is === "accepted" ? found.job : found.message;
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThan(600);
          expect(text).not.toContain("\n");
        },
      ),
    );
  });
});
