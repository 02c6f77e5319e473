/** What a room shows, with a client that is told what happens. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "../src/client.ts";
import { roomStore } from "../src/room.ts";
import type { ClientEvent, Listener, Stopped } from "../src/types.ts";

/** Stands where the client would: it counts joins, and tells events. */
class Told {
  status = "open";
  joins = 0;
  leaves = 0;
  readonly ended = new Promise<Stopped>(() => {});
  private readonly listeners = new Set<Listener>();

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async join(): Promise<string[]> {
    this.joins++;
    return ["alice"];
  }

  async leave(): Promise<void> {
    this.leaves++;
  }

  tell(event: Partial<ClientEvent>): void {
    for (const listener of this.listeners) {
      void listener({ kind: "message", room: "r", seq: 0, from: "", data: undefined, id: "", ...event });
    }
  }
}

function told(): { client: Told; store: ReturnType<typeof roomStore> } {
  const client = new Told();
  return { client, store: roomStore(client as unknown as Client, "r", 3) };
}

test("mounting twice joins once, and the room is left when nobody looks any more", async () => {
  const { client, store } = told();
  const unmount = store.subscribe(() => {});
  unmount();
  const again = store.subscribe(() => {});
  assert.equal(roomStore(client as unknown as Client, "r"), store);
  await sleep(1_100);
  assert.deepEqual([client.joins, client.leaves], [1, 0]);
  again();
  await sleep(1_100);
  assert.deepEqual([client.joins, client.leaves], [1, 1]);
  assert.equal(store.view.status, "joining");
});

test("a view is replaced, never changed", async () => {
  const { client, store } = told();
  let changes = 0;
  store.subscribe(() => changes++);
  await sleep(1);
  const before = store.getSnapshot();
  assert.equal(store.getSnapshot(), before);
  client.tell({ seq: 1, data: { text: "a" } });
  assert.notEqual(store.getSnapshot(), before);
  assert.deepEqual(before.events, []);
  assert.equal(changes, 2);
});

test("a chat shows the latest messages, gaps and who is there", async () => {
  const { client, store } = told();
  store.subscribe(() => {});
  await sleep(1);
  assert.deepEqual([store.view.status, store.view.members], ["online", ["alice"]]);
  client.tell({ kind: "presence", data: { joined: ["bob"], left: ["alice"] } });
  assert.deepEqual(store.view.members, ["bob"]);
  client.tell({ seq: 1, data: 1, room: "other" });
  for (let seq = 1; seq < 4; seq++) client.tell({ seq, data: seq });
  client.tell({ kind: "gap", seq: 6, data: { reason: "expired", count: 2 } });
  assert.deepEqual(store.view.events.map(({ kind, seq }) => `${kind} ${seq}`), ["message 2", "message 3", "gap 6"]);
  client.tell({ kind: "disconnected", room: "" });
  assert.equal(store.view.status, "offline");
  client.tell({ kind: "connected", room: "" });
  await sleep(1);
  assert.deepEqual([store.view.status, store.view.members, client.joins], ["online", ["alice"], 2]);
});

test("a feed shows the snapshot with its deltas", () => {
  const { client, store } = told();
  store.subscribe(() => {});
  client.tell({ kind: "snapshot", seq: 1, data: { bid: 1, ask: 3 } });
  client.tell({ seq: 2, data: { bid: 2, ask: null, ["__proto__"]: 1 } });
  assert.deepEqual(Object.entries(store.view.state), [["bid", 2], ["__proto__", 1]]);
});
