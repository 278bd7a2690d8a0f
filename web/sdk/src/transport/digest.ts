import { PhoneError } from "../protocol/failure";
import type { Challenge } from "../protocol/frames";
import { hex, md5 } from "../protocol/md5";

/** A user of the telephone network with the network's own password. The password never leaves the page. */
export interface Credentials {
  /** The private identity, user@domain: the user name. */
  impi: string;
  /** The public identity, sip:user@domain. */
  impu: string;
  password: string;
  /** The realm the password is for; the domain of impi when absent. No digest is made for another one. */
  realm?: string;
}

/** The digest that answers a challenge (RFC 7616 3.4, RFC 2617 3.2.2): the parameters of session.prove. */
export async function prove(credentials: Credentials, challenge: Challenge): Promise<{ challenge: string; response: string; cnonce?: string }> {
  const { realm, nonce, qop, method, uri } = challenge;
  const own = credentials.realm ?? credentials.impi.slice(credentials.impi.indexOf("@") + 1);
  if (realm !== own || challenge.username !== credentials.impi) throw new PhoneError("digest_unsupported", { message: "The network asks for the password of another realm or user." });
  const h = challenge.algorithm === "SHA-256" ? sha256 : async (text: string) => md5(text);
  const user = await h(`${credentials.impi}:${realm}:${credentials.password}`);
  const request = await h(`${method}:${uri}`);
  if (qop === undefined) return { challenge: challenge.id, response: await h(`${user}:${nonce}:${request}`) };
  const cnonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  return { challenge: challenge.id, response: await h(`${user}:${nonce}:00000001:${cnonce}:${qop}:${request}`), cnonce };
}

async function sha256(text: string): Promise<string> {
  if (!globalThis.crypto?.subtle) throw new PhoneError("browser_unsupported"); // a page over http:
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
