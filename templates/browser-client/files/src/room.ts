/** A room as a store for user interfaces: a view that is replaced, never changed, and told of when it is. */

import type { Client } from "./client.ts";
import type { ClientEvent } from "./types.ts";

const LINGER_MS = 1_000; // a room that nobody looks at is left after this, so that remounting costs nothing

export interface RoomView {
  /** "joining" until the server has answered; "offline" while the connection is away. */
  status: "joining" | "online" | "offline" | "refused" | "stopped";
  members: readonly string[];
  /** Of a chat: the latest messages, and a gap where some were lost. */
  events: readonly ClientEvent[];
  /** Of a feed: all deltas, merged. */
  state: Readonly<Record<string, unknown>>;
}

/** Joins the room while somebody looks. */
export class RoomStore {
  view: RoomView = { status: "joining", members: [], events: [], state: {} };
  private readonly client: Client;
  private readonly room: string;
  private readonly keep: number;
  private readonly watchers = new Set<() => void>();
  private stop: (() => void) | undefined;
  private leaving?: ReturnType<typeof setTimeout>;

  constructor(client: Client, room: string, keep: number) {
    this.client = client;
    this.room = room;
    this.keep = keep;
  }

  /** For `useSyncExternalStore` and its like. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.watchers.add(changed);
    clearTimeout(this.leaving);
    this.enter();
    return () => {
      this.watchers.delete(changed);
      clearTimeout(this.leaving);
      if (!this.watchers.size) this.leaving = setTimeout(() => this.leave(), LINGER_MS);
    };
  };

  readonly getSnapshot = (): RoomView => this.view;

  private enter(): void {
    if (this.stop) return;
    this.stop = this.client.subscribe((event) => this.hear(event));
    this.join();
    void this.client.ended.then(() => this.show({ status: "stopped" }));
  }

  private join(): void {
    this.client.join(this.room).then(
      (members) => this.show({ status: "online", members }),
      () => this.show({ status: this.client.status === "stopped" ? "stopped" : "refused" }),
    );
  }

  private leave(): void {
    this.stop?.();
    this.stop = undefined;
    this.view = { status: "joining", members: [], events: [], state: {} };
    this.client.leave(this.room).catch(() => {}); // it is over, and so is the room
  }

  private hear(event: ClientEvent): void {
    const { status, members, events, state } = this.view;
    if (event.kind === "disconnected" && status === "online") this.show({ status: "offline" });
    // Who came and went meanwhile is not told; joining again brings the members.
    if (event.kind === "connected" && status === "offline") this.join();
    if (event.room !== this.room) return;
    if (event.kind === "presence") {
      const { joined, left } = event.data as { joined: string[]; left: string[] };
      this.show({ members: [...new Set([...members, ...joined])].filter((name) => !left.includes(name)).sort() });
    } else if (event.kind === "snapshot") {
      this.show({ state: event.data as Record<string, unknown> });
    } else if (event.kind === "message" || event.kind === "gap") {
      this.show({ events: [...events, event].slice(-this.keep), state: merged(state, event) });
    }
  }

  private show(change: Partial<RoomView>): void {
    this.view = { ...this.view, ...change };
    for (const changed of this.watchers) changed();
  }
}

const stores = new WeakMap<Client, Map<string, RoomStore>>();

/** The one store of a room, however many components show it; `keep` bounds its events. */
export function roomStore(client: Client, room: string, keep = 200): RoomStore {
  const known = stores.get(client) ?? new Map<string, RoomStore>();
  stores.set(client, known);
  const store = known.get(room) ?? new RoomStore(client, room, keep);
  known.set(room, store);
  return store;
}

/** In a feed a message is a delta: null removes a key. */
function merged(state: RoomView["state"], { kind, data }: ClientEvent): RoomView["state"] {
  if (kind !== "message" || typeof data !== "object" || data === null || Array.isArray(data)) return state;
  return Object.fromEntries(Object.entries({ ...state, ...data }).filter(([, value]) => value !== null));
}
