/** When a job in doubt is certainly absent. */
import { EMPTY, of } from "rxjs";
import { expect, it } from "vitest";
import type { Accounts } from "../../../lib/scheduler/poll/accounting.js";
import type { Snapshot } from "../../../lib/scheduler/poll/snapshot.js";
import { type AbsenceOptions, openAbsence, patience } from "../../../lib/scheduler/submit/absence.js";

const SITE = { message_timeout_s: 10, min_job_age_s: 300, accounting: true };
/** A queue that shows no ended jobs. */
const FORGETFUL = { ...SITE, min_job_age_s: 0 };

const snapshot = (at_s: number, silent: readonly (string | undefined)[] = []): Snapshot => ({
  ...{ at: at_s * 1000, silent: new Set(silent), jobs: new Map(), marks: new Map(), names: new Map() },
  ...{ account$: () => of("off"), accounts$: EMPTY },
});

/** The search for an unguarded job, which starts in second 0; its accounts show marks. */
const search = (over: Partial<AbsenceOptions> = {}) =>
  openAbsence({
    ...{ began: 0, since: 0, registering: 20, guarded: false, hanging: false, provable: true },
    ...over,
  });

/** The decision after polls in these seconds. */
const decision = (accounts: Accounts, over: Partial<AbsenceOptions> = {}, polls = [0, 120], site = FORGETFUL) => {
  const absence = search(over);
  for (const at of polls) absence.notSeen(snapshot(at), site);
  return absence.decide(accounts, site);
};

it("accounting is asked after two polls and six times the pause between polls", () => {
  const absence = search();
  expect([0, 60, 119].map((at) => absence.notSeen(snapshot(at), SITE))).toEqual(["not yet", "not yet", "not yet"]);
  expect(absence.notSeen(snapshot(120), SITE)).toBe("ask");
  expect(search().notSeen(snapshot(500), SITE)).toBe("not yet");
});

it("the program waits for a job in doubt for twice the site's message timeout, if that is longer", () => {
  expect([patience(20, SITE), patience(20, { ...SITE, message_timeout_s: 100 })]).toEqual([120, 200]);
});

it("a poll that a cluster did not answer shows nothing about a job in doubt", () => {
  const absence = search();
  for (const at of [0, 200]) expect(absence.notSeen(snapshot(at, ["there"]), SITE)).toBe("not yet");
  expect(absence.notSeen(snapshot(210), SITE)).toBe("not yet");
});

it.each<[string, Accounts, Partial<AbsenceOptions>, string]>([
  ["a job that accounts with marks do not show is certainly absent", [], {}, "certain"],
  ["accounts without marks do not prove that a job is absent", [], { provable: false }, "unknowable"],
  [
    "a guarded job is certainly absent without accounts, since its fence keeps it from its work",
    "off",
    { guarded: true },
    "certain",
  ],
  ["the absence of an unguarded job is unknowable without accounts", "off", {}, "unknowable"],
  ["the program waits for silent accounting", "silent", {}, "not yet"],
  ["the absence of an unguarded job is unknowable while its submit program hangs", [], { hanging: true }, "unknowable"],
  [
    "a guarded job is certainly absent, though its submit program hangs",
    [],
    { hanging: true, guarded: true },
    "certain",
  ],
])("%s", (_, accounts, over, expected) => {
  expect(decision(accounts, over)).toBe(expected);
});

it("silent accounting makes the absence of an unguarded job unknowable after an hour", () => {
  expect(decision("silent", {}, [0, 3599])).toBe("not yet");
  expect(decision("silent", {}, [0, 3600])).toBe("unknowable");
});

it("polls that would have shown an ended job prove its absence, unless one of the pauses was too long", () => {
  expect(decision("off", {}, [0, 120], SITE)).toBe("certain");
  expect(decision("off", {}, [0, 299, 598], SITE)).toBe("certain");
  expect(decision("off", {}, [0, 300, 310], SITE)).toBe("unknowable");
  expect(decision("off", { since: -300_000 }, [0, 120], SITE)).toBe("unknowable");
});

it("the absence of an earlier start's unguarded job is unknowable without accounts: the queue was not polled since", () => {
  const absence = openAbsence({ began: 0, registering: 20, guarded: false, hanging: false, provable: true });
  for (const at of [0, 120]) absence.notSeen(snapshot(at), SITE);
  expect(absence.decide("off", SITE)).toBe("unknowable");
});
