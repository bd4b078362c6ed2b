#!/usr/bin/env node
/** The program `model_ensemble_check`. */
import { parseCheckArguments } from "./arguments/parse.js";
import { perform } from "./dispatch.js";

await perform(parseCheckArguments(process.argv.slice(2)));
