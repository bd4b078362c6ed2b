/** The book of submitted jobs: those that the program watches, and those that no poll can have shown yet. */
import { asyncScheduler } from "rxjs";
import type { JobRequest } from "../effects/backend.js";
import { clusterOf } from "./job-id.js";
import type { JobDirectories } from "./jobs/directory.js";
import type { Snapshot } from "./poll/snapshot.js";
import type { SubmittedJob } from "./watch/watch.js";

export interface BookedJob extends SubmittedJob {
  readonly token: string;
}

export interface Book {
  /** `submittedNow`: by this start, and not by an earlier one. */
  add(request: JobRequest, id: string, submittedNow: boolean): void;
  find(id: string): BookedJob | undefined;
  remove(job: BookedJob): void;
  /** The clusters of the jobs, other than the site's own. */
  clusters(): readonly string[];
  /** The names of jobs that were submitted since the snapshot, and so cannot be in it. */
  namesSince(snapshot: Snapshot): readonly string[];
}

export const openBook = (directories: JobDirectories): Book => {
  const jobs = new Map<string, BookedJob>();
  /** By mark. */
  const unseen = new Map<string, { readonly name: string; readonly at: number }>();
  return {
    add: (request, id, submittedNow) => {
      const { token, name, watched } = request;
      const mark = directories.mark(token);
      unseen.set(mark, { name, at: asyncScheduler.now() });
      if (!watched) return;
      jobs.set(id, {
        id,
        token,
        mark,
        submittedNow,
        directory: directories.directory(token),
        guarded: directories.guards(request),
        sharesFileSystem: directories.sharesFileSystem(request),
        output: (queueName) => directories.output(request, id, queueName),
      });
    },
    find: (id) => jobs.get(id),
    remove: (job) => {
      unseen.delete(job.mark);
      // The id may be another job's by now.
      if (jobs.get(job.id) === job) jobs.delete(job.id);
    },
    clusters: () => [...jobs.keys()].map(clusterOf).filter((name) => name !== undefined),
    namesSince: ({ at, marks }) => {
      for (const [mark, one] of unseen) if (one.at < at || marks.has(mark)) unseen.delete(mark);
      return [...unseen.values()].map(({ name }) => name);
    },
  };
};
