// Two foreign SIP user agents behind one small face, as a web application would use them: unchanged, with what their
// documentation says. Each is an object with register, call, answer, hold, resume, dtmf, message, hangup, and what it knows: state
// ("", "calling", "ringing", "early", "active", "ended", "incoming"), cause, from, messages, stream.
import JsSIP from "jssip";
import { Inviter, Messager, Registerer, RegistererState, SessionState, UserAgent, Web } from "sip.js";

// tone is a microphone that sends a sine.
function tone(hz) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const sine = new OscillatorNode(context, { frequency: hz });
  sine.connect(out);
  sine.start();
  return out.stream;
}

// heard plays the remote tracks of a connection, as an application has to, and gives them. After a hold the browser starts the
// track anew (event "track").
const players = new Map();
function heard(connection) {
  if (!players.has(connection)) {
    const player = new Audio();
    const play = () => {
      const stream = new MediaStream();
      connection.getReceivers().forEach((r) => r.track && stream.addTrack(r.track));
      player.srcObject = stream;
      player.play().catch(() => {}); // replaced by the next track before it began
    };
    connection.addEventListener("track", play);
    play();
    players.set(connection, player);
  }
  return players.get(connection).srcObject;
}

// jssip: token or password, uri, server.
export function jssip({ server, uri, token, password, user, hz, expires = 600 }) {
  const agent = { state: "", registered: "", cause: "", from: "", digits: "", messages: [] };
  const options = { sockets: [new JsSIP.WebSocketInterface(server)], uri, register_expires: expires, session_timers: true };
  if (token) options.authorization_jwt = "Bearer " + token;
  if (password) Object.assign(options, { password, authorization_user: user });
  const ua = (agent.ua = new JsSIP.UA(options));
  const microphone = tone(hz);
  ua.on("registered", () => (agent.registered = "yes"));
  ua.on("unregistered", () => (agent.registered = "no"));
  ua.on("registrationFailed", (e) => (agent.registered = "failed " + (e.response ? e.response.status_code : e.cause)));
  ua.on("newRTCSession", ({ session, request, originator }) => {
    agent.session = session;
    agent.state = originator === "remote" ? "incoming" : "calling";
    agent.from = request.from.uri.user;
    agent.name = request.from.display_name;
    session.on("progress", (e) => {
      if (e.originator === "remote" && agent.state !== "ringing") agent.state = e.response.status_code === 180 ? "ringing" : "early";
    });
    session.on("confirmed", () => (agent.state = "active"));
    session.on("ended", (e) => ((agent.state = "ended"), (agent.cause = e.cause)));
    session.on("failed", (e) => ((agent.state = "ended"), (agent.cause = e.message ? String(e.message.status_code || e.message.method) : e.cause)));
    session.on("newDTMF", (e) => e.originator === "remote" && (agent.digits += e.dtmf.tone));
  });
  ua.on("newMessage", ({ originator, request }) => {
    if (originator === "remote") agent.messages.push(`${request.from.uri.user}: ${request.body}`);
  });
  agent.message = (target, text) =>
    new Promise((resolve) => ua.sendMessage(target, text, { eventHandlers: { succeeded: (e) => resolve(String(e.response.status_code)), failed: (e) => resolve(e.cause) } }));
  const media = { mediaStream: microphone, pcConfig: { iceServers: [] } };
  agent.register = () => ua.start();
  agent.call = (target) => void ua.call(target, media);
  agent.answer = () => agent.session.answer(media);
  agent.refuse = () => agent.session.terminate({ status_code: 486 });
  const done = (f) => new Promise((resolve, reject) => f(() => resolve(true)) || reject(new Error("not now")));
  agent.hold = () => done((then) => agent.session.hold({}, then));
  agent.resume = () => done((then) => agent.session.unhold({}, then));
  agent.dtmf = (digits) => agent.session.sendDTMF(digits, { duration: 100, interToneGap: 100 });
  agent.refer = (target) =>
    new Promise((resolve) => agent.session.refer(target, { eventHandlers: { accepted: () => resolve("accepted"), failed: (e) => resolve("failed"), requestFailed: (e) => resolve("refused") } }));
  agent.hangup = () => agent.session.terminate();
  agent.restart = () => done((then) => agent.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, then));
  agent.stop = () => ua.stop();
  agent.disconnect = () => ua.transport.socket._ws.close();
  Object.defineProperty(agent, "stream", { get: () => agent.session && agent.session.connection && heard(agent.session.connection) });
  return agent;
}

// sipjs: the core API. It takes no description of a provisional response that is not reliable.
export function sipjs({ server, uri, token, password, user, hz, expires = 600 }) {
  const agent = { state: "", registered: "", cause: "", from: "", digits: "", messages: [] };
  const factory = Web.defaultSessionDescriptionHandlerFactory(() => Promise.resolve(tone(hz))); // it stops the tracks at a call's end
  const watch = (session) => {
    agent.session = session;
    session.delegate = {
      onInfo: (info) => {
        const found = /Signal=(.)/.exec(info.request.body);
        if (found) agent.digits += found[1];
        return info.accept();
      },
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) agent.state = "active";
      if (state === SessionState.Terminated) agent.state = "ended";
    });
  };
  const ua = (agent.ua = new UserAgent({
    uri: UserAgent.makeURI(uri),
    transportOptions: { server },
    authorizationUsername: user,
    authorizationPassword: password,
    sessionDescriptionHandlerFactory: factory,
    sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] }, iceGatheringTimeout: 500 },
    logLevel: "warn",
    delegate: {
      onMessage(message) {
        agent.messages.push(`${message.request.from.uri.user}: ${message.request.body}`);
        return message.accept();
      },
      onInvite(invitation) {
        agent.state = "incoming";
        agent.from = invitation.remoteIdentity.uri.user;
        agent.name = invitation.remoteIdentity.displayName;
        watch(invitation);
      },
    },
  }));
  const extraHeaders = token ? ["Authorization: Bearer " + token] : [];
  const registerer = new Registerer(ua, { expires, extraHeaders });
  registerer.stateChange.addListener((state) => {
    if (state === RegistererState.Registered) agent.registered = "yes";
    if (state === RegistererState.Unregistered && agent.registered === "yes") agent.registered = "no";
  });
  const register = registerer.register.bind(registerer);
  registerer.register = () => register({ requestDelegate: { onReject: (r) => (agent.registered = "failed " + r.message.statusCode) } }); // also after a 423
  agent.register = async () => {
    await ua.start();
    await registerer.register();
  };
  agent.call = async (target) => {
    const inviter = new Inviter(ua, UserAgent.makeURI(target));
    agent.state = "calling";
    watch(inviter);
    await inviter.invite({
      requestDelegate: {
        onProgress: (r) => r.message.statusCode === 180 && (agent.state = "ringing"),
        onReject: (r) => (agent.cause = String(r.message.statusCode)),
      },
    });
  };
  agent.message = (target, text) =>
    new Promise((resolve) => {
      const report = (r) => resolve(String(r.message.statusCode));
      new Messager(ua, UserAgent.makeURI(target), text).message({ requestDelegate: { onAccept: report, onReject: report } });
    });
  agent.answer = () => agent.session.accept();
  agent.refuse = () => agent.session.reject({ statusCode: 486 });
  const reinvite = (options) =>
    new Promise((resolve, reject) =>
      agent.session
        .invite({ sessionDescriptionHandlerOptions: options, requestDelegate: { onAccept: () => resolve(true), onReject: (r) => reject(new Error(r.message.statusCode)) } })
        .catch(reject)
    );
  agent.hold = () => reinvite({ hold: true });
  agent.resume = () => reinvite({ hold: false });
  agent.restart = () => reinvite({ offerOptions: { iceRestart: true } });
  agent.dtmf = async (digits) => {
    for (const d of digits) {
      const body = { contentDisposition: "render", contentType: "application/dtmf-relay", content: `Signal=${d}\r\nDuration=100` };
      await agent.session.info({ requestOptions: { body } });
      await new Promise((r) => setTimeout(r, 200));
    }
  };
  agent.refer = (target) =>
    new Promise((resolve) =>
      agent.session.refer(UserAgent.makeURI(target), {
        requestDelegate: { onReject: () => resolve("refused") },
        onNotify: (n) => {
          n.accept();
          if (/SIP\/2.0 2/.test(n.request.body)) resolve("accepted");
          else if (/SIP\/2.0 [3-6]/.test(n.request.body)) resolve("failed");
        },
      })
    );
  agent.hangup = () => (agent.state === "active" ? agent.session.bye() : agent.session.cancel());
  agent.stop = async () => {
    await registerer.unregister();
    await ua.stop();
  };
  Object.defineProperty(agent, "stream", {
    get: () => agent.session && agent.session.sessionDescriptionHandler && heard(agent.session.sessionDescriptionHandler.peerConnection),
  });
  return agent;
}
