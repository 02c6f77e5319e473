/** A WebSocket client that stays connected: see README.md. */

import { Client } from "./client.ts";
import { transport } from "./transport.ts";
import type { Options } from "./types.ts";

export { Backoff } from "./backoff.ts";
export type { Client } from "./client.ts";
export { type RoomView, RoomStore, roomStore } from "./room.ts";
export { type Store, tabStore } from "./state.ts";
export { type ClientEvent, type Listener, type Options, QueueFull, Refused, Stopped } from "./types.ts";

/** Connect, and stay connected until `close`. */
export function connect(options: Options): Client {
  return new Client(options, transport);
}
