#!/usr/bin/env node
/** The program `model_ensemble_check`. */
import { parseCheckArguments } from "./arguments.js";
import { perform } from "./perform.js";

await perform(parseCheckArguments(process.argv.slice(2)));
