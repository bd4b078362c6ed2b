#!/usr/bin/env node
/** The program `model_ensemble`. */
import { demandRequirements } from "./requirements.js";
import { ignoreSignals } from "./signals.js";

demandRequirements();
// Before the rest is even read: until then, SIGUSR1 opens a debugger.
ignoreSignals();
const { parseArguments } = await import("./arguments/parse.js");
const { dispatch } = await import("./dispatch.js");

// Only `-d` of this program starts a child with this option and with an IPC channel.
const [first, ...rest] = process.argv.slice(2);
const background = first === "--in-background" && process.send !== undefined;

await dispatch(parseArguments(background ? rest : process.argv.slice(2)), background);
