// Drives the WebSocket that Bun or Deno has built in against the probe. Usage: bun web_client.mjs URL
import { drive, web } from "./drive.mjs";

await drive(web(WebSocket));
