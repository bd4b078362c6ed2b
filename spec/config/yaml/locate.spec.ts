/** Specs of `locate`, which finds the place of a part of a batch in the configuration file. */
import { describe, expect, it } from "vitest";
import { read } from "../fixtures.js";

const { locate } = read(`ensemble:
  batch_config: &common
    templates: [a.j2, b.j2]
    templatedir: ../template
  batches:
  - name: one
    <<: *common
    basedir: ./one
    maxruns: 1
    maxjobs: 1
    runs: [{a: 1}]
  - name: two
    basedir: ./two
    maxruns: 1
    maxjobs: 1
    runs: []
`);

describe("locate", () => {
  it("a variable of a run is located in its batch", () => {
    expect(locate("one", "runs", 0, "a")).toEqual({
      file: "ensemble.yaml",
      line: 11,
      column: 16,
      excerpt: "    runs: [{a: 1}]",
    });
  });

  it("a value that came through a merge key is located where the user wrote it", () => {
    expect(locate("one", "templates", 1)).toMatchObject({ line: 3, column: 23 });
  });

  it("a key that the batch lacks is located in batch_config", () => {
    expect(locate("two", "templates", 1)).toMatchObject({ line: 3, column: 23 });
    expect(locate("two", "templatedir")).toMatchObject({ line: 4, column: 18 });
  });

  it("a missing part is located at the nearest part around it, and an unknown batch at the file", () => {
    expect(locate("two", "job_file")).toMatchObject({ line: 12, column: 5 });
    expect(locate("one", "templates", 7)).toMatchObject({ line: 3 });
    expect(locate("three", "templates")).toEqual({ file: "ensemble.yaml" });
  });
});
