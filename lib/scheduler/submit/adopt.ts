/** Adopts a job that an earlier start of the ensemble submitted, or was about to submit. */
import {
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  map,
  merge,
  type Observable,
  of,
  takeWhile,
} from "rxjs";
import type { EarlierJob, Handover, JobRequest } from "../../effects/backend.js";
import { after } from "../../operators/after.js";
import { trace$ } from "../../system/processes/reattach.js";
import type { SubmitAnswer } from "../answers.js";
import type { Dialect } from "../dialect.js";
import { type AttemptFiles, answerOf, attemptFiles, HANGING_S, UNKNOWN } from "./attempts.js";
import { type InDoubt, localId$, resolveInDoubt$ } from "./in-doubt.js";

/** The id of the job. Completes without one where the job was never submitted and never will be under that token. */
export const adopt$ = (context: InDoubt, request: JobRequest, { id, boot }: EarlierJob): Observable<Handover> =>
  id !== undefined ? of({ job: id }) : attempts$(context, request, boot, 1);

/** What became of the earlier start's attempts, one after the other: the first that was never made is the last. */
const attempts$ = (context: InDoubt, request: JobRequest, boot: string, number: number): Observable<Handover> =>
  defer(() => {
    const { dialect, directories } = context;
    const files = attemptFiles(dialect, directories.directory(request.token), number);
    const answer$ = trace$(files.claim, boot).pipe(
      map((trace): SubmitAnswer | "running" | "untried" => {
        if (trace.is === "absent") return "untried";
        const answer = answerOf(dialect, files, trace.is === "ended" ? trace : UNKNOWN);
        return (trace.is === "running" || trace.is === "starting") && answer.is !== "accepted" ? "running" : answer;
      }),
    );
    return merge(answer$, after(HANGING_S).pipe(map(() => hangingAnswer(dialect, files)))).pipe(
      distinctUntilChanged(),
      takeWhile((answer) => answer === "running", true),
      concatMap((answer): Observable<Handover> => {
        if (answer === "untried") return EMPTY;
        if (answer === "running")
          return of({ waiting: `the ${dialect.programs.submit} of an earlier start still runs` });
        switch (answer.is) {
          case "accepted":
            return localId$(context, answer.job);
          case "refused":
          case "busy":
          case "away":
            return attempts$(context, request, boot, number + 1);
          case "unclear":
            return concat(
              of({ waiting: inDoubtMessage(dialect, answer.message) }),
              resolveInDoubt$(context, request, { hanging: answer.hanging ?? false }),
            );
        }
      }),
    );
  });

/** What a submit program that does not end has printed so far. */
export const hangingAnswer = (dialect: Dialect, files: AttemptFiles): SubmitAnswer => {
  const answer = answerOf(dialect, files, { status: null, signal: "no end" });
  return answer.is === "unclear" ? { ...answer, hanging: true } : answer;
};

export const inDoubtMessage = ({ title }: Dialect, message: string): string =>
  `whether ${title} has the job is unknown (${message}): the program looks for it`;
