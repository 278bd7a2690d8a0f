export type PhoneState = "offline" | "connecting" | "registering" | "ready" | "reconnecting" | "closed";
export type PhoneInput = "start" | "registering" | "registered" | "unregistered" | "lost" | "close";
export declare const phoneStates: readonly PhoneState[];
export declare const phoneInputs: readonly PhoneInput[];
export declare const phoneTable: Readonly<Record<PhoneState, Readonly<Partial<Record<PhoneInput, PhoneState>>>>>;
export declare function stepPhone(state: PhoneState, input: PhoneInput): PhoneState;
