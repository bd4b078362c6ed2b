#!/usr/bin/env node
/** The program `model_ensemble`. */
import { parseArguments } from "./arguments/parse.js";
import { dispatch } from "./dispatch.js";

// Started by `-d` of this same program, and by nobody else: it alone hands its child a channel to answer on.
const [first, ...rest] = process.argv.slice(2);
const background = first === "--in-background" && process.send !== undefined;

await dispatch(parseArguments(background ? rest : process.argv.slice(2)), background);
