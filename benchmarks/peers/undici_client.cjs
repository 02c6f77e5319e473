// Drives undici's WebSocket against the probe. Usage: node undici_client.cjs URL
const { WebSocket } = require("undici");

import("./drive.mjs").then(({ drive, web }) => drive(web(WebSocket)));
