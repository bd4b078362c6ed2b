/** What the program reads in qstat's XML. A job that it does not find there has ended, so it must find every one. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { qstatWords } from "../../../lib/backends/gridengine/commands.js";
import { rowsOfQstat } from "../../../lib/backends/gridengine/queue-output.js";
import type { QueueRow } from "../../../lib/scheduler/answers.js";
import { damaged } from "../slurm/damage.js";
import { recorded } from "./recorded.js";

const [LIST, DETAILS] = [recorded("qstat"), recorded("qstat-details")];
const ROWS = rowsOfQstat([LIST, DETAILS]) ?? [];
const named = (name: string): readonly QueueRow[] => ROWS.filter((row) => row.name === name);
const USER = { uid: 1000, user: "tester", cluster: undefined };

it("a poll asks for the list, and then for the details of all its jobs at once", () => {
  expect(qstatWords(USER, [])).toEqual(["-xml", "-u", "tester", "-s", "prs"]);
  const [xml, j, ids = ""] = qstatWords(USER, [LIST]) ?? [];
  expect([xml, j, ids.split(",").length]).toEqual(["-xml", "-j", 20]);
  expect(qstatWords(USER, [LIST, DETAILS])).toBeUndefined();
  expect(qstatWords(USER, [recorded("qstat-empty")])).toBeUndefined();
  expect(qstatWords(USER, [LIST.slice(0, -2)])).toBeUndefined();
});

it("more than ten thousand jobs take a further query", () => {
  const entry = (id: number) =>
    [
      'job_list state="pending"',
      `JB_job_number>${id}</JB_job_number`,
      "JB_name>a</JB_name",
      "state>qw</state",
      "/job_list",
    ]
      .map((line) => `<${line}>\n`)
      .join("");
  const many = Array.from({ length: 12_000 }, (_, index) => entry(index + 1)).join("");
  const list = `<job_info>\n<queue_info>\n</queue_info>\n<job_info>\n${many}</job_info>\n</job_info>\n`;
  const counts = [[list], [list, ""], [list, "", ""]].map(
    (answers) => qstatWords(USER, answers)?.[2]?.split(",").length,
  );
  expect(counts).toEqual([10_000, 2000, undefined]);
});

it("a row has the state of the list, and mark and time of submission of the details", () => {
  expect(named("running")).toEqual([
    {
      ...{ base: "60030", part: false, state: "r", meaning: { is: "live", state: "running" }, reason: "" },
      ...{ submitted: "1795903129", name: "running", mark: "r01k.job" },
    },
  ]);
  expect(named("array").map(({ part, state, mark }) => [part, state, mark])).toEqual([
    [true, "r", "r06k.job"],
    [true, "r", "r06k.job"],
    [true, "qw", "r06k.job"],
  ]);
  expect(named('a<b>&"c').map(({ mark }) => mark)).toEqual(["r11k.job"]);
});

it("a job without a mark of this program is another's", () => {
  expect([...named("no-mark"), ...named("empty-mark")].map(({ mark }) => mark)).toEqual(["-", "-"]);
});

it("a job that came or went between the two answers has neither mark nor time", () => {
  for (const row of rowsOfQstat([LIST, recorded("qstat-unknown")]) ?? [])
    expect([row.mark, row.submitted]).toEqual([undefined, ""]);
});

it("an error is told in Grid Engine's words, a hold with what to do, and a dependency is neither", () => {
  const [error] = named("error-output");
  expect(error).toMatchObject({
    state: "Eqw",
    reason: `can't open output file "/nosuch/x": No such file or directory`,
  });
  expect(error?.obstacle).toMatchObject({ is: "blocked", advice: expect.stringContaining("qmod -cj") as string });
  expect(named("held")[0]?.obstacle).toMatchObject({ is: "held", advice: expect.stringContaining("qrls") as string });
  expect([...named("waiting"), ...named("later"), ...named("never")].map(({ obstacle }) => obstacle)).toEqual([
    ...[undefined, undefined, undefined],
  ]);
});

it.each([
  ["qw", "pending"],
  ["hqw", "pending"],
  ["Rq", "pending"],
  ["hRwq", "pending"],
  ["Eqw", "pending"],
  ["t", "pending"],
  ["Rt", "pending"],
  ["ts", "pending"],
  ["r", "running"],
  ["hr", "running"],
  ["Rr", "running"],
  ["s", "running"],
  ["S", "running"],
  ["T", "running"],
  ["RS", "running"],
])("a job in the state %s is %s", (letters, state) => {
  const list = LIST.replace(/<state>r<\/state>/, `<state>${letters}</state>`);
  const own =
    state === "running" || /t/.test(letters)
      ? list
      : list.replace('<job_list state="running">', '<job_list state="pending">');
  expect(rowsOfQstat([own, DETAILS])?.[0]).toMatchObject({ state: letters, meaning: { is: "live", state } });
});

it("a deleted job is being cancelled, and an unknown letter means nothing", () => {
  expect(named("deleted")[0]?.meaning).toEqual({ is: "live", state: "running", completing: true, cancelling: true });
  expect(rowsOfQstat([LIST.replace("<state>r<", "<state>X<"), DETAILS])?.[0]?.meaning).toEqual({ is: "unknown" });
});

it("an answer is whole or none", () => {
  expect(rowsOfQstat([recorded("qstat-empty")])).toEqual([]);
  for (const list of ["", "\n", LIST.slice(0, -1), LIST.slice(60), LIST.replace("</JB_name>\n", "</JB_name>")])
    expect(rowsOfQstat([list])).toBeUndefined();
  expect(rowsOfQstat([LIST, DETAILS.slice(0, -1)])).toBeUndefined();
  expect(rowsOfQstat([LIST, ""])).toBeUndefined();
});

it("queues and further lines may stand around the jobs", () => {
  const queue = "    <Queue-List>\n      <name>short</name>\n      <slots_used>3</slots_used>\n    </Queue-List>\n";
  const list = LIST.replace("<queue_info>\n", `<queue_info>\n${queue}`).replaceAll(
    "      <slots>",
    '      <hard_request name="h_rt" resource_contribution="0.0">60</hard_request>\n      <slots>',
  );
  expect(rowsOfQstat([list, DETAILS])).toEqual(ROWS);
  expect(rowsOfQstat([`Welcome to the site\n${LIST}`, DETAILS])).toEqual(ROWS);
});

it("no damage to the list hides a job whose id still stands there", () => {
  const bases = new Set(ROWS.map(({ base }) => base));
  fc.assert(
    fc.property(damaged(LIST), (list) => {
      const rows = rowsOfQstat([list]);
      if (rows === undefined) return;
      const shown = new Set(rows.map(({ base }) => base));
      expect([...bases].filter((base) => !shown.has(base) && list.includes(`>${base}<`))).toEqual([]);
      // Another state may be wrong, but it is no end.
      expect(rows.every(({ meaning }) => meaning.is !== "ended")).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

it("no damage to the details gives a job the mark of another job whose id still stands there", () => {
  const marks = new Map(ROWS.map(({ base, mark }) => [base, mark]));
  const owners = new Map(ROWS.map(({ base, mark }) => [mark, base]));
  fc.assert(
    fc.property(damaged(DETAILS), (details) => {
      const wrong = (rowsOfQstat([LIST, details]) ?? []).filter(({ base, mark = "-" }) => {
        const owner = owners.get(mark);
        return (
          mark !== "-" &&
          owner !== undefined &&
          marks.get(base) !== mark &&
          details.includes(`<JB_job_number>${owner}<`)
        );
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
