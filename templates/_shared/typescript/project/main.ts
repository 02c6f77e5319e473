/** Starts the service and stops it on SIGTERM. */

import { Service } from "./service.ts";
import { BadSetting, load, type Settings } from "./settings.ts";

let settings: Settings;
try {
  settings = load();
} catch (error) {
  if (!(error instanceof BadSetting)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const service = new Service(settings);
await service.start();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void service.stop().then(() => process.exit(0)));
}
