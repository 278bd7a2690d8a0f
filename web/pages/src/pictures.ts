import type { Call, PhoneError, VideoState } from "../../sdk/src/index";
import { showAlert } from "./alerts";
import { h, show } from "./dom";

const words: Readonly<Record<NonNullable<VideoState["reason"]>, string>> = {
  refused: "The other phone takes no video",
  removed: "Video has ended",
  unavailable: "There is no video here",
  busy: "Too many video calls just now: press Video again in a while",
};

/** Why there is no video, in words. */
export const noVideo = (v: VideoState): string => words[v.reason ?? "removed"];

/** The pictures of a call, and the question whether the user wants the far party's. The sound is played by the client. */
export class PicturesView {
  private readonly far = h("video", { class: "far", autoplay: true, playsinline: true, muted: true, "aria-label": "The other party's picture", "data-testid": "video-far" });
  private readonly own = h("video", { class: "own", autoplay: true, playsinline: true, muted: true, "aria-label": "Your camera's picture", "data-testid": "video-own" });
  private readonly frame = h("div", { class: "pictures", "data-testid": "pictures" }, this.far, this.own);
  private readonly question = h("div", { class: "incoming video-offer", role: "alertdialog", "aria-labelledby": "video-offer-title", "data-testid": "video-offer" },
    h("p", { id: "video-offer-title" }, "The other party would like video."),
    h("div", { class: "pair" },
      h("button", { type: "button", class: "stop", "data-testid": "video-decline", onclick: () => this.decide(this.call.declineVideo()) }, "No video"),
      h("button", { type: "button", class: "go", "data-testid": "video-accept", onclick: () => this.decide(this.call.acceptVideo()) }, "Show my camera")),
    h("button", { type: "button", class: "link", "data-testid": "video-watch", onclick: () => this.decide(this.call.acceptVideo({ send: false })) }, "Only see them"));
  private readonly note = h("p", { class: "note", "data-testid": "video-note" });
  readonly root = h("div", { class: "video" }, this.question, this.frame, this.note);
  private answered = false;

  constructor(private readonly call: Call) {
    this.far.muted = this.own.muted = true;
    this.draw();
  }

  draw(): void {
    const { call } = this;
    if (call.video?.state !== "offered") this.answered = false;
    place(this.far, call.remoteVideo);
    place(this.own, call.localVideo);
    this.frame.classList.toggle("alone", call.remoteVideo === null);
    show(this.frame, call.remoteVideo !== null || call.localVideo !== null);
    show(this.question, call.video?.state === "offered" && !this.answered && call.state !== "ended");
    const none = call.video?.state === "off" && call.video.reason !== "removed" && call.state !== "ended" ? noVideo(call.video) : "";
    this.note.textContent = none;
    show(this.note, none !== "");
    show(this.root, !this.frame.hidden || !this.question.hidden || none !== "");
  }

  close(): void {
    place(this.far, null);
    place(this.own, null);
  }

  private decide(work: Promise<void>): void {
    this.answered = true;
    this.draw();
    work.catch((e: PhoneError) => {
      this.answered = false;
      showAlert(e);
      this.draw();
    });
  }
}

function place(el: HTMLVideoElement, stream: MediaStream | null): void {
  show(el, stream !== null);
  if (el.srcObject === stream) return;
  el.srcObject = stream;
  if (stream) void el.play().catch(() => undefined); // it plays by itself as soon as there is something
}
