/** What the program concludes from a qsub. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { qsubAnswer } from "../../../lib/backends/gridengine/submit-output.js";
import type { SubmitAnswer } from "../../../lib/scheduler/answers.js";
import { recordings } from "./recorded.js";

/** qsub prints ids, sentences about ids, and warnings to standard output. */
const isOutput = (line: string): boolean => /^(\d|Your job|warning|verification)/.test(line);

const ANSWERS = new Map(
  recordings("qsub").map(({ name, text, status }) => {
    const lines = text.split(/(?<=\n)/);
    const [stdout, stderr] = [lines.filter(isOutput), lines.filter((line) => !isOutput(line))];
    return [name, qsubAnswer({ status, signal: null, stdout: stdout.join(""), stderr: stderr.join("") })];
  }),
);

const namesOf = (is: SubmitAnswer["is"]) => [...ANSWERS].filter(([, answer]) => answer.is === is).map(([name]) => name);

it("every recorded qsub has its answer", () => {
  expect(ANSWERS.size).toBe(49);
  expect(namesOf("accepted")).toEqual([
    ...["one", "array", "array-step", "array-one", "sentence", "sentence-array", "sync", "warning"],
  ]);
  expect(namesOf("busy")).toEqual(["user-limit", "user-limit-array", "limit"]);
  expect(namesOf("away")).toEqual(["root", "no-root", "cell"]);
  expect(namesOf("unclear")).toEqual([
    // No job id, and no error; and an answer that qsub itself could not read.
    ...["verify", "name-space"],
    // The same words before and after qmaster has taken the job.
    ...["port", "resolve", "frozen", "dies", "dies-read", "dies-pipe", "dies-reset"],
  ]);
});

it("a qsub that lost its connection may have submitted the job, and one without an answer may not", () => {
  const unclear = [...ANSWERS].flatMap(([name, answer]) => (answer.is === "unclear" ? [[name, answer.ended]] : []));
  expect(Object.fromEntries(unclear)).toEqual({
    ...{ verify: true, "name-space": true },
    ...{ port: false, resolve: false, frozen: false, dies: false },
    ...{ "dies-read": false, "dies-pipe": false, "dies-reset": false },
  });
});

it("an id is that of the whole array, and stands on the last line", () => {
  expect(ANSWERS.get("array-step")).toEqual({ is: "accepted", job: "60003" });
  expect(ANSWERS.get("warning")).toEqual({ is: "accepted", job: "50008" });
});

it("the program repeats qsub's words in one line", () => {
  const messages = [...ANSWERS.values()].map((answer) => (answer.is === "accepted" ? "" : answer.message));
  expect(messages).toContain('Job was rejected because job requests unknown queue "nosuch"');
  expect(messages).toContain(
    "Unable to read script file because of error: error opening nofile.sh: No such file or directory",
  );
  for (const message of messages) expect(message).not.toMatch(/\n|Exiting|Unable to run job/);
});

it("a qsub without an id has submitted nothing for certain only if it says so in known words", () => {
  const ends = fc.record({
    status: fc.option(fc.integer({ min: 0, max: 255 }).filter((status) => status !== 25)),
    signal: fc.option(fc.constant("SIGKILL")),
    stdout: fc.constantFrom("", "12", "1234\u0000\n", "Your job 12", "12.1-\n"),
    stderr: fc.string(),
  });
  fc.assert(fc.property(ends, (output) => qsubAnswer(output).is === "unclear"));
});
