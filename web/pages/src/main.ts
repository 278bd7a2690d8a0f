// The phone page. It asks the gateway for its settings, then runs one App.

import * as sdk from "../../sdk/src/index";
import { showAlert } from "./alerts";
import { App } from "./app";
import { fetchConfig } from "./config";
import { byId } from "./dom";
import { setUpTheme } from "./settings";
import { ToneSource } from "./tone";

async function main(): Promise<void> {
  setUpTheme(byId("theme"));
  try {
    const config = await fetchConfig();
    const user = new URLSearchParams(location.search).get("user") ?? "";
    const app = new App(config, ToneSource.fromAddress(location.search), user);
    // For the console and for tests: the running phone and the SDK.
    Object.defineProperty(window, "causeway", { value: { ...sdk, get phone() { return app.phone; }, app } });
    await app.run();
  } catch {
    showAlert({ name: "config", message: "The page could not load its settings.", hint: "Check that the gateway runs, then reload the page." });
  }
}

void main();
