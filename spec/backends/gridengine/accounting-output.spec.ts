/** What the program reads in qacct's records. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { recordsOf } from "../../../lib/backends/gridengine/accounting-output.js";
import type { AccountRow } from "../../../lib/scheduler/answers.js";
import { damaged } from "../slurm/damage.js";
import { recorded, recordings } from "./recorded.js";

const rowsOf = (stdout: string): readonly AccountRow[] => {
  const rows = recordsOf({ status: 0, stdout, stderr: "" });
  return rows === "silent" ? [] : rows;
};

/** The records of a file, each as qacct prints it alone, with its job's name. */
const alone = (file: string): readonly (readonly [name: string, text: string])[] =>
  recorded(file)
    .replace(/^OWNER[\s\S]*/m, "")
    .replaceAll(/^=== .*\n/gm, "")
    .split(/^=+\n/m)
    .slice(1)
    .map((record) => [/^jobname +(.*?) *$/m.exec(record)?.[1] ?? "", `${"=".repeat(62)}\n${record}`]);

const RECORDS = [...alone("qacct"), ...alone("qacct-one")];

it.each([
  ["done", "succeeded", undefined],
  ["fails", "failed", { status: 7, signal: null }],
  ["fails137", "failed", { status: null, signal: "SIGKILL" }],
  ["killed", "failed", { status: null, signal: "SIGKILL" }],
  ["segv", "failed", { status: null, signal: "SIGSEGV" }],
  ["deleted", "failed", { status: null, signal: "SIGKILL" }],
  ["soft", "failed", { status: null, signal: "SIGUSR1" }],
  ["application", "failed", { status: 100, signal: null }],
  ["too-long", "timeout", undefined],
  ["too-long-trapped", "timeout", undefined],
  ["noshell", "failed", "not_started"],
  ["noout", "failed", "not_started"],
  ["nodir", "failed", "not_started"],
  ["host", "node_failure", undefined],
])("the record of the job %s tells that it %s", (name, cause, ending) => {
  const [, text = ""] = RECORDS.find(([called]) => called === name) ?? [];
  const [row] = rowsOf(text);
  expect(row).toMatchObject({
    meaning: { is: "ended", cause },
    submitted: expect.stringMatching(/^\d{10}$/) as string,
  });
  expect(row?.ending).toEqual(ending);
});

it("a job that was put back into the queue has not ended", () => {
  const again = RECORDS.filter(([name]) => name === "again").flatMap(([, text]) => rowsOf(text));
  expect(again.map(({ meaning }) => meaning)).toEqual(again.map(() => ({ is: "live", state: "pending" })));
  expect(new Set(again.map(({ submitted }) => submitted)).size).toBeGreaterThan(1);
});

it("every task of an array has a record under the array's id", () => {
  const rows = rowsOf(recorded("qacct")).filter(({ words }) => words.endsWith("exit_status 2"));
  expect(rows.map(({ base }) => base)).toEqual(["80011", "80011", "80011"]);
});

it("a job without a record is told from accounts that cannot be read", () => {
  const answers = recordings("qacct-none").map(({ name, text, status }) => [
    name,
    recordsOf({ status, stdout: "", stderr: text }),
  ]);
  expect(Object.fromEntries(answers)).toEqual({ unknown: [], jobless: "silent", nofile: "silent", root: "silent" });
  expect(recordsOf({ status: null, stdout: "", stderr: "", problem: "ENOENT" })).toBe("silent");
});

it("a record that is not whole says nothing", () => {
  const [, text = ""] = RECORDS.find(([name]) => name === "fails") ?? [];
  expect(rowsOf(text)).toHaveLength(1);
  for (const line of ["qname", "owner", "jobnumber", "qsub_time", "start_time", "failed", "exit_status", "category"])
    expect(rowsOf(text.replace(new RegExp(`^${line} .*\n`, "m"), ""))).toEqual([]);
  expect(rowsOf(text.slice(0, -1))).toEqual([]);
  expect(rowsOf(text.replace(/^exit_status.*$/m, "exit_status  13                   (Killed)"))).toEqual([]);
  expect(rowsOf(text.replace(/^failed.*$/m, "failed       0 : assumedly after job"))).toEqual([]);
});

it("no damage to a record makes another end of it, but for a digit of a number", () => {
  const withoutDigits = (words: string) => words.replaceAll(/\d+/g, "#");
  for (const [, text] of RECORDS) {
    const truth = rowsOf(text);
    fc.assert(
      fc.property(damaged(text), (other) => {
        const wrong = rowsOf(other).filter(
          ({ base, submitted, words }) =>
            truth.some((row) => row.base === base && row.submitted === submitted) &&
            !truth.some((row) => withoutDigits(row.words) === withoutDigits(words)),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
  }
});
