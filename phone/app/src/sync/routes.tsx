import type { Screen } from "../app/screens";
import "./sync.css";
import { SyncPage } from "./sync_page";

export const screens: Screen[] = [{ path: "/gui-nhan", tab: "sync", view: SyncPage }];
