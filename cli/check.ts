#!/usr/bin/env node
/** The program `model_ensemble_check`: the `check` command under a name of its own. */
import { demandRequirements } from "./requirements.js";
import { ignoreSignals } from "./signals.js";

demandRequirements();
// Before the rest is even read: until then, SIGUSR1 opens a debugger.
ignoreSignals();
const { parseCheckArguments } = await import("./arguments/parse.js");
const { dispatch } = await import("./dispatch.js");

await dispatch(parseCheckArguments(process.argv.slice(2)));
