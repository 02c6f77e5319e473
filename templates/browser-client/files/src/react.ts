/** A hook that shows a room. React calls subscribe and unsubscribe as it likes, twice in StrictMode: the store bears it. */

import { useCallback, useMemo, useSyncExternalStore } from "react";

import type { Client } from "./client.ts";
import { type RoomView, roomStore } from "./room.ts";

/** The room's view, and how to send to it. Make the client once, outside of components. */
export function useRoom(client: Client, room: string, keep?: number): RoomView & { send: (data: unknown) => string } {
  const store = useMemo(() => roomStore(client, room, keep), [client, room, keep]);
  const view = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  const send = useCallback((data: unknown) => client.send(room, data), [client, room]);
  return { ...view, send };
}
