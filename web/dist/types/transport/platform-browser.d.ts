import { type BrowserEngineOptions } from "../media/engine-browser";
import type { Platform } from "./platform";
/** The real browser. */
export declare function browserPlatform(options: BrowserEngineOptions): Platform;
