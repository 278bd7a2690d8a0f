import { BrowserEngine, type BrowserEngineOptions } from "../media/engine-browser";
import type { Nudge, Platform, Position } from "./platform";

/** The real browser. */
export function browserPlatform(options: BrowserEngineOptions): Platform {
  return {
    timers: {
      set: (fn, ms) => setTimeout(fn, ms),
      clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
      now: () => Date.now(),
    },
    media: new BrowserEngine(options),
    socket: (url, protocol) => new WebSocket(url, protocol),
    random: () => Math.random(),
    uuid,
    watch,
    recall: (key) => {
      try {
        return localStorage.getItem(key);
      } catch {
        return null; // storage may be forbidden; the phone works without
      }
    },
    remember: (key, value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        // see recall
      }
    },
    kept: (key) => {
      try {
        return sessionStorage.getItem(key);
      } catch {
        return null;
      }
    },
    keep: (key, value) => {
      try {
        if (value === null) sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, value);
      } catch {
        // a reload ends the calls then
      }
    },
    position,
  };
}

/** What an emergency call waits for its place, milliseconds: help must not wait longer. */
const POSITION_TIMEOUT = 3_000;

function position(): Promise<Position | null> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    setTimeout(() => resolve(null), POSITION_TIMEOUT); // also while the browser asks its user
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: Math.min(coords.accuracy, 100_000) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: POSITION_TIMEOUT, maximumAge: 60_000 },
    );
  });
}

/** A version 4 UUID (RFC 9562 5.4), also where crypto.randomUUID is missing. */
function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function watch(fn: (nudge: Nudge) => void): () => void {
  const online = () => {
    fn("online");
    fn("network");
  };
  const visible = () => document.visibilityState === "visible" && fn("visible");
  const network = () => fn("network");
  const leaving = () => fn("leaving");
  const connection = (navigator as Navigator & { connection?: EventTarget }).connection;
  addEventListener("online", online);
  document.addEventListener("visibilitychange", visible);
  connection?.addEventListener("change", network);
  addEventListener("pagehide", leaving);
  return () => {
    removeEventListener("online", online);
    document.removeEventListener("visibilitychange", visible);
    connection?.removeEventListener("change", network);
    removeEventListener("pagehide", leaving);
  };
}
