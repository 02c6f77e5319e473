/**
 * Connections of the browser's own WebSocket.
 *
 * It can set no header, so the token goes into the URL as a ticket; it tells neither the status of a refused handshake
 * nor of pings, and cannot be paused.
 */

import type { Payload } from "./protocol.ts";
import type { Connection, End, Handlers, Transport } from "./types.ts";

export const transport: Transport = {
  connect(url, subprotocols, token, handlers) {
    const target = new URL(url, globalThis.location?.href);
    target.protocol = target.protocol.replace(/^http/, "ws");
    if (token) target.searchParams.set("ticket", token);
    return new Link(target, subprotocols, handlers);
  },

  /** Networks come back, pages come to the front or out of the back/forward cache. */
  watch(again) {
    const stop = new AbortController();
    const { signal } = stop;
    globalThis.addEventListener?.("online", again, { signal });
    globalThis.addEventListener?.("pageshow", again, { signal });
    const visible = (): void => {
      if (document.visibilityState === "visible") again();
    };
    globalThis.document?.addEventListener("visibilitychange", visible, { signal });
    return () => stop.abort();
  },
};

class Link implements Connection {
  private readonly socket: WebSocket;
  private readonly handlers: Handlers;
  private over = false;

  constructor(url: URL, subprotocols: string[], handlers: Handlers) {
    this.handlers = handlers;
    const socket = new WebSocket(url, subprotocols);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.over || handlers.opened(socket.protocol);
    socket.onmessage = ({ data }) => {
      if (!this.over) handlers.received(typeof data === "string" ? data : new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }) => this.end({ code, reason });
  }

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  send(payload: Payload): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(payload as string | Uint8Array<ArrayBuffer>);
  }

  close(code: number): void {
    this.socket.close(code);
  }

  /** The browser tells of the end of a dead connection only after a minute or so: it is not waited for. */
  cut(): void {
    this.end({ code: 1006, reason: "" });
    this.socket.close();
  }

  private end(end: End): void {
    if (this.over) return;
    this.over = true;
    this.handlers.ended(end);
  }
}
