/** Every error of the protocol and of this SDK, by name. */
export declare const catalogue: {
    readonly parse_error: {
        readonly code: -32700;
        readonly message: "The frame is not valid JSON.";
        readonly hint: "Send one JSON object in UTF-8 per text frame.";
        readonly retryable: false;
    };
    readonly invalid_request: {
        readonly code: -32600;
        readonly message: "The frame is not a JSON-RPC 2.0 request.";
        readonly hint: "Send {\"jsonrpc\":\"2.0\",\"id\":...,\"method\":...,\"params\":{...}}; batches and requests without an id are not accepted.";
        readonly retryable: false;
    };
    readonly method_unknown: {
        readonly code: -32601;
        readonly message: "The gateway does not know this method.";
        readonly hint: "Check the spelling of the method, and that page and gateway are of the same version.";
        readonly retryable: false;
    };
    readonly params_invalid: {
        readonly code: -32602;
        readonly message: "The parameters do not fit the method.";
        readonly hint: "Compare the parameters with the method's table in the protocol description.";
        readonly retryable: false;
    };
    readonly internal: {
        readonly code: -32603;
        readonly message: "The gateway failed while it handled the request.";
        readonly hint: "Try again. If it happens again, tell the gateway's operator the time and the call.";
        readonly retryable: true;
    };
    readonly token_missing: {
        readonly code: 1001;
        readonly message: "No token was given.";
        readonly hint: "Log in with a token from your identity provider.";
        readonly retryable: false;
    };
    readonly token_invalid: {
        readonly code: 1002;
        readonly message: "The token was refused.";
        readonly hint: "Get a new token from the identity provider this gateway trusts.";
        readonly retryable: false;
    };
    readonly token_expired: {
        readonly code: 1003;
        readonly message: "The token has expired.";
        readonly hint: "Get a new token and log in again; check the computer's clock if the token is new.";
        readonly retryable: false;
    };
    readonly token_audience: {
        readonly code: 1004;
        readonly message: "The token was issued for another service.";
        readonly hint: "Ask the identity provider for a token whose audience is this gateway.";
        readonly retryable: false;
    };
    readonly identity_refused: {
        readonly code: 1005;
        readonly message: "The token gives no right to use a telephone number here.";
        readonly hint: "Ask the administrator to give your account a telephone identity.";
        readonly retryable: false;
    };
    readonly resume_unknown: {
        readonly code: 1006;
        readonly message: "The session to be resumed is over or was never here.";
        readonly hint: "Log in without resume; calls of the old session have ended.";
        readonly retryable: false;
    };
    readonly login_required: {
        readonly code: 1007;
        readonly message: "Nobody is logged in on this connection.";
        readonly hint: "Send session.login first, within ten seconds of connecting.";
        readonly retryable: false;
    };
    readonly rate_limited: {
        readonly code: 1008;
        readonly message: "Too many requests in a short time.";
        readonly hint: "Wait for the time given in retryAfter, then send fewer requests.";
        readonly retryable: true;
    };
    readonly too_many_sessions: {
        readonly code: 1009;
        readonly message: "This user is already logged in as often as allowed.";
        readonly hint: "Close the phone in another tab or on another device, then try again.";
        readonly retryable: true;
    };
    readonly draining: {
        readonly code: 1010;
        readonly message: "This gateway is being taken out of service and accepts nothing new.";
        readonly hint: "Connect again: another gateway will answer.";
        readonly retryable: true;
    };
    readonly registration_refused: {
        readonly code: 1011;
        readonly message: "The telephone network refused to register this user.";
        readonly hint: "Ask the administrator whether the subscription is active in the network.";
        readonly retryable: false;
    };
    readonly core_unreachable: {
        readonly code: 1012;
        readonly message: "The telephone network does not answer.";
        readonly hint: "Try again in a moment; the gateway keeps trying.";
        readonly retryable: true;
    };
    readonly not_registered: {
        readonly code: 1013;
        readonly message: "The phone is not registered in the telephone network at the moment.";
        readonly hint: "Wait until the phone shows that it is ready, then try again.";
        readonly retryable: true;
    };
    readonly already_logged_in: {
        readonly code: 1014;
        readonly message: "This connection is already logged in.";
        readonly hint: "Use session.token to renew the token, or open a new connection for another user.";
        readonly retryable: false;
    };
    readonly issuer_unreachable: {
        readonly code: 1015;
        readonly message: "The login service's keys cannot be fetched, so the token cannot be checked.";
        readonly hint: "Try again in a moment; if it lasts, tell the operator.";
        readonly retryable: true;
    };
    readonly scheme_refused: {
        readonly code: 1016;
        readonly message: "This gateway does not accept this way to log in.";
        readonly hint: "Log in with a token, or ask the operator to allow passwords (auth.schemes).";
        readonly retryable: false;
    };
    readonly password_refused: {
        readonly code: 1017;
        readonly message: "The user name or the password was refused.";
        readonly hint: "Check both and log in again.";
        readonly retryable: false;
    };
    readonly too_many_attempts: {
        readonly code: 1018;
        readonly message: "Too many attempts to log in.";
        readonly hint: "Wait for the time given in retryAfter, then try again with the right password.";
        readonly retryable: true;
    };
    readonly challenge_unanswered: {
        readonly code: 1019;
        readonly message: "The telephone network asked for the password, and the page did not answer in time.";
        readonly hint: "Log in again, with the page open in front.";
        readonly retryable: true;
    };
    readonly digest_unsupported: {
        readonly code: 1020;
        readonly message: "The telephone network asks for a proof that a password in a browser cannot give.";
        readonly hint: "Tell the operator: the network has to offer SIP digest with MD5 or SHA-256 and qop auth.";
        readonly retryable: false;
    };
    readonly pool_exhausted: {
        readonly code: 1021;
        readonly message: "All telephone identities of this login service are in use.";
        readonly hint: "Try again in a moment; if it lasts, tell the operator that the pool is too small.";
        readonly retryable: true;
    };
    readonly insecure_login: {
        readonly code: 1022;
        readonly message: "Logging in with a password needs an encrypted connection.";
        readonly hint: "Open the page by https, so that it connects with wss.";
        readonly retryable: false;
    };
    readonly identity_barred: {
        readonly code: 1023;
        readonly message: "You cannot call with this identity: the telephone network has not given it to you.";
        readonly hint: "Choose one of the phone's identities, or none for the default one.";
        readonly retryable: false;
    };
    readonly call_unknown: {
        readonly code: 2001;
        readonly message: "There is no such call.";
        readonly hint: "The call has probably just ended.";
        readonly retryable: false;
    };
    readonly call_state: {
        readonly code: 2002;
        readonly message: "The call is not in a state in which this can be done.";
        readonly hint: "Wait until the call's state allows it: hold and keypad need a connected call.";
        readonly retryable: false;
    };
    readonly number_invalid: {
        readonly code: 2003;
        readonly message: "This number cannot be dialled as written.";
        readonly hint: "Write the number with country code, like +15550101, or a SIP address.";
        readonly retryable: false;
    };
    readonly number_unknown: {
        readonly code: 2004;
        readonly message: "The number does not exist.";
        readonly hint: "Check the number and dial again.";
        readonly retryable: false;
    };
    readonly busy: {
        readonly code: 2005;
        readonly message: "The line is busy.";
        readonly hint: "Try again later.";
        readonly retryable: true;
    };
    readonly no_answer: {
        readonly code: 2006;
        readonly message: "Nobody answered.";
        readonly hint: "Try again later.";
        readonly retryable: true;
    };
    readonly declined: {
        readonly code: 2007;
        readonly message: "The call was declined.";
        readonly hint: "The other party does not want to take the call now.";
        readonly retryable: false;
    };
    readonly forbidden: {
        readonly code: 2008;
        readonly message: "The telephone network does not allow this call.";
        readonly hint: "Ask the administrator whether this number may be called with your subscription.";
        readonly retryable: false;
    };
    readonly unavailable: {
        readonly code: 2009;
        readonly message: "The other party cannot be reached now.";
        readonly hint: "The phone may be switched off or out of coverage. Try again later.";
        readonly retryable: true;
    };
    readonly congestion: {
        readonly code: 2010;
        readonly message: "The telephone network is too busy to set up the call.";
        readonly hint: "Try again in a moment.";
        readonly retryable: true;
    };
    readonly too_many_calls: {
        readonly code: 2011;
        readonly message: "You have as many calls as allowed at a time.";
        readonly hint: "End a call, then try again.";
        readonly retryable: true;
    };
    readonly cancelled: {
        readonly code: 2012;
        readonly message: "The caller hung up before the call was answered.";
        readonly hint: "Call back if you want to speak to the caller.";
        readonly retryable: false;
    };
    readonly hangup: {
        readonly code: 2013;
        readonly message: "The call has ended.";
        readonly hint: "One of the two parties hung up.";
        readonly retryable: false;
    };
    readonly answered_elsewhere: {
        readonly code: 2014;
        readonly message: "The call was answered on another device.";
        readonly hint: "Nothing needs to be done.";
        readonly retryable: false;
    };
    readonly policy_rejected: {
        readonly code: 2015;
        readonly message: "The telephone network did not grant the resources for this call.";
        readonly hint: "Try again; if it happens again, ask the administrator about your subscription.";
        readonly retryable: true;
    };
    readonly policy_released: {
        readonly code: 2016;
        readonly message: "The telephone network took back the resources of this call.";
        readonly hint: "Call again. The network ended the call, not the other party.";
        readonly retryable: true;
    };
    readonly emergency_use_phone: {
        readonly code: 2017;
        readonly message: "Emergency calls are not possible from this page.";
        readonly hint: "Use a mobile or landline telephone to call the emergency services now.";
        readonly retryable: false;
    };
    readonly session_ended: {
        readonly code: 2018;
        readonly message: "The call ended because the page's session with the gateway is over.";
        readonly hint: "Log in again and call again.";
        readonly retryable: true;
    };
    readonly deregistered: {
        readonly code: 2019;
        readonly message: "The telephone network ended this phone's registration.";
        readonly hint: "Log in again. If it happens again, ask the administrator.";
        readonly retryable: true;
    };
    readonly call_exists: {
        readonly code: 2020;
        readonly message: "There is already a call with this id.";
        readonly hint: "Choose a new id for every call.";
        readonly retryable: false;
    };
    readonly redirected: {
        readonly code: 2030;
        readonly message: "The number has moved: the network named another one, which is not called by itself.";
        readonly hint: "Ask for the new number and dial it.";
        readonly retryable: false;
    };
    readonly precondition_failed: {
        readonly code: 2031;
        readonly message: "The telephone network could not reserve what the call needs.";
        readonly hint: "Try again in a moment; the other phone's connection may be weak.";
        readonly retryable: true;
    };
    readonly header_refused: {
        readonly code: 2032;
        readonly message: "This header may not be sent with a call.";
        readonly hint: "Ask the operator to list it in ims.calls.custom_headers; its name begins with X- or P-, its value is printable text.";
        readonly retryable: false;
    };
    readonly user_to_user_refused: {
        readonly code: 2033;
        readonly message: "This user-to-user information cannot be sent.";
        readonly hint: "Send 1 to 128 bytes, as pairs of hexadecimal digits or as printable ASCII text; the operator may have switched it off.";
        readonly retryable: false;
    };
    readonly moved: {
        readonly code: 2040;
        readonly message: "The call goes on in another browser of yours.";
        readonly hint: "It can be taken back from there.";
        readonly retryable: false;
    };
    readonly transferred: {
        readonly code: 2045;
        readonly message: "The call was handed on.";
        readonly hint: "The other party speaks with somebody else now.";
        readonly retryable: false;
    };
    readonly replaced: {
        readonly code: 2046;
        readonly message: "The call goes on as another one.";
        readonly hint: "The other party was put through; the new call has taken this one's place.";
        readonly retryable: false;
    };
    readonly transfer_unsupported: {
        readonly code: 2047;
        readonly message: "The other party's phone cannot be transferred.";
        readonly hint: "Ask the other party to call the number, or put both into one conversation.";
        readonly retryable: false;
    };
    readonly transfer_refused: {
        readonly code: 2048;
        readonly message: "The other party's phone refused to be transferred.";
        readonly hint: "The call goes on: ask the other party to call the number.";
        readonly retryable: false;
    };
    readonly transfer_failed: {
        readonly code: 2049;
        readonly message: "The transfer did not succeed.";
        readonly hint: "The call goes on: try again, or tell the other party the number.";
        readonly retryable: true;
    };
    readonly refer_unknown: {
        readonly code: 2050;
        readonly message: "This transfer is over.";
        readonly hint: "The other party's wish was answered already, or waited too long.";
        readonly retryable: false;
    };
    readonly message_too_long: {
        readonly code: 2060;
        readonly message: "The message is too long.";
        readonly hint: "Shorten it, or send it as several messages.";
        readonly retryable: false;
    };
    readonly message_unknown: {
        readonly code: 2061;
        readonly message: "There is no such message in this session.";
        readonly hint: "Only messages of the last hundreds can be reported on, by the id of message.received.";
        readonly retryable: false;
    };
    readonly message_exists: {
        readonly code: 2062;
        readonly message: "There is already a message with this id.";
        readonly hint: "Choose a new id for every message.";
        readonly retryable: false;
    };
    readonly message_unsupported: {
        readonly code: 2063;
        readonly message: "The other side does not take messages of this kind.";
        readonly hint: "Try a short message (via sms), or call.";
        readonly retryable: false;
    };
    readonly message_refused: {
        readonly code: 2064;
        readonly message: "The telephone network does not allow this message.";
        readonly hint: "Ask the administrator whether messages to this number belong to your subscription.";
        readonly retryable: false;
    };
    readonly message_failed: {
        readonly code: 2065;
        readonly message: "The message could not be sent.";
        readonly hint: "Try again in a moment.";
        readonly retryable: true;
    };
    readonly message_undelivered: {
        readonly code: 2066;
        readonly message: "The message was sent, but not delivered.";
        readonly hint: "The other phone may be switched off for long, or does not take messages. Try again later, or call.";
        readonly retryable: true;
    };
    readonly message_emergency: {
        readonly code: 2067;
        readonly message: "Emergency services cannot be reached by messages from here.";
        readonly hint: "Call the emergency services now, best from a mobile or landline telephone.";
        readonly retryable: false;
    };
    readonly sms_unavailable: {
        readonly code: 2068;
        readonly message: "This gateway does not send short messages.";
        readonly hint: "Send the message without via sms, or ask the operator to configure ims.sms.psi.";
        readonly retryable: false;
    };
    readonly sdp_invalid: {
        readonly code: 3001;
        readonly message: "The session description cannot be understood.";
        readonly hint: "Send the browser's own description unchanged: the sdp of createOffer or createAnswer.";
        readonly retryable: false;
    };
    readonly media_incompatible: {
        readonly code: 3002;
        readonly message: "The two phones have no audio format in common.";
        readonly hint: "The other phone cannot take this kind of call.";
        readonly retryable: false;
    };
    readonly media_failed: {
        readonly code: 3003;
        readonly message: "The audio connection between browser and gateway could not be made.";
        readonly hint: "A firewall may block it: allow UDP to the gateway, then try again.";
        readonly retryable: true;
    };
    readonly media_lost: {
        readonly code: 3004;
        readonly message: "The audio connection was lost.";
        readonly hint: "Check the network connection and call again.";
        readonly retryable: true;
    };
    readonly media_resources: {
        readonly code: 3005;
        readonly message: "The gateway has no room for another call's audio.";
        readonly hint: "Try again in a moment.";
        readonly retryable: true;
    };
    readonly dtmf_unavailable: {
        readonly code: 3006;
        readonly message: "The other side does not accept keypad tones in this call.";
        readonly hint: "Say the digits, or call from another phone.";
        readonly retryable: false;
    };
    readonly microphone_denied: {
        readonly code: 4001;
        readonly message: "The browser may not use the microphone.";
        readonly hint: "Allow the microphone for this page: click the icon beside the address, then try again.";
        readonly retryable: false;
    };
    readonly microphone_missing: {
        readonly code: 4002;
        readonly message: "No microphone was found.";
        readonly hint: "Connect a microphone or headset, then try again.";
        readonly retryable: false;
    };
    readonly connection_lost: {
        readonly code: 4003;
        readonly message: "The connection to the gateway is lost.";
        readonly hint: "Check the network connection; the phone reconnects by itself.";
        readonly retryable: true;
    };
    readonly browser_unsupported: {
        readonly code: 4004;
        readonly message: "This browser cannot make calls here.";
        readonly hint: "Use a current browser, and open the page by https or on localhost.";
        readonly retryable: false;
    };
    readonly audio_blocked: {
        readonly code: 4005;
        readonly message: "The browser does not play sound before you touch the page.";
        readonly hint: "Click anywhere on the page to hear the call.";
        readonly retryable: true;
    };
    readonly timeout: {
        readonly code: 4006;
        readonly message: "The gateway did not answer in time.";
        readonly hint: "Check the network connection, then try again.";
        readonly retryable: true;
    };
    readonly microphone_busy: {
        readonly code: 4007;
        readonly message: "The microphone is in use by another program.";
        readonly hint: "Close the other program that uses the microphone, then try again.";
        readonly retryable: true;
    };
    readonly camera_denied: {
        readonly code: 4008;
        readonly message: "The browser may not use the camera.";
        readonly hint: "Allow the camera for this page: click the icon beside the address, then switch video on again.";
        readonly retryable: false;
    };
    readonly camera_missing: {
        readonly code: 4009;
        readonly message: "No camera was found.";
        readonly hint: "Connect a camera, then switch video on again.";
        readonly retryable: false;
    };
    readonly camera_busy: {
        readonly code: 4010;
        readonly message: "The camera is in use by another program.";
        readonly hint: "Close the other program that uses the camera, then switch video on again.";
        readonly retryable: true;
    };
};
/** Name of an error: branch on this, not on code or message. */
export type ErrorName = keyof typeof catalogue;
/** WebSocket close codes, and whether connecting again makes sense. */
export declare const closes: readonly {
    code: number;
    name: string;
    reconnect: boolean;
}[];
