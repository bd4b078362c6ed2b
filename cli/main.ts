#!/usr/bin/env node
/** The program `model_ensemble`. */
import { parseArguments } from "./arguments/parse.js";
import { dispatch } from "./dispatch.js";

// Only `-d` of this program starts a child with this option and with an IPC channel.
const [first, ...rest] = process.argv.slice(2);
const background = first === "--in-background" && process.send !== undefined;

await dispatch(parseArguments(background ? rest : process.argv.slice(2)), background);
