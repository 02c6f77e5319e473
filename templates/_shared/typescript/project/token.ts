/** Prints a token for development: npm run --silent token -- USER [SECONDS]. */

import { issue } from "./auth.ts";
import { load } from "./settings.ts";

const [user = "developer", seconds = "3600"] = process.argv.slice(2);
process.stdout.write(`${issue(load().authSecret, user, Number(seconds))}\n`);
