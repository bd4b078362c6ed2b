/** Specs of the first line of scripts. */
import { describe, expect, it } from "vitest";
import { headOf, interpreterProblem, isBareText } from "../../../lib/system/processes/first-line.js";
import { directoryWith } from "../../support/program.js";

describe("the first line of a script", () => {
  it.each([
    ["#!/bin/bash\r\necho\r\n", "a Windows line break"],
    ["#!/usr/bin/env bash\r\n", "a Windows line break"],
    ["#!/no/such/interpreter -x\n", "the interpreter /no/such/interpreter, which does not exist"],
    ["#! /usr/bin/env no-such-program -x\n", "the program no-such-program, which is in no directory of PATH"],
    ["#!/usr/bin/env -S A=1 no-such-program\n", "the program no-such-program, which is in no directory of PATH"],
    ["#!/tmp\n", "the interpreter /tmp, which is not a program"],
    ["#!/etc/passwd\n", "the interpreter /etc/passwd, which cannot be executed"],
    ["#!\n", "no interpreter after `#!`"],
  ])("the problem of a script that starts with %j names the cause", (head, cause) => {
    expect(interpreterProblem(head, "/")).toContain(cause);
  });

  it.each(["#!/bin/sh", "#! /usr/bin/env -S sh -e\n", "#!bin/sh\n", "echo\n", "\x7fELF\0", ""])(
    "a file that starts with %j has no such problem",
    (head) => {
      expect(interpreterProblem(head, "/")).toBeUndefined();
    },
  );

  it("only a text without an interpreter counts as bare", () => {
    expect(["echo\n", "#!/bin/sh\n", "\x7fELF\0", ""].map(isBareText)).toEqual([true, false, false, false]);
  });

  it("the start of a file that cannot be read is empty", () => {
    expect(headOf("/no/such/file")).toBe("");
    expect(headOf(`${directoryWith({ a: "#!/bin/sh\n" })}/a`)).toBe("#!/bin/sh\n");
  });
});
