import { concat, defer, EMPTY, endWith, ignoreElements, of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { Abandon, type Failure } from "../../lib/events/failure.js";
import { retryWhileFull } from "../../lib/operators/retry-while-full.js";
import { commandFailed, diskFull, subscribe, virtual } from "../support/virtual.js";

/** Work that fails `times` times, then completes. */
const failing = (times: number, failure: Failure) => {
  let starts = 0;
  return {
    work$: defer(() => (++starts > times ? EMPTY : throwError(() => new Abandon(failure)))),
    starts: () => starts,
  };
};

const waiting = () => "w";

describe("retryWhileFull", () => {
  it("work is retried while the disk is full, and one event says so", () =>
    virtual().run(({ expectObservable }) => {
      expectObservable(failing(3, diskFull).work$.pipe(retryWhileFull(120, waiting))).toBe("w 359999ms |");
    }));

  it("work is retried while a quota is used up", () =>
    virtual().run(({ expectObservable }) => {
      const quota = { ...diskFull, code: "EDQUOT" } as Failure;
      expectObservable(failing(1, quota).work$.pipe(retryWhileFull(0.01, waiting))).toBe("w 9ms |");
    }));

  const crowded = (code: string): Failure => ({ reason: "not_started", command: "x", message: "no process", code });

  it.each(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"])(
    "work is retried every second while the machine has no room for a process or file: %s",
    (code) =>
      virtual().run(({ expectObservable }) => {
        expectObservable(
          failing(3, crowded(code)).work$.pipe(retryWhileFull(120, ({ because }) => because.charAt(0))),
        ).toBe("m 2999ms |");
      }),
  );

  it("work fails in the end if this program alone holds all the files that it may open", () => {
    const { work$, starts } = failing(10_000, crowded("EMFILE"));
    virtual().run(({ expectObservable }) => {
      expectObservable(work$.pipe(retryWhileFull(120, waiting))).toBe(
        "w 599999ms #",
        undefined,
        new Abandon(crowded("EMFILE")),
      );
    });
    expect(starts()).toBe(601);
  });

  it("the values of the work are emitted, also after a wait", () =>
    virtual().run(({ expectObservable }) => {
      const { work$ } = failing(1, diskFull);
      expectObservable(concat(work$, of("a", "b")).pipe(retryWhileFull(0.01, waiting))).toBe("w 9ms (ab|)");
    }));

  it("work that succeeds at once emits no event of a wait", () =>
    virtual().run(({ expectObservable }) => {
      expectObservable(EMPTY.pipe(retryWhileFull(120, waiting))).toBe("|");
    }));

  it("the event of a wait carries the reason", () => {
    const reasons: string[] = [];
    virtual().run(() => {
      subscribe(failing(1, diskFull).work$.pipe(retryWhileFull(1, ({ message }) => message)), (message) =>
        reasons.push(message),
      );
    });
    expect(reasons).toEqual(["/work: no space left (ENOSPC)"]);
  });

  it("work fails at once if its failure is not a full disk", () =>
    virtual().run(({ expectObservable }) => {
      for (const failure of [commandFailed, { ...diskFull, code: "EROFS" } as Failure]) {
        expectObservable(failing(1, failure).work$.pipe(retryWhileFull(1, waiting))).toBe(
          "#",
          undefined,
          new Abandon(failure),
        );
      }
      expectObservable(throwError(() => new Error("bug")).pipe(retryWhileFull(1, waiting))).toBe(
        "#",
        undefined,
        new Error("bug"),
      );
    }));

  it("work fails if another error follows the full disk", () =>
    virtual().run(({ expectObservable }) => {
      let first = true;
      const work$ = defer(() => {
        const failure = first ? diskFull : commandFailed;
        first = false;
        return throwError(() => new Abandon(failure));
      });
      expectObservable(work$.pipe(retryWhileFull(0.01, waiting))).toBe(
        "w 9ms #",
        undefined,
        new Abandon(commandFailed),
      );
    }));

  it("work is not retried after its unsubscription", () => {
    const { work$, starts } = failing(100, diskFull);
    virtual().run(({ expectObservable, flush }) => {
      expectObservable(work$.pipe(retryWhileFull(1, waiting)), "^ 2500ms !").toBe("w");
      flush();
    });
    expect(starts()).toBe(3);
  });

  it("work is retried 20,000 times if the disk stays full for that long", () => {
    const { work$, starts } = failing(20_000, diskFull);
    let done = false;
    virtual().run(() => {
      const end$ = work$.pipe(retryWhileFull(30, waiting), ignoreElements(), endWith("done"));
      subscribe(end$, () => {
        done = true;
      });
    });
    expect([done, starts()]).toEqual([true, 20_001]);
  });
});
