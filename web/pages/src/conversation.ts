import type { MessageStatus, PhoneError, Remote, TextMessage } from "../../sdk/src/index";

/** One message of a conversation. */
export interface Item {
  id: string;
  text: string;
  at: Date;
  mine: boolean;
  via: "sip" | "sms";
  /** Of mine: sending, sent, then what the reports say. Of others: read once it has been shown. */
  status: "sending" | "sent" | MessageStatus | "unread" | "read";
  error: PhoneError | null;
  note: string;
}

/** What is said with one party. It is kept in memory only: nothing of it outlives the tab. */
export class Conversation {
  items: Item[] = [];
  /** Until when the other side is writing, milliseconds of Date.now(). */
  writingUntil = 0;
  /** The other phone takes bare texts only. */
  plain = false;

  constructor(readonly remote: Remote, /** What to answer to; empty where nothing can be. */ readonly target: string) {}

  /** Finds what two messages of one party have in common. */
  static key(remote: Remote): string {
    if (remote.anonymous) return "withheld";
    return remote.number ?? remote.uri ?? `name ${remote.name ?? ""}`;
  }

  get unread(): number {
    return this.items.filter((i) => i.status === "unread").length;
  }

  get last(): Item | null {
    return this.items[this.items.length - 1] ?? null;
  }

  add(item: Item): void {
    this.items = [...this.items, item].slice(-200);
  }

  take(m: TextMessage): void {
    this.writingUntil = 0;
    const note = [m.subject, m.incomplete ? "Parts of this message are missing" : ""].filter(Boolean).join(" · ");
    this.add({ id: m.id, text: m.text, at: m.at, mine: false, via: m.via, status: "unread", error: null, note });
  }
}

/** The words under a message of ours. */
export function markOf(item: Item): string {
  switch (item.status) {
    case "sending":
      return "Sending";
    case "sent":
    case "accepted":
      return "✓ Sent";
    case "stored":
      return "✓ Waiting for the other phone";
    case "delivered":
      return "✓✓ Delivered";
    case "displayed":
      return "✓✓ Read";
    case "failed":
      return "Not delivered";
    default:
      return "";
  }
}
