/** MD5 of a text in UTF-8, lower-case hexadecimal. */
export declare function md5(text: string): string;
/** Bytes as lower-case hexadecimal. */
export declare function hex(bytes: Uint8Array): string;
