import type { Screen } from "../app/screens";
import { AboutPage } from "./about_page";
import { ChangePinPage } from "./change_pin_page";
import { SettingsPage } from "./settings_page";

export const screens: Screen[] = [
  { path: "/cai-dat", tab: "settings", view: SettingsPage },
  { path: "/cai-dat/pin", tab: null, view: ChangePinPage },
  { path: "/cai-dat/gioi-thieu", tab: "settings", view: AboutPage },
];
