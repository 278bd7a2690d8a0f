// Type declarations of causeway.mjs for Node's module resolution.
export * from "./types/index";
