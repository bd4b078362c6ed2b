#!/usr/bin/env node
/** The program `model_ensemble_check`: the `check` command under a name of its own. */
import { parseCheckArguments } from "./arguments/parse.js";
import { dispatch } from "./dispatch.js";

await dispatch(parseCheckArguments(process.argv.slice(2)));
