/*! Causeway client, Apache-2.0 */

// sdk/src/protocol/errors.ts
var catalogue = {
  parse_error: { code: -32700, message: "The frame is not valid JSON.", hint: "Send one JSON object in UTF-8 per text frame.", retryable: false },
  invalid_request: { code: -32600, message: "The frame is not a JSON-RPC 2.0 request.", hint: 'Send {"jsonrpc":"2.0","id":...,"method":...,"params":{...}}; batches and requests without an id are not accepted.', retryable: false },
  method_unknown: { code: -32601, message: "The gateway does not know this method.", hint: "Check the spelling of the method, and that page and gateway are of the same version.", retryable: false },
  params_invalid: { code: -32602, message: "The parameters do not fit the method.", hint: "Compare the parameters with the method's table in the protocol description.", retryable: false },
  internal: { code: -32603, message: "The gateway failed while it handled the request.", hint: "Try again. If it happens again, tell the gateway's operator the time and the call.", retryable: true },
  token_missing: { code: 1001, message: "No token was given.", hint: "Log in with a token from your identity provider.", retryable: false },
  token_invalid: { code: 1002, message: "The token was refused.", hint: "Get a new token from the identity provider this gateway trusts.", retryable: false },
  token_expired: { code: 1003, message: "The token has expired.", hint: "Get a new token and log in again; check the computer's clock if the token is new.", retryable: false },
  token_audience: { code: 1004, message: "The token was issued for another service.", hint: "Ask the identity provider for a token whose audience is this gateway.", retryable: false },
  identity_refused: { code: 1005, message: "The token gives no right to use a telephone number here.", hint: "Ask the administrator to give your account a telephone identity.", retryable: false },
  resume_unknown: { code: 1006, message: "The session to be resumed is over or was never here.", hint: "Log in without resume; calls of the old session have ended.", retryable: false },
  login_required: { code: 1007, message: "Nobody is logged in on this connection.", hint: "Send session.login first, within ten seconds of connecting.", retryable: false },
  rate_limited: { code: 1008, message: "Too many requests in a short time.", hint: "Wait for the time given in retryAfter, then send fewer requests.", retryable: true },
  too_many_sessions: { code: 1009, message: "This user is already logged in as often as allowed.", hint: "Close the phone in another tab or on another device, then try again.", retryable: true },
  draining: { code: 1010, message: "This gateway is being taken out of service and accepts nothing new.", hint: "Connect again: another gateway will answer.", retryable: true },
  registration_refused: { code: 1011, message: "The telephone network refused to register this user.", hint: "Ask the administrator whether the subscription is active in the network.", retryable: false },
  core_unreachable: { code: 1012, message: "The telephone network does not answer.", hint: "Try again in a moment; the gateway keeps trying.", retryable: true },
  not_registered: { code: 1013, message: "The phone is not registered in the telephone network at the moment.", hint: "Wait until the phone shows that it is ready, then try again.", retryable: true },
  already_logged_in: { code: 1014, message: "This connection is already logged in.", hint: "Use session.token to renew the token, or open a new connection for another user.", retryable: false },
  issuer_unreachable: { code: 1015, message: "The login service's keys cannot be fetched, so the token cannot be checked.", hint: "Try again in a moment; if it lasts, tell the operator.", retryable: true },
  scheme_refused: { code: 1016, message: "This gateway does not accept this way to log in.", hint: "Log in with a token, or ask the operator to allow passwords (auth.schemes).", retryable: false },
  password_refused: { code: 1017, message: "The user name or the password was refused.", hint: "Check both and log in again.", retryable: false },
  too_many_attempts: { code: 1018, message: "Too many attempts to log in.", hint: "Wait for the time given in retryAfter, then try again with the right password.", retryable: true },
  challenge_unanswered: { code: 1019, message: "The telephone network asked for the password, and the page did not answer in time.", hint: "Log in again, with the page open in front.", retryable: true },
  digest_unsupported: { code: 1020, message: "The telephone network asks for a proof that a password in a browser cannot give.", hint: "Tell the operator: the network has to offer SIP digest with MD5 or SHA-256 and qop auth.", retryable: false },
  pool_exhausted: { code: 1021, message: "All telephone identities of this login service are in use.", hint: "Try again in a moment; if it lasts, tell the operator that the pool is too small.", retryable: true },
  insecure_login: { code: 1022, message: "Logging in with a password needs an encrypted connection.", hint: "Open the page by https, so that it connects with wss.", retryable: false },
  identity_barred: { code: 1023, message: "You cannot call with this identity: the telephone network has not given it to you.", hint: "Choose one of the phone's identities, or none for the default one.", retryable: false },
  call_unknown: { code: 2001, message: "There is no such call.", hint: "The call has probably just ended.", retryable: false },
  call_state: { code: 2002, message: "The call is not in a state in which this can be done.", hint: "Wait until the call's state allows it: hold and keypad need a connected call.", retryable: false },
  number_invalid: { code: 2003, message: "This number cannot be dialled as written.", hint: "Write the number with country code, like +15550101, or a SIP address.", retryable: false },
  number_unknown: { code: 2004, message: "The number does not exist.", hint: "Check the number and dial again.", retryable: false },
  busy: { code: 2005, message: "The line is busy.", hint: "Try again later.", retryable: true },
  no_answer: { code: 2006, message: "Nobody answered.", hint: "Try again later.", retryable: true },
  declined: { code: 2007, message: "The call was declined.", hint: "The other party does not want to take the call now.", retryable: false },
  forbidden: { code: 2008, message: "The telephone network does not allow this call.", hint: "Ask the administrator whether this number may be called with your subscription.", retryable: false },
  unavailable: { code: 2009, message: "The other party cannot be reached now.", hint: "The phone may be switched off or out of coverage. Try again later.", retryable: true },
  congestion: { code: 2010, message: "The telephone network is too busy to set up the call.", hint: "Try again in a moment.", retryable: true },
  too_many_calls: { code: 2011, message: "You have as many calls as allowed at a time.", hint: "End a call, then try again.", retryable: true },
  cancelled: { code: 2012, message: "The caller hung up before the call was answered.", hint: "Call back if you want to speak to the caller.", retryable: false },
  hangup: { code: 2013, message: "The call has ended.", hint: "One of the two parties hung up.", retryable: false },
  answered_elsewhere: { code: 2014, message: "The call was answered on another device.", hint: "Nothing needs to be done.", retryable: false },
  policy_rejected: { code: 2015, message: "The telephone network did not grant the resources for this call.", hint: "Try again; if it happens again, ask the administrator about your subscription.", retryable: true },
  policy_released: { code: 2016, message: "The telephone network took back the resources of this call.", hint: "Call again. The network ended the call, not the other party.", retryable: true },
  emergency_use_phone: { code: 2017, message: "Emergency calls are not possible from this page.", hint: "Use a mobile or landline telephone to call the emergency services now.", retryable: false },
  session_ended: { code: 2018, message: "The call ended because the page's session with the gateway is over.", hint: "Log in again and call again.", retryable: true },
  deregistered: { code: 2019, message: "The telephone network ended this phone's registration.", hint: "Log in again. If it happens again, ask the administrator.", retryable: true },
  call_exists: { code: 2020, message: "There is already a call with this id.", hint: "Choose a new id for every call.", retryable: false },
  redirected: { code: 2030, message: "The number has moved: the network named another one, which is not called by itself.", hint: "Ask for the new number and dial it.", retryable: false },
  precondition_failed: { code: 2031, message: "The telephone network could not reserve what the call needs.", hint: "Try again in a moment; the other phone's connection may be weak.", retryable: true },
  header_refused: { code: 2032, message: "This header may not be sent with a call.", hint: "Ask the operator to list it in ims.calls.custom_headers; its name begins with X- or P-, its value is printable text.", retryable: false },
  user_to_user_refused: { code: 2033, message: "This user-to-user information cannot be sent.", hint: "Send 1 to 128 bytes, as pairs of hexadecimal digits or as printable ASCII text; the operator may have switched it off.", retryable: false },
  moved: { code: 2040, message: "The call goes on in another browser of yours.", hint: "It can be taken back from there.", retryable: false },
  transferred: { code: 2045, message: "The call was handed on.", hint: "The other party speaks with somebody else now.", retryable: false },
  replaced: { code: 2046, message: "The call goes on as another one.", hint: "The other party was put through; the new call has taken this one's place.", retryable: false },
  transfer_unsupported: { code: 2047, message: "The other party's phone cannot be transferred.", hint: "Ask the other party to call the number, or put both into one conversation.", retryable: false },
  transfer_refused: { code: 2048, message: "The other party's phone refused to be transferred.", hint: "The call goes on: ask the other party to call the number.", retryable: false },
  transfer_failed: { code: 2049, message: "The transfer did not succeed.", hint: "The call goes on: try again, or tell the other party the number.", retryable: true },
  refer_unknown: { code: 2050, message: "This transfer is over.", hint: "The other party's wish was answered already, or waited too long.", retryable: false },
  message_too_long: { code: 2060, message: "The message is too long.", hint: "Shorten it, or send it as several messages.", retryable: false },
  message_unknown: { code: 2061, message: "There is no such message in this session.", hint: "Only messages of the last hundreds can be reported on, by the id of message.received.", retryable: false },
  message_exists: { code: 2062, message: "There is already a message with this id.", hint: "Choose a new id for every message.", retryable: false },
  message_unsupported: { code: 2063, message: "The other side does not take messages of this kind.", hint: "Try a short message (via sms), or call.", retryable: false },
  message_refused: { code: 2064, message: "The telephone network does not allow this message.", hint: "Ask the administrator whether messages to this number belong to your subscription.", retryable: false },
  message_failed: { code: 2065, message: "The message could not be sent.", hint: "Try again in a moment.", retryable: true },
  message_undelivered: { code: 2066, message: "The message was sent, but not delivered.", hint: "The other phone may be switched off for long, or does not take messages. Try again later, or call.", retryable: true },
  message_emergency: { code: 2067, message: "Emergency services cannot be reached by messages from here.", hint: "Call the emergency services now, best from a mobile or landline telephone.", retryable: false },
  sms_unavailable: { code: 2068, message: "This gateway does not send short messages.", hint: "Send the message without via sms, or ask the operator to configure ims.sms.psi.", retryable: false },
  sdp_invalid: { code: 3001, message: "The session description cannot be understood.", hint: "Send the browser's own description unchanged: the sdp of createOffer or createAnswer.", retryable: false },
  media_incompatible: { code: 3002, message: "The two phones have no audio format in common.", hint: "The other phone cannot take this kind of call.", retryable: false },
  media_failed: { code: 3003, message: "The audio connection between browser and gateway could not be made.", hint: "A firewall may block it: allow UDP to the gateway, then try again.", retryable: true },
  media_lost: { code: 3004, message: "The audio connection was lost.", hint: "Check the network connection and call again.", retryable: true },
  media_resources: { code: 3005, message: "The gateway has no room for another call's audio.", hint: "Try again in a moment.", retryable: true },
  dtmf_unavailable: { code: 3006, message: "The other side does not accept keypad tones in this call.", hint: "Say the digits, or call from another phone.", retryable: false },
  microphone_denied: { code: 4001, message: "The browser may not use the microphone.", hint: "Allow the microphone for this page: click the icon beside the address, then try again.", retryable: false },
  microphone_missing: { code: 4002, message: "No microphone was found.", hint: "Connect a microphone or headset, then try again.", retryable: false },
  connection_lost: { code: 4003, message: "The connection to the gateway is lost.", hint: "Check the network connection; the phone reconnects by itself.", retryable: true },
  browser_unsupported: { code: 4004, message: "This browser cannot make calls here.", hint: "Use a current browser, and open the page by https or on localhost.", retryable: false },
  audio_blocked: { code: 4005, message: "The browser does not play sound before you touch the page.", hint: "Click anywhere on the page to hear the call.", retryable: true },
  timeout: { code: 4006, message: "The gateway did not answer in time.", hint: "Check the network connection, then try again.", retryable: true },
  microphone_busy: { code: 4007, message: "The microphone is in use by another program.", hint: "Close the other program that uses the microphone, then try again.", retryable: true },
  camera_denied: { code: 4008, message: "The browser may not use the camera.", hint: "Allow the camera for this page: click the icon beside the address, then switch video on again.", retryable: false },
  camera_missing: { code: 4009, message: "No camera was found.", hint: "Connect a camera, then switch video on again.", retryable: false },
  camera_busy: { code: 4010, message: "The camera is in use by another program.", hint: "Close the other program that uses the camera, then switch video on again.", retryable: true }
};
var closes = [
  { code: 1e3, name: "logout", reconnect: false },
  { code: 1001, name: "going_away", reconnect: true },
  { code: 1003, name: "not_text", reconnect: false },
  { code: 1009, name: "too_big", reconnect: false },
  { code: 1013, name: "try_again", reconnect: true },
  { code: 4400, name: "bad_frames", reconnect: false },
  { code: 4401, name: "token", reconnect: false },
  { code: 4403, name: "identity", reconnect: false },
  { code: 4408, name: "login_timeout", reconnect: true },
  { code: 4409, name: "replaced", reconnect: false },
  { code: 4429, name: "rate", reconnect: true }
];

// sdk/src/protocol/failure.ts
var PhoneError = class _PhoneError extends Error {
  constructor(name, override = {}) {
    const row = catalogue[name];
    super(override.message ?? row.message);
    this.name = name;
    this.code = override.code ?? row.code;
    this.hint = override.hint ?? row.hint;
    this.retryable = override.retryable ?? row.retryable;
    if (override.retryAfter !== void 0) this.retryAfter = override.retryAfter;
  }
  /** The error the gateway sent. A name this SDK does not know yet keeps its own code, sentence and hint. */
  static fromWire(e) {
    const name = e.name !== void 0 && isErrorName(e.name) ? e.name : "internal";
    return new _PhoneError(name, e);
  }
  /** Anything thrown, as a PhoneError. */
  static from(thrown, fallback = "internal") {
    return thrown instanceof _PhoneError ? thrown : new _PhoneError(fallback);
  }
};
function isErrorName(name) {
  return Object.prototype.hasOwnProperty.call(catalogue, name);
}

// sdk/src/media/meter.ts
var Meter = class _Meter {
  constructor(context, source, analyser) {
    this.context = context;
    this.source = source;
    this.analyser = analyser;
    this.samples = new Float32Array(analyser.fftSize);
  }
  /** A meter for the stream, or null where the browser has no WebAudio. */
  static of(stream) {
    try {
      const context = new AudioContext();
      const source = context.createMediaStreamSource(stream);
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      source.connect(analyser);
      return new _Meter(context, source, analyser);
    } catch {
      return null;
    }
  }
  read() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const s of this.samples) sum += s * s;
    const db = 10 * Math.log10(sum / this.samples.length + 1e-12);
    return Math.min(1, Math.max(0, (db + 60) / 54));
  }
  async unlock() {
    if (this.context.state === "suspended") await this.context.resume();
  }
  close() {
    this.source.disconnect();
    void this.context.close().catch(() => void 0);
  }
};

// sdk/src/media/leg-browser.ts
var BrowserLeg = class {
  constructor(config, listener, env) {
    this.config = config;
    this.listener = listener;
    this.env = env;
    this.pc = null;
    this.local = null;
    this.remote = null;
    this.sender = null;
    this.player = null;
    this.microphoneMeter = null;
    this.remoteMeter = null;
    this.camera = null;
    this.picture = null;
    this.wish = "none";
    this.cameraMuted = false;
    this.muted = false;
    this.closed = false;
  }
  get remoteStream() {
    return this.remote;
  }
  get localStream() {
    return this.local;
  }
  get remoteVideo() {
    return this.wish === "none" ? null : this.picture;
  }
  get localVideo() {
    return this.camera;
  }
  get microphoneEnded() {
    return this.local?.getAudioTracks()[0]?.readyState === "ended";
  }
  async offer() {
    const stream = await this.openMicrophone();
    const pc = this.connection();
    this.addTrack(pc, stream);
    await this.applyVideo(pc);
    await pc.setLocalDescription(await pc.createOffer());
    return this.localSDP(pc);
  }
  async reoffer(restart) {
    const pc = this.connection();
    if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" });
    if (restart) pc.setConfiguration?.({ ...pc.getConfiguration(), ...this.config() });
    for (const line of pc.getTransceivers()) offerOrientation(line);
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: restart }));
    return this.localSDP(pc);
  }
  async accept(sdp) {
    await this.connection().setRemoteDescription({ type: "answer", sdp });
  }
  async answer(sdp) {
    const stream = await this.openMicrophone();
    const pc = this.connection();
    if (pc.signalingState === "stable" && !pc.remoteDescription) await pc.setRemoteDescription({ type: "offer", sdp });
    this.addTrack(pc, stream);
    await this.applyVideo(pc);
    if (pc.signalingState === "have-remote-offer") await pc.setLocalDescription(await pc.createAnswer());
    return this.localSDP(pc);
  }
  setMuted(muted) {
    this.muted = muted;
    this.applyMute();
  }
  async video(wish) {
    if (wish === "both") {
      if (this.camera?.getVideoTracks()[0]?.readyState !== "live") {
        const opened = await this.env.camera();
        if (this.closed) {
          release(opened);
          throw new PhoneError("cancelled");
        }
        this.camera = opened;
      }
    } else if (this.camera) {
      release(this.camera);
      this.camera = null;
    }
    this.wish = wish;
    for (const track of this.camera?.getVideoTracks() ?? []) track.enabled = !this.cameraMuted;
    const changed = this.pc ? await this.applyVideo(this.pc) : false;
    this.listener.pictures();
    return changed;
  }
  setCameraMuted(muted) {
    this.cameraMuted = muted;
    for (const track of this.camera?.getVideoTracks() ?? []) track.enabled = !muted;
  }
  levels() {
    return { microphone: this.muted ? 0 : this.microphoneMeter?.read() ?? 0, remote: this.remoteMeter?.read() ?? 0 };
  }
  async stats() {
    return this.pc ? this.pc.getStats() : null;
  }
  /** Takes the selected microphone for a running call; the connection is not negotiated again. */
  async useMicrophone() {
    if (!this.local || this.closed) return;
    const old = this.local;
    const next = await this.env.microphone();
    if (this.closed) return release(next);
    await this.sender?.replaceTrack(next.getAudioTracks()[0] ?? null);
    this.local = next;
    release(old);
    this.microphoneMeter?.close();
    this.microphoneMeter = Meter.of(next);
    this.applyMute();
  }
  async useOutput(id) {
    await this.player?.setSinkId?.(id);
  }
  async unlock() {
    await this.player?.play();
    await this.microphoneMeter?.unlock();
    await this.remoteMeter?.unlock();
  }
  close() {
    if (this.closed) return;
    this.closed = true;
    if (this.pc) {
      this.pc.onicecandidate = this.pc.onconnectionstatechange = this.pc.ontrack = null;
      this.pc.close();
    }
    if (this.local) release(this.local);
    if (this.camera) release(this.camera);
    this.camera = this.picture = null;
    this.microphoneMeter?.close();
    this.remoteMeter?.close();
    if (this.player) {
      this.player.srcObject = null;
      this.player = null;
    }
    this.env.closed(this);
  }
  connection() {
    if (this.closed) throw new PhoneError("call_state");
    if (this.pc) return this.pc;
    const pc = new RTCPeerConnection({ ...this.config(), bundlePolicy: "max-bundle" });
    pc.onicecandidate = (ev) => {
      const c = ev.candidate;
      this.listener.candidate(c && c.candidate !== "" ? { candidate: c.candidate, sdpMid: c.sdpMid ?? "0" } : null);
    };
    pc.onconnectionstatechange = () => {
      const state = pc.connectionState;
      if (state === "connected" || state === "disconnected" || state === "failed") this.listener.connection(state);
    };
    pc.ontrack = (ev) => {
      if (ev.track.kind === "audio") return this.playRemote(new MediaStream([ev.track]));
      this.picture = new MediaStream([ev.track]);
      this.listener.pictures();
    };
    return this.pc = pc;
  }
  async openMicrophone() {
    if (this.local && !this.microphoneEnded) return this.local;
    const opened = await this.env.microphone();
    if (this.closed) {
      release(opened);
      throw new PhoneError("cancelled");
    }
    this.local = opened;
    this.microphoneMeter = Meter.of(opened);
    this.applyMute();
    return opened;
  }
  addTrack(pc, stream) {
    const track = stream.getAudioTracks()[0];
    if (!track) throw new PhoneError("microphone_missing");
    this.sender ?? (this.sender = pc.addTrack(track, stream));
  }
  /** Brings the video line in step with the wish; true when it has to be negotiated. */
  async applyVideo(pc) {
    let line = pc.getTransceivers().find((t) => t.receiver.track.kind === "video" && t.direction !== "stopped");
    if (!line) {
      if (this.wish === "none") return false;
      line = pc.addTransceiver("video", { direction: "inactive", streams: this.local ? [this.local] : [] });
    }
    await line.sender.replaceTrack(this.camera?.getVideoTracks()[0] ?? null);
    const direction = { none: "inactive", receive: "recvonly", both: "sendrecv" }[this.wish];
    const changed = line.direction !== direction;
    line.direction = direction;
    return changed;
  }
  /** A track that is off sends silence: the connection stays alive and the far party hears nothing. */
  applyMute() {
    for (const track of this.local?.getAudioTracks() ?? []) track.enabled = !this.muted;
  }
  playRemote(stream) {
    this.remote = stream;
    const player = new Audio();
    player.autoplay = true;
    player.srcObject = stream;
    this.player = player;
    const sink = this.env.output();
    if (sink) void player.setSinkId?.(sink).catch(() => void 0);
    player.play().catch((thrown) => {
      if (thrown.name === "NotAllowedError") this.listener.blocked();
    });
    this.remoteMeter = Meter.of(stream);
  }
  localSDP(pc) {
    const sdp = pc.localDescription?.sdp;
    if (!sdp) throw new PhoneError("media_failed");
    return sdp;
  }
};
function offerOrientation(line) {
  const { getHeaderExtensionsToNegotiate: get, setHeaderExtensionsToNegotiate: set } = line;
  if (!get || !set || line.receiver.track.kind !== "video" || line.direction === "stopped") return;
  try {
    const wanted = ["urn:3gpp:video-orientation", "urn:ietf:params:rtp-hdrext:sdes:mid"];
    const list = get.call(line).map((e) => wanted.includes(e.uri) ? { ...e, direction: "sendrecv" } : e);
    set.call(line, list);
  } catch {
  }
}
function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}

// sdk/src/media/tones.ts
var KEYS = {
  "1": [697, 1209],
  "2": [697, 1336],
  "3": [697, 1477],
  A: [697, 1633],
  "4": [770, 1209],
  "5": [770, 1336],
  "6": [770, 1477],
  B: [770, 1633],
  "7": [852, 1209],
  "8": [852, 1336],
  "9": [852, 1477],
  C: [852, 1633],
  "*": [941, 1209],
  "0": [941, 1336],
  "#": [941, 1477],
  D: [941, 1633]
};
var PATTERNS = {
  ring: {
    notes: [[659, 0, 0.22, 0.16], [880, 0.24, 0.34, 0.16], [659, 0.72, 0.22, 0.16], [880, 0.96, 0.5, 0.16]],
    period: 3e3
  },
  waiting: { notes: [[425, 0, 0.2, 0.05], [425, 0.4, 0.2, 0.05]], period: 5e3 },
  ringback: { notes: [[425, 0, 1, 0.06]], period: 5e3 }
};
var Tones = class {
  constructor() {
    this.context = null;
    this.playing = "none";
    this.repeat = null;
    this.voice = null;
    this.sink = "";
  }
  play(sound) {
    if (sound === this.playing) return;
    this.silence();
    this.playing = sound;
    if (sound === "none") return;
    const pattern = PATTERNS[sound];
    const once = () => {
      for (const [hz, start, length, loudness] of pattern.notes) this.note(hz, start, length, loudness);
    };
    once();
    this.repeat = setInterval(once, pattern.period);
  }
  beep(digit) {
    const pair = KEYS[digit.toUpperCase()];
    for (const hz of pair ?? []) this.note(hz, 0, 0.12, 0.07);
  }
  async useOutput(id) {
    this.sink = id;
    await this.context?.setSinkId?.(id);
  }
  async unlock() {
    await this.ready()?.resume();
  }
  close() {
    this.silence();
    this.playing = "none";
    void this.context?.close().catch(() => void 0);
    this.context = null;
  }
  silence() {
    if (this.repeat !== null) clearInterval(this.repeat);
    this.repeat = null;
    this.voice?.disconnect();
    this.voice = null;
  }
  note(hz, start, length, loudness) {
    const context = this.ready();
    if (!context) return;
    if (!this.voice) {
      this.voice = context.createGain();
      this.voice.connect(context.destination);
    }
    const from = context.currentTime + start;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(loudness, from + 0.015);
    gain.gain.setValueAtTime(loudness, from + length - 0.03);
    gain.gain.linearRampToValueAtTime(0, from + length);
    tone.connect(gain).connect(this.voice);
    tone.start(from);
    tone.stop(from + length + 0.01);
  }
  ready() {
    if (!this.context) {
      try {
        this.context = new AudioContext();
        if (this.sink) void this.context.setSinkId?.(this.sink).catch(() => void 0);
      } catch {
        return null;
      }
    }
    if (this.context.state === "suspended") void this.context.resume().catch(() => void 0);
    return this.context;
  }
};

// sdk/src/media/engine-browser.ts
var BrowserEngine = class {
  constructor(options) {
    this.options = options;
    this.legs = /* @__PURE__ */ new Set();
    this.chosen = { input: "", output: "", ring: "" };
    this.tones = new Tones();
    this.servers = [];
  }
  check() {
    const media = typeof RTCPeerConnection === "function" && typeof WebSocket === "function";
    if (!media || !navigator.mediaDevices?.getUserMedia && !this.options.source) throw new PhoneError("browser_unsupported");
  }
  leg(listener) {
    const leg = new BrowserLeg(() => this.configuration(), listener, {
      microphone: () => this.microphone(),
      camera: () => this.camera(),
      output: () => this.chosen.output,
      closed: (l) => this.legs.delete(l)
    });
    this.legs.add(leg);
    return leg;
  }
  useServers(servers) {
    this.servers = servers;
  }
  /** What the page gave stands before what the gateway told. */
  configuration() {
    const { iceServers, iceTransportPolicy } = this.options;
    return { iceServers: [...iceServers ?? [], ...this.servers], ...iceTransportPolicy ? { iceTransportPolicy } : {} };
  }
  async devices() {
    const all = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
    const pick = (kind) => all.filter((d) => d.kind === kind && d.deviceId !== "" && d.deviceId !== "default").map((d) => ({ id: d.deviceId, label: d.label }));
    return { inputs: pick("audioinput"), outputs: pick("audiooutput") };
  }
  async select(kind, id) {
    const before = this.chosen[kind];
    this.chosen[kind] = id;
    try {
      if (kind === "input") for (const leg of this.legs) await leg.useMicrophone();
      if (kind === "output") for (const leg of this.legs) await leg.useOutput(id);
      if (kind === "ring") await this.tones.useOutput(id);
    } catch (thrown) {
      this.chosen[kind] = before;
      throw PhoneError.from(thrown, "microphone_missing");
    }
  }
  selected(kind) {
    return this.chosen[kind];
  }
  watchDevices(fn) {
    const media = navigator.mediaDevices;
    if (!media?.addEventListener) return () => void 0;
    const changed = async () => {
      const { inputs, outputs } = await this.devices();
      const gone = (kind, list) => this.chosen[kind] !== "" && !list.some((d) => d.id === this.chosen[kind]);
      const lost = ["input", "output", "ring"].filter((kind) => gone(kind, kind === "input" ? inputs : outputs));
      for (const kind of lost) await this.select(kind, "").catch(() => void 0);
      for (const leg of this.legs) if (leg.microphoneEnded) await leg.useMicrophone().catch(() => void 0);
      fn(lost);
    };
    const listener = () => void changed();
    media.addEventListener("devicechange", listener);
    return () => media.removeEventListener("devicechange", listener);
  }
  play(sound) {
    this.tones.play(sound);
  }
  beep(digit) {
    this.tones.beep(digit);
  }
  async unlock() {
    await this.tones.unlock();
    for (const leg of this.legs) await leg.unlock();
  }
  close() {
    for (const leg of [...this.legs]) leg.close();
    this.tones.close();
  }
  async camera() {
    const shared = await this.options.source?.();
    const tracks = shared?.getVideoTracks() ?? [];
    if (tracks.length > 0) return new MediaStream(tracks.map((track) => track.clone()));
    try {
      return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } } });
    } catch (thrown) {
      throw cameraError(thrown);
    }
  }
  async microphone() {
    if (this.options.source) {
      const shared = await this.options.source();
      return new MediaStream(shared.getAudioTracks().map((track) => track.clone()));
    }
    const constraints = (id) => ({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...id ? { deviceId: { exact: id } } : {} }
    });
    try {
      return await navigator.mediaDevices.getUserMedia(constraints(this.chosen.input));
    } catch (thrown) {
      throw microphoneError(thrown);
    }
  }
};
function deviceError(thrown, denied, missing, busy) {
  switch (thrown?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new PhoneError(denied);
    case "NotFoundError":
    case "OverconstrainedError":
      return new PhoneError(missing);
    case "NotReadableError":
    case "AbortError":
      return new PhoneError(busy);
    default:
      return new PhoneError("browser_unsupported");
  }
}
var microphoneError = (thrown) => deviceError(thrown, "microphone_denied", "microphone_missing", "microphone_busy");
var cameraError = (thrown) => deviceError(thrown, "camera_denied", "camera_missing", "camera_busy");

// sdk/src/transport/platform-browser.ts
function browserPlatform(options) {
  return {
    timers: {
      set: (fn, ms) => setTimeout(fn, ms),
      clear: (handle) => clearTimeout(handle),
      now: () => Date.now()
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
        return null;
      }
    },
    remember: (key, value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
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
      }
    },
    position
  };
}
var POSITION_TIMEOUT = 3e3;
function position() {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    setTimeout(() => resolve(null), POSITION_TIMEOUT);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: Math.min(coords.accuracy, 1e5) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: POSITION_TIMEOUT, maximumAge: 6e4 }
    );
  });
}
function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] ?? 0) & 15 | 64;
  b[8] = (b[8] ?? 0) & 63 | 128;
  const hex2 = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return `${hex2.slice(0, 8)}-${hex2.slice(8, 12)}-${hex2.slice(12, 16)}-${hex2.slice(16, 20)}-${hex2.slice(20)}`;
}
function watch(fn) {
  const online = () => {
    fn("online");
    fn("network");
  };
  const visible = () => document.visibilityState === "visible" && fn("visible");
  const network = () => fn("network");
  const leaving = () => fn("leaving");
  const connection = navigator.connection;
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

// sdk/src/protocol/frames.ts
var SUBPROTOCOL = "causeway.v1";

// sdk/src/protocol/rpc.ts
var REQUEST_TIMEOUT = 2e4;
var Rpc = class {
  constructor(transmit, onEvent, timers, page) {
    this.transmit = transmit;
    this.onEvent = onEvent;
    this.timers = timers;
    this.page = page;
    /** Number of the last event taken. */
    this.lastSeq = 0;
    this.nextId = 1;
    this.pending = /* @__PURE__ */ new Map();
  }
  /** Sends a request and settles with its answer. */
  request(method, params = {}, timeout = REQUEST_TIMEOUT) {
    const id = `${this.page}.${this.nextId++}`;
    const frame = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      const timer = this.timers.set(() => {
        this.pending.delete(id);
        reject(new PhoneError("timeout"));
      }, timeout);
      this.pending.set(id, { method, frame, resolve, reject, timer });
      this.transmit(frame);
    });
  }
  /** Takes one frame of the gateway. A frame that is none is ignored: the next one may be good. */
  receive(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    if (typeof frame.method === "string") this.event(frame.method, frame.params);
    else if (frame.id !== void 0) this.answer(String(frame.id), frame);
  }
  /** Sends every unanswered request again, in order. */
  resend() {
    for (const p of this.pending.values()) this.transmit(p.frame);
  }
  /** Rejects every unanswered request, or those of one method. */
  abandon(error, method) {
    for (const [id, p] of [...this.pending]) {
      if (method !== void 0 && p.method !== method) continue;
      this.pending.delete(id);
      this.timers.clear(p.timer);
      p.reject(error);
    }
  }
  event(method, params) {
    if (params === null || typeof params !== "object" || typeof params.seq !== "number") return;
    if (params.seq <= this.lastSeq) return;
    this.lastSeq = params.seq;
    this.onEvent({ method, params });
  }
  answer(id, frame) {
    const p = this.pending.get(id);
    if (!p) return;
    this.pending.delete(id);
    this.timers.clear(p.timer);
    if (frame.error) p.reject(PhoneError.fromWire({ ...frame.error.data, code: frame.error.code, message: frame.error.message }));
    else p.resolve(frame.result);
  }
};

// sdk/src/transport/backoff.ts
var Backoff = class {
  constructor(random, options = { first: 500, limit: 15e3 }) {
    this.random = random;
    this.options = options;
    this.tries = 0;
  }
  /** The next wait, milliseconds; at least what the gateway asked for. */
  next(atLeast = 0) {
    const ceiling = Math.min(this.options.limit, this.options.first * 2 ** Math.min(this.tries, 16));
    this.tries++;
    return Math.max(atLeast, ceiling / 2 + ceiling / 2 * this.random());
  }
  reset() {
    this.tries = 0;
  }
};

// sdk/src/protocol/md5.ts
var shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
var sine = Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) | 0);
function md5(text) {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array((bytes.length + 8 >> 6) + 1 << 6);
  padded.set(bytes);
  padded[bytes.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  let [a0, b0, c0, d0] = [1732584193, 4023233417 | 0, 2562383102 | 0, 271733878];
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = [a0, b0, c0, d0];
    for (let i = 0; i < 64; i++) {
      const turn = i >> 4;
      const f = turn === 0 ? b & c | ~b & d : turn === 1 ? d & b | ~d & c : turn === 2 ? b ^ c ^ d : c ^ (b | ~d);
      const g = turn === 0 ? i : turn === 1 ? (5 * i + 1) % 16 : turn === 2 ? (3 * i + 5) % 16 : 7 * i % 16;
      const sum = a + f + sine[i] + view.getUint32(block + 4 * g, true) | 0;
      const s = shifts[4 * turn + i % 4];
      [a, d, c, b] = [d, c, b, b + (sum << s | sum >>> 32 - s) | 0];
    }
    [a0, b0, c0, d0] = [a0 + a | 0, b0 + b | 0, c0 + c | 0, d0 + d | 0];
  }
  const out = new DataView(new ArrayBuffer(16));
  [a0, b0, c0, d0].forEach((word, i) => out.setUint32(4 * i, word, true));
  return hex(new Uint8Array(out.buffer));
}
function hex(bytes) {
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// sdk/src/transport/digest.ts
async function prove(credentials, challenge) {
  const { realm, nonce, qop, method, uri } = challenge;
  const own = credentials.realm ?? credentials.impi.slice(credentials.impi.indexOf("@") + 1);
  if (realm !== own || challenge.username !== credentials.impi) throw new PhoneError("digest_unsupported", { message: "The network asks for the password of another realm or user." });
  const h = challenge.algorithm === "SHA-256" ? sha256 : async (text) => md5(text);
  const user = await h(`${credentials.impi}:${realm}:${credentials.password}`);
  const request = await h(`${method}:${uri}`);
  if (qop === void 0) return { challenge: challenge.id, response: await h(`${user}:${nonce}:${request}`) };
  const cnonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  return { challenge: challenge.id, response: await h(`${user}:${nonce}:00000001:${cnonce}:${qop}:${request}`), cnonce };
}
async function sha256(text) {
  if (!globalThis.crypto?.subtle) throw new PhoneError("browser_unsupported");
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

// sdk/src/transport/token.ts
var TOKEN_MARGIN = 6e4;
var TokenSource = class {
  constructor(token, fetchToken, now) {
    this.token = token;
    this.fetchToken = fetchToken;
    this.now = now;
  }
  /** True when a fresh token can be had without the page's help. */
  get renewable() {
    return this.fetchToken !== void 0;
  }
  /** The token to log in with; fresh forces a new one. */
  async get(fresh) {
    const end = this.expiresAt();
    const stale = this.token === void 0 || end !== null && end - this.now() < TOKEN_MARGIN;
    if (this.fetchToken && (fresh || stale)) {
      let token;
      try {
        token = await this.fetchToken();
      } catch (thrown) {
        if (thrown instanceof PhoneError) throw thrown;
        throw new PhoneError("token_missing", { message: "The page could not get a token.", retryable: true });
      }
      this.token = token;
    }
    if (!this.token) throw new PhoneError("token_missing");
    return this.token;
  }
  update(token) {
    this.token = token;
  }
  /** When the token ends by its own words (RFC 7519 4.1.4 exp), milliseconds since the epoch; null when it does not say. */
  expiresAt() {
    const body = this.token?.split(".")[1];
    if (!body) return null;
    try {
      const claims = JSON.parse(atob(body.replace(/-/g, "+").replace(/_/g, "/")));
      return typeof claims.exp === "number" ? claims.exp * 1e3 : null;
    } catch {
      return null;
    }
  }
};

// sdk/src/transport/session.ts
var OPEN_TIMEOUT = 1e4;
var PING_AFTER = 2e4;
var PING_TIMEOUT = 6e3;
var PROVE_TIMEOUT = 3e4;
var Session = class {
  constructor(options, platform, tokens, listener) {
    this.options = options;
    this.platform = platform;
    this.tokens = tokens;
    this.listener = listener;
    this.socket = null;
    this.login = null;
    this.turn = 0;
    this.over = false;
    this.parting = null;
    // why the gateway said that it would end the session
    this.fresh = false;
    // the next attempt needs a new token
    this.renewed = false;
    // a new token was already tried since the last login
    this.atLeast = 0;
    // the wait the gateway asked for, milliseconds
    this.wait = null;
    this.heard = 0;
    // when the last frame came
    this.heartbeat = null;
    this.renewal = null;
    this.first = null;
    this.backoff = new Backoff(() => platform.random());
    this.rpc = new Rpc((frame) => this.transmit(frame), (event) => this.onEvent(event), platform.timers, platform.uuid().slice(-12));
    this.unwatch = platform.watch((nudge) => this.nudge(nudge));
  }
  /** True while a logged-in socket is there. */
  get up() {
    return this.socket !== null && this.login !== null;
  }
  /** Says that the page is about to go and comes back within this time, or not at all; a reloaded page finds its calls again. */
  leave(within) {
    this.save();
    if (this.up) void this.rpc.request("session.away", { within }).catch(() => void 0);
  }
  /** Connects and logs in. The first attempt's outcome is the promise's; later losses are repaired silently. */
  start() {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.restore();
      void this.attempt();
    });
  }
  /** Logs out and closes. Safe to call twice. */
  async stop(logout) {
    if (this.over) return;
    if (logout && this.up) {
      await this.rpc.request("session.logout", {}, 3e3).catch(() => void 0);
    }
    this.finish(null);
  }
  /** Gives the gateway a new token for the running session. */
  async renew(token) {
    this.tokens.update(token);
    if (this.up) await this.rpc.request("session.token", { token });
    this.scheduleRenewal();
  }
  async attempt() {
    const turn = ++this.turn;
    this.platform.timers.clear(this.wait);
    this.wait = null;
    let refused;
    try {
      const token = this.options.credentials ? "" : await this.tokens.get(this.fresh);
      if (turn !== this.turn) return;
      this.fresh = false;
      await this.open(turn);
      if (turn !== this.turn) return;
      await this.logIn(token, turn);
      return;
    } catch (thrown) {
      refused = PhoneError.from(thrown, "connection_lost");
    }
    if (turn === this.turn && !this.over) this.refused(refused);
  }
  /** Opens the socket; resolves when it is open, rejects when it closes before. */
  open(turn) {
    return new Promise((resolve, reject) => {
      let socket;
      try {
        socket = this.platform.socket(this.options.url, SUBPROTOCOL);
      } catch {
        return reject(new PhoneError("connection_lost", { message: "The gateway's address is not valid.", retryable: false }));
      }
      this.drop();
      this.socket = socket;
      const timer = this.platform.timers.set(() => {
        reject(new PhoneError("connection_lost"));
        socket.close();
      }, OPEN_TIMEOUT);
      socket.onopen = () => {
        this.platform.timers.clear(timer);
        resolve();
      };
      socket.onmessage = (ev) => {
        if (turn !== this.turn || socket !== this.socket) return;
        this.heard = this.platform.timers.now();
        this.rpc.receive(String(ev.data));
      };
      socket.onclose = (ev) => {
        this.platform.timers.clear(timer);
        reject(new PhoneError("connection_lost"));
        if (turn === this.turn && socket === this.socket) this.closed(ev.code);
      };
    });
  }
  async logIn(token, turn) {
    const before = this.login;
    const { credentials } = this.options;
    const who = credentials ? { scheme: "digest", impi: credentials.impi, impu: credentials.impu } : { token };
    const params = { ...who, instance: this.instance(), client: this.options.client };
    if (before) params.resume = { session: before.session, secret: before.secret, after: this.rpc.lastSeq };
    else this.rpc.lastSeq = 0;
    this.login = null;
    let result;
    try {
      result = await this.rpc.request("session.login", params, credentials ? PROVE_TIMEOUT : OPEN_TIMEOUT);
    } catch (thrown) {
      if (turn === this.turn) this.login = before;
      throw thrown;
    }
    if (turn !== this.turn) return;
    if (!result.resumed) {
      this.rpc.abandon(new PhoneError("connection_lost"));
      this.rpc.lastSeq = result.lastSeq;
    }
    this.login = result;
    this.renewed = false;
    this.backoff.reset();
    this.listener.loggedIn(result);
    if (result.resumed) this.rpc.resend();
    this.first?.resolve(result);
    this.first = null;
    this.startHeartbeat();
    this.scheduleRenewal();
  }
  /** An attempt failed with a reason: fatal, curable by a fresh token, curable without resume, or by waiting. */
  refused(error) {
    const stale = error.name === "token_expired" || error.name === "token_invalid";
    if (stale && this.tokens.renewable && !this.renewed) {
      this.fresh = this.renewed = true;
      return this.retry(0);
    }
    if (error.name === "resume_unknown" && this.login) {
      this.login = null;
      return this.retry(0);
    }
    if (this.first || !error.retryable || !this.options.reconnect) return this.finish(error);
    this.retry(this.backoff.next(error.retryAfter));
  }
  /** The socket of a running session closed. */
  closed(code) {
    const running = this.login !== null && this.first === null;
    this.drop();
    this.rpc.abandon(new PhoneError("connection_lost"), "session.login");
    this.rpc.abandon(new PhoneError("connection_lost"), "session.ping");
    if (!running) return;
    const row = closes.find((c) => c.code === code);
    if (code === 4401 && this.tokens.renewable && !this.options.credentials) this.fresh = true;
    else if (row && !row.reconnect) return this.finish(code === 1e3 ? null : this.parting ?? closeError(code));
    if (!this.options.reconnect) return this.finish(new PhoneError("connection_lost"));
    this.listener.lost();
    this.retry(this.backoff.next(this.atLeast));
    this.atLeast = 0;
  }
  retry(ms) {
    this.turn++;
    this.drop();
    this.platform.timers.clear(this.wait);
    this.wait = this.platform.timers.set(() => void this.attempt(), ms);
  }
  nudge(what) {
    if (this.over || what === "leaving") return;
    if (this.wait !== null && what !== "network") return void this.attempt();
    if (this.up) this.ping();
  }
  onEvent(event) {
    if (event.method === "session.challenge") return void this.prove(event.params);
    if (event.method === "session.closing") {
      if (event.params.reason === "tokenExpired") this.fresh = true;
      if (event.params.reason === "refused") this.parting = new PhoneError("password_refused");
      if (event.params.reason === "deregistered") this.parting = new PhoneError("deregistered");
      this.atLeast = event.params.retryAfter ?? 0;
    }
    this.listener.event(event);
  }
  /** Answers the network's challenge; an answer that cannot be made or comes too late is the gateway's to tell. */
  async prove(challenge) {
    const { credentials } = this.options;
    if (!credentials) return;
    const turn = this.turn;
    try {
      const answer = await prove(credentials, challenge);
      if (turn === this.turn) await this.rpc.request("session.prove", answer, challenge.within);
    } catch (thrown) {
      const error = PhoneError.from(thrown, "internal");
      if (error.name === "digest_unsupported" || error.name === "browser_unsupported") this.finish(error);
    }
  }
  transmit(frame) {
    const loginFrame = frame.includes('"method":"session.login"') || frame.includes('"method":"session.prove"');
    if (!this.socket || !this.login && !loginFrame) return false;
    try {
      this.socket.send(frame);
      return true;
    } catch {
      return false;
    }
  }
  startHeartbeat() {
    this.platform.timers.clear(this.heartbeat);
    this.heard = this.platform.timers.now();
    const beat = () => {
      if (this.platform.timers.now() - this.heard >= PING_AFTER) this.ping();
      this.heartbeat = this.platform.timers.set(beat, PING_AFTER / 2);
    };
    this.heartbeat = this.platform.timers.set(beat, PING_AFTER / 2);
  }
  ping() {
    const socket = this.socket;
    if (!this.up) return;
    this.rpc.request("session.ping", {}, PING_TIMEOUT).catch((e) => {
      if (e.name === "timeout" && socket === this.socket && this.up) this.closed(1006);
    });
  }
  scheduleRenewal() {
    const { timers } = this.platform;
    timers.clear(this.renewal);
    const end = this.options.credentials ? null : this.tokens.expiresAt();
    if (end === null || this.over) return;
    const left = end - timers.now();
    this.renewal = timers.set(() => void this.renewNow(), Math.min(Math.max(0, left - TOKEN_MARGIN), 2 ** 31 - 1));
  }
  async renewNow() {
    const end = this.tokens.expiresAt() ?? 0;
    const left = end - this.platform.timers.now();
    if (left > TOKEN_MARGIN + 1e3) return this.scheduleRenewal();
    if (!this.tokens.renewable) return this.listener.tokenExpiring(Math.max(0, Math.round(left / 1e3)));
    try {
      const token = await this.tokens.get(true);
      if (this.up) await this.rpc.request("session.token", { token });
      const next = this.tokens.expiresAt();
      if (next !== null && next > end) this.scheduleRenewal();
    } catch {
      this.listener.tokenExpiring(Math.max(0, Math.round(left / 1e3)));
      this.renewal = this.platform.timers.set(() => void this.renewNow(), 1e4);
    }
  }
  /** The UUID of this browser profile (RFC 5626 4.1): no secret, the same for every login. */
  instance() {
    let id = this.platform.recall("causeway.instance");
    if (!id) {
      id = this.platform.uuid();
      this.platform.remember("causeway.instance", id);
    }
    return id;
  }
  /** Leaves what a reloaded page needs to come back to this session. A page may have several phones: each leaves one entry. */
  save() {
    if (!this.login) return;
    const { session, secret } = this.login;
    this.platform.keep(this.key, JSON.stringify([...this.saved(), { session, secret, seq: this.rpc.lastSeq }]));
  }
  /** Takes up the session that this tab had before it was reloaded, if there is one; nobody else takes it up again. */
  restore() {
    const [first, ...rest] = this.saved();
    if (!first) return;
    this.platform.keep(this.key, rest.length > 0 ? JSON.stringify(rest) : null);
    this.login = { session: first.session, secret: first.secret };
    this.rpc.lastSeq = Number(first.seq) || 0;
  }
  saved() {
    try {
      const list = JSON.parse(this.platform.kept(this.key) ?? "[]");
      return Array.isArray(list) ? list.filter((s) => typeof s?.session === "string" && typeof s.secret === "string").slice(0, 16) : [];
    } catch {
      return [];
    }
  }
  get key() {
    return `causeway.session ${this.options.url}`;
  }
  /** Lets go of the socket without listening to it any more. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    this.platform.timers.clear(this.heartbeat);
    if (!socket) return;
    socket.onmessage = socket.onclose = socket.onopen = null;
    socket.close();
  }
  finish(error) {
    if (this.over) return;
    this.over = true;
    this.turn++;
    this.unwatch();
    this.drop();
    this.platform.timers.clear(this.wait);
    this.platform.timers.clear(this.renewal);
    this.rpc.abandon(error ?? new PhoneError("session_ended"));
    const first = this.first;
    this.first = null;
    this.listener.closed(error);
    first?.reject(error ?? new PhoneError("session_ended"));
  }
};
function closeError(code) {
  switch (code) {
    case 4401:
      return new PhoneError("token_expired");
    case 4403:
      return new PhoneError("identity_refused");
    case 4409:
      return new PhoneError("session_ended", { message: "The phone was opened in another place with the same session.", retryable: false });
    default:
      return new PhoneError("invalid_request");
  }
}

// sdk/src/client/emitter.ts
var Emitter = class {
  constructor() {
    this.listeners = /* @__PURE__ */ new Map();
  }
  /** Adds a listener; the returned function removes it. */
  on(name, fn) {
    let set = this.listeners.get(name);
    if (!set) this.listeners.set(name, set = /* @__PURE__ */ new Set());
    set.add(fn);
    return () => this.off(name, fn);
  }
  /** Adds a listener for the next event only. */
  once(name, fn) {
    const off = this.on(name, (...args) => {
      off();
      fn(...args);
    });
    return off;
  }
  off(name, fn) {
    this.listeners.get(name)?.delete(fn);
  }
  /** True when somebody listens. */
  heard(name) {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }
  emit(name, ...args) {
    for (const fn of [...this.listeners.get(name) ?? []]) {
      try {
        fn(...args);
      } catch (thrown) {
        setTimeout(() => {
          throw thrown;
        }, 0);
      }
    }
  }
};

// sdk/src/client/callstate.ts
var callTable = {
  dialing: { ringing: "ringing", early: "early", accepted: "active", end: "ended" },
  // A fork can make a call that had early media ring again, and the other way round (RFC 3261 13.2.2.1, RFC 5009).
  ringing: { early: "early", accepted: "active", end: "ended" },
  early: { ringing: "ringing", accepted: "active", end: "ended" },
  incoming: { answering: "connecting", end: "ended" },
  connecting: { refused: "incoming", accepted: "active", end: "ended" },
  active: { hold: "held", lost: "reconnecting", end: "ended" },
  held: { unhold: "active", lost: "reconnecting", end: "ended" },
  reconnecting: { restored: "active", restoredHeld: "held", end: "ended" },
  ended: {}
};
function step(state, input) {
  return callTable[state][input] ?? state;
}

// sdk/src/client/facts.ts
var taken = {
  trying: "dialing",
  diverted: "dialing",
  ringing: "ringing",
  early: "early",
  incoming: "incoming",
  connecting: "connecting",
  active: "reconnecting"
};
var Facts = class {
  constructor(init, listener) {
    this.listener = listener;
    this.startedAt = null;
    this.hold = { local: false, remote: false };
    this.early = false;
    this.divertedTo = null;
    this.transfer = null;
    this.quality = null;
    this.reason = null;
    this.state = init.running ? taken[init.running] : init.direction === "outgoing" ? "dialing" : "incoming";
    this.remote = init.remote;
    this.waiting = init.waiting ?? false;
    this.far = { userToUser: init.userToUser ?? null, headers: init.headers ?? {} };
  }
  get ended() {
    return this.state === "ended";
  }
  /** Both sides have begun to talk, and it is not over. */
  get talking() {
    return this.startedAt !== null && !this.ended;
  }
  input(input) {
    const next = step(this.state, input);
    if (next === this.state) return;
    this.state = next;
    this.listener.changed();
    this.listener.tell("state", next);
  }
  progress(p) {
    this.setEarly(p.earlyMedia);
    if (p.divertedTo) this.divertedTo = p.divertedTo.anonymous ? null : p.divertedTo;
    if (p.waiting && !this.waiting) {
      this.waiting = true;
      this.listener.tell("waiting");
    }
    if (p.state === "diverted") {
      this.listener.changed();
      this.listener.tell("diverted", this.divertedTo);
    } else if (p.state !== "trying") this.input(p.state);
  }
  /** An incoming call's data came with it; an outgoing one's comes now. */
  accepted(p, outgoing) {
    this.remote = p.remote ?? this.remote;
    this.startedAt ?? (this.startedAt = new Date(p.startedAt));
    if (outgoing) this.far = { userToUser: p.userToUser ?? null, headers: p.headers ?? {} };
    this.setEarly(false);
    this.input("accepted");
  }
  /** Takes over how the call stands; now is for a gateway that does not say since when both talk. */
  catchUp(s, now) {
    this.setHold(s.localHold, s.remoteHold);
    if (s.state === "active") {
      this.startedAt ?? (this.startedAt = s.startedAt ? new Date(s.startedAt) : new Date(now));
      this.input("accepted");
    }
  }
  setHold(local, remote) {
    if (this.hold.local === local && this.hold.remote === remote) return;
    this.hold = { local, remote };
    this.input(local || remote ? "hold" : "unhold");
    this.listener.tell("hold", { local, remote });
  }
  /** The audio is back. */
  restored() {
    this.input(this.hold.local || this.hold.remote ? "restoredHeld" : "restored");
  }
  transferring({ call: _, ...progress }) {
    this.setTransfer(progress.state === "failed" ? null : progress);
    this.listener.tell("transfer", progress);
  }
  setTransfer(progress) {
    this.transfer = progress;
    this.listener.changed();
  }
  sampled({ access, core, transcoding, video }) {
    this.quality = { access, core, transcoding, ...video ? { video } : {} };
    this.listener.tell("quality", this.quality);
  }
  /** Ends the call; last is done after the reason is known and before anybody hears. */
  end(reason, last) {
    if (this.ended) return;
    const name = isErrorName(reason.name) ? reason.name : "hangup";
    this.reason = { ...reason, name, message: reason.message || catalogue[name].message, hint: reason.hint || catalogue[name].hint };
    last();
    this.input("end");
    this.listener.tell("ended", this.reason);
  }
  setEarly(on) {
    if (this.early === on) return;
    this.early = on;
    this.listener.changed();
    this.listener.tell("earlyMedia", on);
  }
};

// sdk/src/client/path.ts
var PATIENCE = 2e3;
var RESTART_PAUSE = 3e3;
var Path = class {
  constructor(call, host, offered, listener) {
    this.call = call;
    this.host = host;
    this.offered = offered;
    this.listener = listener;
    this.agreed = false;
    // the first offer and answer are exchanged
    this.closed = false;
    this.connected = false;
    this.restarting = false;
    this.stale = false;
    // the gateway asked for a new offer, and none has been sent since
    this.busy = Promise.resolve();
    this.queue = [];
    this.flush = null;
    this.timer = null;
    this.known = offered !== null;
    this.leg = host.platform.media.leg({
      candidate: (c) => this.candidate(c ?? { candidate: "", sdpMid: "0" }),
      connection: (state) => this.connection(state),
      pictures: () => listener.pictures(),
      blocked: () => listener.blocked()
    });
  }
  /** Offers and starts the call; the gateway's answer comes at once, long before anybody answers the telephone. */
  async dial(params) {
    await this.connect("call.start", params);
  }
  /** Makes a connection for a call that exists: after a reload of the page, or when it comes from another browser. */
  async connect(method, params) {
    const sdp = await this.leg.offer();
    if (this.closed) return null;
    this.known = true;
    const result = await this.host.rpc.request(method, { ...params, sdp });
    if (this.closed) return null;
    await this.leg.accept(result.sdp);
    this.agree();
    return result;
  }
  /** Answers the gateway's offer. */
  async answer(more = {}) {
    const sdp = await this.leg.answer(this.offered ?? "");
    if (this.closed) throw new PhoneError("cancelled");
    await this.host.rpc.request("call.answer", { call: this.call, ...more, sdp });
    this.agree();
  }
  /** The socket is back: send what waited, and mend what broke meanwhile. */
  reconnected() {
    this.sendCandidates();
    if (this.agreed && !this.connected) this.repair();
    this.freshen();
  }
  /** Restarts ICE now, or as soon as the gateway can be reached. */
  repair() {
    if (!this.agreed || this.closed || this.restarting || !this.host.up) return;
    this.restarting = true;
    this.host.platform.timers.clear(this.timer);
    this.busy = this.update(true).finally(() => {
      this.done();
      if (!this.connected) this.later(RESTART_PAUSE);
    });
  }
  close() {
    if (this.closed) return;
    this.closed = true;
    this.host.platform.timers.clear(this.timer);
    this.host.platform.timers.clear(this.flush);
    this.leg.close();
  }
  /**
   * Offers the codecs anew, now or when what is under way is done: the gateway's answer puts first what need not be transcoded. A restart
   * does the same.
   */
  renegotiate() {
    this.stale = true;
    this.freshen();
  }
  freshen() {
    if (!this.stale || !this.agreed || this.closed || this.restarting || !this.host.up) return;
    this.restarting = true;
    this.busy = this.update(false).finally(() => this.done());
  }
  /** The end of an exchange: what waited for it goes on. */
  done() {
    this.restarting = false;
    this.sendCandidates();
    this.freshen();
  }
  /**
   * Changes what is wanted of video, after what is under way. Rejects when the camera or the gateway refuses; the sound goes on in any
   * case.
   */
  async video(wish) {
    while (this.restarting) await this.busy;
    if (this.closed) throw new PhoneError("call_state");
    const changed = await this.leg.video(wish);
    if (!changed || !this.agreed || this.closed) return;
    while (this.restarting) await this.busy;
    this.restarting = true;
    const work = this.exchange(false);
    this.busy = work.catch(() => void 0).finally(() => this.done());
    await work;
  }
  async update(restart) {
    try {
      await this.exchange(restart);
    } catch {
    }
  }
  async exchange(restart) {
    this.stale = false;
    const offer = await this.leg.reoffer(restart);
    if (this.closed) return;
    const result = await this.host.rpc.request("call.update", { call: this.call, sdp: offer });
    if (!this.closed) await this.leg.accept(result.sdp);
  }
  agree() {
    this.agreed = true;
    this.sendCandidates();
    this.freshen();
  }
  connection(state) {
    if (this.closed) return;
    if (state === "connected") {
      this.connected = true;
      this.host.platform.timers.clear(this.timer);
      return this.listener.up();
    }
    this.connected = false;
    if (!this.agreed) return;
    if (state === "failed") {
      this.listener.down();
      this.repair();
    } else {
      this.later(PATIENCE);
    }
  }
  later(ms) {
    if (this.closed) return;
    const { timers } = this.host.platform;
    timers.clear(this.timer);
    this.timer = timers.set(() => {
      if (this.closed || this.connected) return;
      this.listener.down();
      this.repair();
    }, ms);
  }
  /** Candidates found within 50 ms travel in one request; none before the gateway knows the call. */
  candidate(c) {
    if (this.closed) return;
    this.queue.push(c);
    if (this.queue.length === 1) this.flush = this.host.platform.timers.set(() => this.sendCandidates(), 50);
  }
  sendCandidates() {
    if (!this.agreed || this.restarting || this.closed || this.queue.length === 0) return;
    const candidates = this.queue.splice(0, 64);
    this.host.rpc.request("call.candidates", { call: this.call, candidates }).catch(() => void 0);
    if (this.queue.length > 0) this.sendCandidates();
  }
};

// sdk/src/client/pictures.ts
var Pictures = class {
  constructor(path, listener) {
    this.path = path;
    this.listener = listener;
    this.state_ = null;
    this.muted_ = false;
  }
  get state() {
    return this.state_;
  }
  get muted() {
    return this.muted_;
  }
  /** The far party's picture; null while none is agreed. */
  get remote() {
    return this.state_?.state === "on" && this.state_.receive ? this.path.leg.remoteVideo : null;
  }
  /** Changes what the user wants; rejects when the camera or the gateway refuses. */
  want(wish) {
    return this.path.video(wish);
  }
  /** Shows the camera again in a call that was taken up; one that is refused is told and ends nothing. */
  resume() {
    this.want("both").catch((thrown) => this.listener.failed(PhoneError.from(thrown, "media_failed")));
  }
  async decline() {
    await this.listener.refuse();
  }
  mute(on) {
    if (this.muted_ === on) return;
    this.muted_ = on;
    this.path.leg.setCameraMuted(on);
    this.listener.shown();
    this.listener.changed();
  }
  /** Takes the gateway's word for it. */
  take(p) {
    const state = { state: p.state, send: p.send, receive: p.receive, ...p.reason ? { reason: p.reason } : {} };
    this.state_ = state;
    this.listener.changed();
    this.listener.told(state);
    if (state.state === "off") void this.want("none").catch(() => void 0);
    if (state.state === "offered" && !this.listener.offered({ send: state.send, receive: state.receive })) void this.decline().catch(() => void 0);
  }
};

// sdk/src/client/call.ts
var HANGUP_TIMEOUT = 5e3;
var TRANSFER_TIMEOUT = 4e4;
var Call = class extends Emitter {
  /** @internal */
  constructor(host, init) {
    super();
    this.host = host;
    this.muted_ = false;
    this.answering = false;
    this.leaving = false;
    this.id = init.id;
    this.direction = init.direction;
    this.called = init.called ?? "";
    this.divertedBy = init.divertedBy ?? null;
    this.replaces = init.replaces ?? null;
    this.videoOffered = init.video ?? false;
    this.facts = new Facts(init, { changed: () => host.changed(this), tell: (name, ...args) => this.emit(name, ...args) });
    this.path = new Path(this.id, host, init.offer ?? null, {
      up: () => this.facts.restored(),
      down: () => this.facts.input("lost"),
      pictures: () => {
        host.changed(this);
        this.emit("pictures");
      },
      blocked: () => {
        this.emit("warning", new PhoneError("audio_blocked"));
        host.audioBlocked();
      }
    });
    this.pictures = new Pictures(this.path, {
      changed: () => host.changed(this),
      told: (state) => this.emit("video", state),
      offered: (wanted) => this.heard("videoOffer") && (this.emit("videoOffer", wanted), true),
      shown: () => this.emit("pictures"),
      failed: (error) => this.emit("warning", error),
      refuse: () => host.rpc.request("call.refuseVideo", { call: this.id })
    });
  }
  get state() {
    return this.facts.state;
  }
  get remote() {
    return this.facts.remote;
  }
  /** When both sides began to talk; null before. */
  get startedAt() {
    return this.facts.startedAt;
  }
  get localHold() {
    return this.facts.hold.local;
  }
  get remoteHold() {
    return this.facts.hold.remote;
  }
  get muted() {
    return this.muted_;
  }
  get earlyMedia() {
    return this.facts.early;
  }
  /** Incoming: the user was in another call when it came. Outgoing: the called user is. */
  get waiting() {
    return this.facts.waiting;
  }
  /** Outgoing: where the call has been diverted to; null when it was not, or that is withheld. */
  get divertedTo() {
    return this.facts.divertedTo;
  }
  /** The transfer of this call that is under way; null when there is none. */
  get transferring() {
    return this.facts.transfer;
  }
  /** What the far party's application sent: with its call, or with its answer. */
  get userToUser() {
    return this.facts.far.userToUser;
  }
  /** Headers of the far party's application, of the operator's list. */
  get headers() {
    return this.facts.far.headers;
  }
  /** Why it ended; null before. */
  get endReason() {
    return this.facts.reason;
  }
  /** The last sample; null before the first. */
  get quality() {
    return this.facts.quality;
  }
  get remoteStream() {
    return this.leg.remoteStream;
  }
  get localStream() {
    return this.leg.localStream;
  }
  /** How video stands with the far party; null before anything is known. */
  get video() {
    return this.pictures.state;
  }
  /** The far party's picture, for a video element; null while there is none. The sound is played by the client itself. */
  get remoteVideo() {
    return this.pictures.remote;
  }
  /** The camera's picture, for a video element; null while the camera is off. */
  get localVideo() {
    return this.leg.localVideo;
  }
  get cameraMuted() {
    return this.pictures.muted;
  }
  get leg() {
    return this.path.leg;
  }
  /** Takes an incoming call. When the microphone is refused the call goes on ringing and the promise says why. */
  async answer(options = {}) {
    if (this.facts.state !== "incoming" || this.answering) throw new PhoneError("call_state");
    this.answering = true;
    this.facts.input("answering");
    const { video, ...more } = options;
    try {
      if (video && this.videoOffered) await this.pictures.want(video === "receive" ? "receive" : "both");
      await this.path.answer(more);
    } catch (thrown) {
      const error = PhoneError.from(thrown, "media_failed");
      this.facts.input("refused");
      throw error;
    } finally {
      this.answering = false;
    }
  }
  /** Refuses an incoming call. */
  async reject(reason = "declined") {
    if (this.facts.state !== "incoming") throw new PhoneError("call_state");
    await this.leave("call.reject", { call: this.id, reason }, reason);
  }
  /** Ends the call in whatever state it is. Safe to call twice. */
  async hangup() {
    if (this.facts.ended || this.leaving) return;
    await this.leave("call.hangup", { call: this.id }, this.facts.startedAt ? "hangup" : "cancelled");
  }
  /** Puts the far party on hold; resolves when it has agreed. */
  async hold() {
    this.needTalk();
    await this.host.rpc.request("call.hold", { call: this.id });
  }
  /** Takes the far party back from hold. */
  async resume() {
    this.needTalk();
    await this.host.rpc.request("call.resume", { call: this.id });
  }
  /**
   * Hands the far party on: to a number, a tel: or a sip: URI, or to the far party of another call. Resolves when its phone has agreed;
   * what becomes of it is told by "transfer". When it is done the call ends ("transferred"), and the other one too; when it fails
   * everything is as before. Hold the call first, and resume() it after a failure.
   */
  async transfer(to) {
    this.needTalk();
    const params = typeof to === "string" ? { target: to.trim() } : { with: to.id };
    this.facts.setTransfer({ state: "asked" });
    try {
      await this.host.rpc.request("call.transfer", { call: this.id, ...params }, TRANSFER_TIMEOUT);
    } catch (thrown) {
      if (this.facts.transfer?.state === "asked") this.facts.setTransfer(null);
      throw thrown;
    }
  }
  /** Mutes or unmutes the microphone at once, here in the browser. */
  mute(on = true) {
    if (this.muted_ === on || this.facts.ended) return;
    this.muted_ = on;
    this.leg.setMuted(on);
    this.emit("mute", on);
  }
  /** Adds video to a running call; resolves when the gateway has it, and "video" tells what the far party makes of it. */
  async addVideo() {
    this.needTalk();
    await this.pictures.want("both");
  }
  /** Takes video out of the call and gives the camera back; the sound goes on. */
  async removeVideo() {
    if (this.facts.ended) throw new PhoneError("call_state");
    await this.pictures.want("none");
  }
  /** Takes the video that the far party offers: with the camera, or only to see. */
  async acceptVideo(options = {}) {
    this.needTalk();
    await this.pictures.want(options.send === false ? "receive" : "both");
  }
  /** Does without the video that the far party offers. */
  async declineVideo() {
    await this.pictures.decline();
  }
  /** Shows the far party black instead of the camera's picture, at once; or goes on. */
  muteCamera(on = true) {
    if (!this.facts.ended) this.pictures.mute(on);
  }
  /** Sends keypad tones: 0-9 A-D * # and the comma for a pause; durations in milliseconds. */
  async sendDtmf(digits, options = {}) {
    if (this.facts.ended) throw new PhoneError("call_state");
    await this.host.rpc.request("call.dtmf", { call: this.id, digits: digits.toUpperCase(), ...options });
  }
  /** Microphone and far sound from 0 to 1, for meters. */
  levels() {
    return this.leg.levels();
  }
  /** The browser's own statistics of the connection. */
  getStats() {
    return this.leg.stats();
  }
  /** @internal Dials, or fulfils a wish of another call's far party; every failure ends the call with its reason. */
  async dial(target, options) {
    const { video, ...more } = options;
    try {
      if (video) await this.pictures.want("both");
      await this.path.dial({ call: this.id, ...target, ...more });
    } catch (thrown) {
      this.finishLocally(PhoneError.from(thrown, "media_failed"), "local");
    }
  }
  /** @internal Takes up a call that exists, with the video it had; every failure ends it here with its reason. */
  async takeUp(method, from, shot, video) {
    if (shot) this.catchUp(shot);
    try {
      if (video) await this.pictures.want("receive");
      const result = await this.path.connect(method, { call: this.id, ...from });
      if (result?.state) this.catchUp(result);
      if (result && video === "both") this.pictures.resume();
    } catch (thrown) {
      const error = PhoneError.from(thrown, "media_failed");
      if (method === "call.update") await this.hangup();
      this.finishLocally(error, "local");
    }
  }
  /** @internal Takes one event of the gateway. */
  take(event) {
    switch (event.method) {
      case "call.progress":
        this.facts.progress(event.params);
        break;
      case "call.accepted":
        this.facts.accepted(event.params, this.direction === "outgoing");
        break;
      case "call.hold":
        this.facts.setHold(event.params.local, event.params.remote);
        break;
      case "call.transferring":
        this.facts.transferring(event.params);
        break;
      case "call.dtmf":
        this.emit("dtmf", event.params.digit, event.params.duration);
        break;
      case "call.media":
        if (event.params.state === "lost") this.path.repair();
        if (event.params.state === "renegotiate") this.path.renegotiate();
        break;
      case "call.video":
        this.pictures.take(event.params);
        break;
      case "call.quality":
        this.facts.sampled(event.params);
        break;
      case "call.ended":
        this.end(event.params.cause);
    }
  }
  /** @internal Brings the call up to what the gateway says after a resume, and its audio with it. */
  reconcile(s) {
    this.catchUp(s);
    this.path.reconnected();
  }
  catchUp(s) {
    this.facts.catchUp(s, this.host.platform.timers.now());
  }
  /** @internal The network interface changed under a running call. */
  networkChanged() {
    if (this.facts.startedAt) this.path.repair();
  }
  /** @internal Ends the call without the gateway. */
  finishLocally(error, by) {
    this.end({ code: error.code, name: error.name, message: error.message, hint: error.hint, by });
  }
  end(reason) {
    this.facts.end(reason, () => this.path.close());
  }
  async leave(method, params, name) {
    this.leaving = true;
    const { timers } = this.host.platform;
    const end = () => this.finishLocally(new PhoneError(name), "local");
    if (!this.path.known) return end();
    const timer = timers.set(end, HANGUP_TIMEOUT);
    this.once("ended", () => timers.clear(timer));
    this.leg.setMuted(true);
    try {
      await this.host.rpc.request(method, params, HANGUP_TIMEOUT);
    } catch {
      end();
    }
  }
  needTalk() {
    if (!this.facts.talking) throw new PhoneError("call_state");
  }
};

// sdk/src/client/devices.ts
var Devices = class {
  constructor(engine) {
    this.engine = engine;
  }
  /** Lists microphones and loudspeakers. Labels are empty until the microphone has been allowed once. */
  list() {
    return this.engine.devices();
  }
  /** Uses another device: "input" the microphone, "output" the far party's voice, "ring" the ring tone. "" is the default. */
  select(kind, id) {
    return this.engine.select(kind, id);
  }
  /** The selected device's id; "" for the browser's default. */
  selected(kind) {
    return this.engine.selected(kind);
  }
};

// sdk/src/client/refer.ts
var Refer = class {
  /** @internal call is the one it came in; it may end before the wish is answered. */
  constructor(host, params, call) {
    this.host = host;
    this.call = call;
    this.done = false;
    this.id = params.refer;
    this.target = params.target;
    this.by = params.referredBy ?? null;
    this.replaces = params.replaces;
    this.within = params.within;
  }
  /** True once accept() or refuse() was called. */
  get answered() {
    return this.done;
  }
  /** Calls the target. The far phone is told by itself what becomes of it, and usually ends the old call then. */
  accept(options = {}) {
    this.done = true;
    return this.host.follow(this, options);
  }
  /** Says no; the old call goes on. */
  async refuse() {
    if (this.done) return;
    this.done = true;
    await this.host.refuse(this);
  }
};

// sdk/src/client/relays.ts
var LEFT = 1 / 3;
var RETRY = 3e4;
var Relays = class {
  constructor(platform, ask) {
    this.platform = platform;
    this.ask = ask;
    this.timer = null;
  }
  /** Takes what the gateway told. */
  take(ice) {
    this.platform.media.useServers(ice?.servers ?? []);
    this.stop();
    if (!ice?.expires || ice.servers.length === 0) return;
    const life = Date.parse(ice.expires) - this.platform.timers.now();
    if (Number.isFinite(life)) this.later(Math.max(life * (1 - LEFT), RETRY));
  }
  stop() {
    this.platform.timers.clear(this.timer);
    this.timer = null;
  }
  later(ms) {
    this.timer = this.platform.timers.set(() => void this.renew(), Math.min(ms, 2 ** 31 - 1));
  }
  async renew() {
    const timer = this.timer;
    try {
      const ice = await this.ask();
      if (timer === this.timer) this.take(ice);
    } catch {
      if (timer === this.timer) this.later(RETRY);
    }
  }
};

// sdk/src/client/phoneparts.ts
function remoteOf(target) {
  const text = target.trim();
  const number = text.replace(/^tel:/i, "").replace(/[\s().-]/g, "");
  if (/^\+?[0-9*#]+$/.test(number)) return { number, anonymous: false };
  return { uri: text, anonymous: false };
}
function ownURL() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  return url.href;
}

// sdk/src/client/messages.ts
var SEND_TIMEOUT = 4e4;
function send(rpc, id, target, text, o) {
  const params = { message: id, target: target.trim(), text, report: o.report?.length ? o.report : void 0, from: o.from || void 0, anonymous: o.anonymous || void 0, via: o.via };
  return rpc.request("message.send", params, SEND_TIMEOUT).then((r) => ({ id: r.message, via: r.via, parts: r.parts }));
}
function received(m) {
  return { id: m.message, remote: m.remote, called: m.called, text: m.text, at: new Date(m.at), via: m.via, subject: m.subject ?? "", display: m.display, incomplete: m.incomplete ?? false };
}
function reported(r) {
  return { id: r.message, status: r.status, at: new Date(r.at), error: r.error ? PhoneError.fromWire(r.error) : null };
}

// sdk/src/client/phonestate.ts
var phoneTable = {
  offline: { start: "connecting" },
  connecting: { registering: "registering", registered: "ready", close: "closed" },
  registering: { registered: "ready", lost: "reconnecting", close: "closed" },
  ready: { registering: "registering", unregistered: "registering", lost: "reconnecting", close: "closed" },
  reconnecting: { registering: "registering", registered: "ready", close: "closed" },
  closed: { start: "connecting" }
};
function stepPhone(state, input) {
  return phoneTable[state][input] ?? state;
}

// sdk/src/client/phone.ts
var VERSION = "1.0.0";
var REPLAY_TIME = 2e3;
var RELOAD_TIME = 1e4;
var Phone = class extends Emitter {
  constructor(options = {}) {
    super();
    this.options = options;
    this.currentState = "offline";
    this.session = null;
    this.list = [];
    this.user_ = "";
    this.emergency = { numbers: ["112", "911"], routed: false };
    // until the gateway says which
    this.messaging_ = { bytes: 0, sms: false };
    this.identities_ = [];
    this.elsewhere_ = [];
    this.waiting = null;
    this.told = "";
    // the last refusal of the network that "error" has carried
    this.unwatch = [];
    this.platform = options.platform ?? browserPlatform({ iceServers: options.iceServers, iceTransportPolicy: options.iceTransportPolicy, source: options.source });
    this.tokens = new TokenSource(options.token, options.getToken, () => this.platform.timers.now());
    this.devices = new Devices(this.platform.media);
    this.relays = new Relays(this.platform, async () => {
      if (!this.session?.up) throw new PhoneError("connection_lost");
      return this.session.rpc.request("session.ice", {});
    });
  }
  get state() {
    return this.currentState;
  }
  /** The calls that have not ended, oldest first. */
  get calls() {
    return this.list;
  }
  /** Name of the logged-in user; empty before. */
  get user() {
    return this.user_;
  }
  get identities() {
    return this.identities_;
  }
  /** The user's answered calls in other browsers. */
  get elsewhere() {
    return this.elsewhere_;
  }
  /**
   * Connects, logs in and registers; resolves when the phone can call and be called. A refusal that waiting cannot cure
   * closes the phone; when only the telephone network is away the promise rejects and the phone goes on trying.
   */
  async start() {
    if (this.currentState !== "offline" && this.currentState !== "closed") throw new PhoneError("already_logged_in");
    this.platform.media.check();
    this.told = "";
    this.input("start");
    const session = new Session(
      { url: this.options.url ?? ownURL(), client: this.options.client ?? { name: "causeway-sdk", version: VERSION }, reconnect: this.options.autoReconnect ?? true, credentials: this.options.credentials },
      this.platform,
      this.tokens,
      {
        loggedIn: (result) => this.loggedIn(result),
        lost: () => this.input("lost"),
        closed: (error) => this.closed(error),
        event: (event) => this.take(event),
        tokenExpiring: (seconds) => this.emit("tokenExpiring", seconds)
      }
    );
    this.session = session;
    this.unwatch = [
      this.platform.watch((nudge) => {
        if (nudge === "network") this.list.forEach((c) => c.networkChanged());
        if (nudge === "leaving") this.leaving();
      }),
      this.platform.media.watchDevices((lost) => this.emit("deviceChange", lost))
    ];
    const registered = new Promise((resolve, reject) => this.waiting = { resolve, reject });
    registered.catch(() => void 0);
    await session.start();
    await registered;
  }
  /** Ends all calls, leaves the network and closes the connection. */
  async stop() {
    await this.session?.stop(true);
  }
  /** The page goes: with calls it is waited for a moment, since it may only be reloaded; without, the phone leaves. */
  leaving() {
    if (this.list.length > 0) this.session?.leave(RELOAD_TIME);
    else void this.stop();
  }
  /** Takes a call over from another browser of the user; the far party notices nothing. What becomes of it is told by its events. */
  pull(from) {
    const call = new Call(this.host(), { id: this.platform.uuid(), direction: from.direction, remote: from.remote, running: "active" });
    this.add(call);
    void call.takeUp("call.pull", { session: from.session, from: from.call }, null, from.video);
    return call;
  }
  /** Gives a new token for the running session and for later reconnections. */
  async updateToken(token) {
    if (this.session) await this.session.renew(token);
    else this.tokens.update(token);
  }
  /** Calls a number, a tel: or a sip: URI. Returns at once; what becomes of it is told by the call's events. */
  call(target, options = {}) {
    const call = new Call(this.host(), { id: this.platform.uuid(), direction: "outgoing", remote: remoteOf(target) });
    this.add(call);
    const emergency = this.isEmergency(target);
    if (emergency && this.session?.up) void this.help(call, target.trim(), options);
    else if (emergency) queueMicrotask(() => call.finishLocally(new PhoneError("emergency_use_phone"), "local"));
    else if (this.currentState === "ready") void call.dial({ target: target.trim() }, options);
    else queueMicrotask(() => call.finishLocally(new PhoneError("not_registered"), "local"));
    return call;
  }
  /** Tells whether a number is an emergency number here. */
  isEmergency(target) {
    const text = target.trim().toLowerCase();
    return text.startsWith("urn:service:sos") || this.emergency.numbers.includes(text.replace(/^tel:/, "").replace(/[\s().-]/g, ""));
  }
  /** False: the gateway refuses emergency calls, and the user has to take a telephone. */
  get emergencyRouted() {
    return this.emergency.routed;
  }
  /** An emergency call goes out whether the phone is registered or not, with the place if it can be told. */
  async help(call, target, options) {
    const position2 = options.position ?? (this.emergency.routed ? await this.platform.position() : null);
    await call.dial({ target }, position2 ? { ...options, position: position2 } : options);
  }
  /** What messages may be: bytes of a text at most (0: none are carried), and whether they may go as short messages. */
  get messaging() {
    return this.messaging_;
  }
  /** Sends a text to a number, a tel: or a sip: URI. Resolves when the network has taken it; whether it arrives, "messageReport" tells. */
  async sendMessage(target, text, options = {}) {
    if (!this.session || this.currentState !== "ready") throw new PhoneError("not_registered");
    return send(this.session.rpc, options.id ?? this.platform.uuid(), target, text, options);
  }
  /** Tells a message's sender that the user has read it, if the sender asked for that. */
  async messageDisplayed(id) {
    await this.session?.rpc.request("message.displayed", { message: id });
  }
  /** Starts sound that the browser blocked; call it from a click after an "audio_blocked" warning. */
  unlockAudio() {
    return this.platform.media.unlock();
  }
  /** Plays a keypad tone to the user (not to the far party). */
  beep(digit) {
    this.platform.media.beep(digit);
  }
  host() {
    const phone = this;
    return {
      platform: this.platform,
      get rpc() {
        return phone.session.rpc;
      },
      get up() {
        return phone.session?.up ?? false;
      },
      changed: () => this.changed(),
      audioBlocked: () => this.emit("warning", new PhoneError("audio_blocked"))
    };
  }
  loggedIn(result) {
    this.user_ = result.user;
    this.emergency = result.emergency ?? this.emergency;
    this.messaging_ = result.messages ?? this.messaging_;
    this.relays.take(result.ice);
    if (this.currentState === "connecting" || this.currentState === "reconnecting") this.input("registering");
    this.registration(result.registration);
    const known = new Map(result.calls.map((c) => [c.call, c]));
    for (const call of [...this.list]) {
      const snapshot = known.get(call.id);
      if (snapshot) call.reconcile(snapshot);
      else if (result.resumed) this.platform.timers.set(() => call.finishLocally(new PhoneError("session_ended"), "gateway"), REPLAY_TIME);
      else call.finishLocally(new PhoneError("session_ended"), "gateway");
    }
    for (const shot of result.calls) if (!this.list.some((c) => c.id === shot.call)) this.takeUp(shot);
  }
  /** Goes on with a call of this page before it was reloaded. */
  takeUp(shot) {
    if (shot.state === "incoming" && shot.sdp) return this.incoming({ call: shot.call, remote: shot.remote, called: "", sdp: shot.sdp, waiting: false });
    const call = new Call(this.host(), { id: shot.call, direction: shot.direction, remote: shot.remote, running: shot.state });
    this.add(call);
    void call.takeUp("call.update", {}, shot, shot.video);
  }
  registration(r) {
    if (r.identities.length > 0 || r.state === "ended") {
      this.identities_ = r.identities;
      this.emit("identities", r.identities);
    }
    const error = r.error ? PhoneError.fromWire(r.error) : null;
    switch (r.state) {
      case "registered":
        this.input("registered");
        this.waiting?.resolve();
        this.waiting = null;
        return;
      case "registering":
        return this.input("unregistered");
      case "failed":
      case "ended": {
        this.input("unregistered");
        const told = error ?? new PhoneError(r.state === "ended" ? "deregistered" : "registration_refused");
        this.waiting?.reject(told);
        this.waiting = null;
        this.told = told.retryable ? "" : told.name;
        this.emit(told.retryable ? "warning" : "error", told);
      }
    }
  }
  take(event) {
    switch (event.method) {
      case "session.registration":
        return this.registration(event.params);
      case "session.closing":
        if (event.params.reason === "drain") this.emit("warning", new PhoneError("draining"));
        return;
      case "session.challenge":
        return;
      // answered by the session
      case "session.elsewhere":
        this.elsewhere_ = event.params.calls;
        return this.emit("elsewhere", this.elsewhere_);
      case "message.received":
        return this.emit("message", received(event.params));
      case "message.report":
        return this.emit("messageReport", reported(event.params));
      case "message.composing":
        return this.emit("composing", event.params);
      case "call.incoming":
        return this.incoming(event.params);
      case "call.refer":
        return this.referred(event.params);
      default:
        this.list.find((c) => c.id === event.params.call)?.take(event);
    }
  }
  /**
   * Brings a call to the front: answers it when it rings, or takes it back from hold, and holds the others that talk. All of it
   * begins at once, so that a far party that is slow to agree to its hold keeps nobody waiting; the promise says what failed.
   */
  async switchTo(call) {
    const work = this.list.filter((c) => c !== call && c.startedAt && !c.localHold).map((c) => c.hold());
    if (call.state === "incoming") work.unshift(call.answer());
    else if (call.localHold) work.unshift(call.resume());
    for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
  }
  incoming(params) {
    const session = this.session;
    if (!session || this.list.some((c) => c.id === params.call)) return;
    const { call: id, sdp: offer, replaces: place, ...rest } = params;
    const replaces = this.list.find((c) => c.id === place) ?? null;
    const call = new Call(this.host(), { ...rest, id, offer, replaces, direction: "incoming" });
    if (replaces) return this.takePlace(call, replaces);
    this.add(call);
    void session.rpc.request("call.ringing", { call: call.id }).catch(() => void 0);
    this.emit("incoming", call);
  }
  /** Answers at once: the user is in this conversation already, only the other end has changed. */
  takePlace(call, old) {
    const seen = old.video?.state === "on" && (old.localVideo ? true : "receive");
    const answered = call.answer({ video: seen });
    this.add(call);
    if (old.muted) call.mute();
    this.emit("replaced", call, old);
    answered.catch((thrown) => {
      if (call.state === "incoming") this.emit("incoming", call);
      this.emit("warning", thrown);
    });
  }
  /** The far party asks for a call to somebody else. */
  referred(params) {
    const call = this.list.find((c) => c.id === params.call) ?? null;
    const refer = new Refer(
      {
        follow: (wish, options) => this.follow(wish, options),
        refuse: async (wish) => void await this.session?.rpc.request("call.refuseRefer", { refer: wish.id })
      },
      params,
      call
    );
    const policy = this.options.transfers ?? "ask";
    if (policy === "accept" || policy === "ask" && params.follow) refer.accept();
    else if (policy === "ask" && this.heard("refer")) this.emit("refer", refer);
    else void refer.refuse().catch(() => void 0);
  }
  follow(refer, options) {
    const next = new Call(this.host(), { id: this.platform.uuid(), direction: "outgoing", remote: refer.target });
    const old = refer.call;
    if (old?.startedAt && old.state !== "ended" && !old.localHold && !old.remoteHold) {
      void old.hold().catch(() => void 0);
      next.once("ended", () => {
        if (!next.startedAt && old.localHold && old.state !== "ended") void old.resume().catch(() => void 0);
      });
    }
    this.add(next);
    void next.dial({ refer: refer.id }, { video: old?.localVideo != null, ...options });
    this.emit("following", refer, next);
    return next;
  }
  add(call) {
    this.list = [...this.list, call];
    call.once("ended", () => {
      this.list = this.list.filter((c) => c !== call);
      this.changed();
    });
    this.changed();
  }
  /** Rings, plays ringback, or is silent, as the calls need it: ringback only while nothing comes from the network. */
  changed() {
    if (this.options.sounds ?? true) {
      const talking = this.list.some((c) => c.startedAt !== null);
      const rings = this.list.some((c) => c.state === "incoming");
      const alerts = this.list.some((c) => c.state === "ringing" && !c.earlyMedia);
      this.platform.media.play(rings ? talking ? "waiting" : "ring" : alerts ? "ringback" : "none");
    }
    this.emit("calls", this.list);
  }
  closed(error) {
    for (const off of this.unwatch.splice(0)) off();
    this.session = null;
    this.relays.stop();
    this.elsewhere_ = [];
    for (const call of [...this.list]) call.finishLocally(error ?? new PhoneError("session_ended"), error ? "gateway" : "local");
    this.platform.media.close();
    this.input("close");
    const told = error ?? new PhoneError("session_ended");
    this.waiting?.reject(told);
    this.waiting = null;
    if (error && error.name !== this.told) this.emit("error", error);
  }
  input(input) {
    const next = stepPhone(this.currentState, input);
    if (next === this.currentState) return;
    this.currentState = next;
    this.emit("state", next);
  }
};
export {
  Phone,
  PhoneError,
  VERSION,
  catalogue
};
