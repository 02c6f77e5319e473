/** A Socket.IO socket as a session wants it: with back-pressure, a reason for its end, and one way in for all events. */

import type { Duplex } from "node:stream";

import type { Socket as IoSocket } from "socket.io";

import type { Message } from "./outbox.ts";
import { BadMessage, type Codec, type Envelope, isMap } from "./protocol.ts";
import type { Socket } from "./session.ts";

/** What an acknowledgement carries: one of the two. */
export interface Answer {
  seq?: number | undefined;
  data?: unknown;
  error?: unknown;
}

type Acknowledge = (answer: Answer) => void;

export class Connection implements Socket {
  private readonly socket: IoSocket;
  private readonly codec: Codec;
  private readonly wire: Duplex;
  private readonly waiting = new Map<string, Acknowledge[]>();
  private flushed = (): void => {};
  private asked = 0;
  private paused = false;

  constructor(socket: IoSocket, codec: Codec, wire: Duplex) {
    this.socket = socket;
    this.codec = codec;
    this.wire = wire;
    // Told when Engine.IO has handed its buffer on, which it does when TCP has taken what went before.
    socket.conn.on("drain", () => this.flushed());
  }

  /** Hand every event to `receive`, as the text of an envelope. */
  listen(receive: (payload: string) => void): void {
    // A middleware that never calls next: no event reaches a listener, not even one called "error", which would throw.
    this.socket.use(([type, body, acknowledge]) => receive(this.envelope(type, body, acknowledge)));
  }

  /** Emit, and resolve when the message has left Engine.IO's buffer: `emit` alone would fill it without bound. */
  send(message: Message): Promise<void> {
    return new Promise((resolve) => {
      this.flushed = resolve;
      this.emit(message.envelope);
      if (!this.socket.connected) resolve();
    });
  }

  close(code: number, reason: string): void {
    this.socket.emit("closing", { code, reason }); // the library has no codes
    this.socket.disconnect(true);
  }

  cut(): void {
    this.wire.destroy();
  }

  pause(): void {
    this.paused = true;
    this.wire.pause();
  }

  resume(): void {
    if (this.paused) this.wire.resume();
    this.paused = false;
  }

  ended(): void {
    this.flushed();
  }

  /** The event as the text of an envelope, "" where it cannot be one; who asked for an answer is remembered. */
  private envelope(type: unknown, body: unknown, acknowledge: unknown): string {
    const answer = typeof acknowledge === "function" ? (acknowledge as Acknowledge) : undefined;
    try {
      if (!isMap(body) || ArrayBuffer.isView(body)) throw new BadMessage("an event carries one map");
      const id = body.id ?? (type === "publish" ? undefined : `#${++this.asked}`);
      const text = JSON.stringify({ ...body, v: 1, type, id });
      if (!answer) return text;
      const known = this.codec.decode(text).id;
      if (known === undefined) throw new BadMessage("publish needs id and room");
      this.waiting.set(known, [...(this.waiting.get(known) ?? []), answer]);
      return text;
    } catch (error) {
      const message = error instanceof BadMessage ? error.message : "no JSON"; // nested too deep
      answer?.({ error: { code: "bad-message", message } });
      return "";
    }
  }

  private emit({ type, ...body }: Envelope): void {
    const answers = type === "ack" || type === "error" || type === "pong";
    const [acknowledge, ...more] = (answers && body.id !== undefined && this.waiting.get(body.id)) || [];
    if (!acknowledge || body.id === undefined) {
      this.socket.emit(type, body);
      return;
    }
    if (more.length) this.waiting.set(body.id, more);
    else this.waiting.delete(body.id);
    acknowledge(type === "error" ? { error: body.data } : { seq: body.seq, data: body.data });
  }
}
