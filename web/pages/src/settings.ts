import type { DeviceKind, Phone, PhoneError } from "../../sdk/src/index";
import { showAlert } from "./alerts";
import { byId, h } from "./dom";

const FIELDS: readonly (readonly [DeviceKind, string])[] = [["input", "device-input"], ["output", "device-output"], ["ring", "device-ring"]];

/** Fills the three device lists and keeps them current. */
export async function drawDevices(phone: Phone): Promise<void> {
  const { inputs, outputs } = await phone.devices.list();
  const named = inputs.some((d) => d.label !== "");
  for (const [kind, id] of FIELDS) {
    const select = byId<HTMLSelectElement>(id);
    const list = kind === "input" ? inputs : outputs;
    select.replaceChildren(
      h("option", { value: "" }, "Browser's default"),
      ...list.map((d, i) => h("option", { value: d.id }, d.label || `Device ${i + 1}`)),
    );
    select.value = phone.devices.selected(kind);
    select.disabled = list.length === 0;
    select.onchange = () => {
      phone.devices.select(kind, select.value).catch((e: PhoneError) => {
        select.value = phone.devices.selected(kind);
        showAlert(e);
      });
    };
  }
  byId("device-note").textContent = named ? "" : "Names appear after the microphone has been allowed once.";
}

type Theme = "auto" | "light" | "dark";

/** The button that changes between the system's colours, light and dark; the choice is kept in this browser. */
export function setUpTheme(button: HTMLElement): void {
  const order: Theme[] = ["auto", "light", "dark"];
  const apply = (theme: Theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.title = { auto: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" }[theme];
  };
  let theme: Theme = "auto";
  try {
    theme = order.find((t) => t === localStorage.getItem("causeway.theme")) ?? "auto";
  } catch {
    // storage may be forbidden; the system's colours do
  }
  apply(theme);
  button.addEventListener("click", () => {
    theme = order[(order.indexOf(theme) + 1) % order.length] ?? "auto";
    apply(theme);
    try {
      localStorage.setItem("causeway.theme", theme);
    } catch {
      // see above
    }
  });
}
