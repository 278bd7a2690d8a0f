import type { Challenge } from "../protocol/frames";
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
export declare function prove(credentials: Credentials, challenge: Challenge): Promise<{
    challenge: string;
    response: string;
    cnonce?: string;
}>;
