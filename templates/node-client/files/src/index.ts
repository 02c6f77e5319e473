/** A WebSocket client that stays connected: see README.md. */

import { Client, type Options } from "./client.ts";
import { transport } from "./transport.ts";

export { Backoff } from "./backoff.ts";
export { Client, type ClientEvent, type Listener, type Options, QueueFull, Refused, Stopped } from "./client.ts";
export { fileStore, type Store } from "./state.ts";

/** Connect, and stay connected until `close`. */
export function connect(options: Options): Client {
  return new Client(options, transport);
}
