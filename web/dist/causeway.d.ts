// Type declarations of causeway.js and causeway.mjs.
export * from "./types/index";
export as namespace Causeway;
