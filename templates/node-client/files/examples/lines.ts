/**
 * Publish each line of the input, print each event as a line of JSON: a chat in a terminal, or a pipe between programs.
 *
 * WS_URL, WS_TOKEN and WS_ROOM say where; WS_STATE names a file in which the place outlives this process.
 */

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { connect, fileStore, QueueFull } from "../src/index.ts";

const { WS_URL = "ws://127.0.0.1:8080/ws", WS_TOKEN = "", WS_ROOM = "lobby", WS_STATE } = process.env;
const client = connect({ url: WS_URL, token: WS_TOKEN, ...(WS_STATE && { store: fileStore(WS_STATE) }) });

function report(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function publish(text: string): Promise<void> {
  for (;;) {
    try {
      client.send(WS_ROOM, { text });
      return;
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      await sleep(100);
    }
  }
}

client.subscribe(report);
void client.ended.then((why) => {
  if (why.wanted) return;
  process.stderr.write(`given up: ${why.message}\n`);
  process.exit(1);
});
const members = await client.join(WS_ROOM);
report({ kind: "joined", room: WS_ROOM, seq: 0, from: "", data: members });
for await (const line of createInterface({ input: process.stdin })) await publish(line);
await client.close(30);
