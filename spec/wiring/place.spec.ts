/** The comparison of the place where a journal is found with the place that it remembers. */
import { cpSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { KnownPlace } from "../../lib/history/history.js";
import { uidOf } from "../../lib/journal/inspect.js";
import { openJournal } from "../../lib/journal/open.js";
import { comparePlaces, originalOf, type PlaceComparison, placeOf } from "../../lib/wiring/place.js";
import { directoryWith } from "../support/program.js";
import { batchOf, planOf } from "../support/virtual.js";

const STATE = ".ensemble/e";

/** A directory with the project `P`, which has a configuration and an empty journal. */
const withProject = async (): Promise<string> => {
  const root = directoryWith({ "P/e.yaml": "" });
  const journal = await openJournal(join(root, "P", STATE), { stalled: () => undefined, recovered: () => undefined });
  await journal.close();
  return root;
};

const placeIn = (project: string, state = join(project, STATE)) => {
  const plan = planOf([{ ...batchOf({}), basedir: join(project, "runs") }], {
    configuration: "e.yaml",
    directory: project,
  });
  return placeOf(plan, state);
};

const comparison = async (
  known: KnownPlace | undefined,
  project: string,
  { state = join(project, STATE), ...over }: Partial<PlaceComparison> & { readonly state?: string } = {},
): Promise<PlaceComparison> => ({
  ...{ known, now: await placeIn(project, state), uid: (await uidOf(state)) ?? "", basedirs: [], queued: [] },
  ...{ acceptChanges: false, ...over },
});

it("a project with jobs that may be pending is not resumed after a move, unless the user accepts it", async () => {
  const root = await withProject();
  const [P, Q] = [join(root, "P"), join(root, "Q")];
  const known = await placeIn(P);
  renameSync(P, Q);
  const refused = await comparePlaces(await comparison(known, Q, { queued: ["b-0", "b-1"] }));
  expect(refused).toMatchObject({ refused: expect.stringContaining("jobs of b-0, b-1 had not ended") as string });
  expect(refused).toMatchObject({
    refused: expect.stringContaining(`cancel --all --state-dir ${Q}/${STATE}`) as string,
  });
  const accepted = await comparePlaces(await comparison(known, Q, { queued: ["b-0"], acceptChanges: true }));
  expect(accepted).toMatchObject({ moved_from: P });
});

it("a project that was brought from another host is resumed only if the user says that it was moved", async () => {
  const root = await withProject();
  const [P, Q] = [join(root, "P"), join(root, "Q")];
  const known = { ...(await placeIn(P)), host: "elsewhere" };
  cpSync(P, Q, { recursive: true });
  rmSync(P, { recursive: true });
  const refused = await comparePlaces(await comparison(known, Q));
  expect(refused).toMatchObject({ refused: expect.stringContaining("on elsewhere, and there is no such") as string });
  expect(await comparePlaces(await comparison(known, Q, { acceptChanges: true }))).toMatchObject({ moved_from: P });
});

it("a project that another host has moved on a shared file system is resumed: its directories are the same", async () => {
  const root = await withProject();
  const [P, Q] = [join(root, "P"), join(root, "Q")];
  const known = { ...(await placeIn(P)), host: "elsewhere" };
  renameSync(P, Q);
  expect(await comparePlaces(await comparison(known, Q))).toMatchObject({ moved_from: P });
  // Not every file system tells when a directory was made.
  expect(await comparePlaces(await comparison({ ...known, directory_id: "" }, Q))).toMatchObject({ moved_from: P });
});

it("a state directory outside of a project that is gone does not go to another project by itself", async () => {
  const root = await withProject();
  const [P, Q, state] = [join(root, "P"), join(root, "Q"), join(root, "state")];
  renameSync(join(P, STATE), state);
  const known = await placeIn(P, state);
  rmSync(P, { recursive: true });
  mkdirSync(Q);
  const refused = await comparePlaces(await comparison(known, Q, { state }));
  expect(refused).toMatchObject({ refused: expect.stringContaining("--state-dir DIR") as string });
});

it("a state directory that was moved to another project is refused while its own project exists", async () => {
  const root = await withProject();
  const [P, Q] = [join(root, "P"), join(root, "Q")];
  const known = await placeIn(P);
  mkdirSync(Q);
  renameSync(join(P, ".ensemble"), join(Q, ".ensemble"));
  const refused = await comparePlaces(await comparison(known, Q));
  expect(refused).toMatchObject({
    refused: expect.stringContaining(`${P}, and that directory still exists`) as string,
  });
});

it("what a journal of version 0.1 knows of its place is enough to tell a move from a copy", async () => {
  const root = await withProject();
  const [P, Q, R] = [join(root, "P"), join(root, "Q"), join(root, "R")];
  const { host } = await placeIn(P);
  const known = { host, directory: P, configuration: "e.yaml" };
  cpSync(P, Q, { recursive: true });
  expect(await comparePlaces(await comparison(known, P))).not.toHaveProperty("moved_from");
  expect(await comparePlaces(await comparison(known, Q))).toMatchObject({
    refused: expect.stringContaining("is a copy of") as string,
  });
  expect(await originalOf(join(Q, STATE), known)).toBe(join(P, STATE));
  expect(await originalOf(join(P, STATE), known)).toBeUndefined();
  rmSync(Q, { recursive: true });
  renameSync(P, R);
  expect(await comparePlaces(await comparison(known, R))).toMatchObject({ moved_from: P });
  expect(await originalOf(join(R, STATE), known)).toBeUndefined();
});
