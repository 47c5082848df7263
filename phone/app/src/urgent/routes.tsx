import type { Screen } from "../app/screens";
import "./urgent.css";
import { UrgentPage } from "./urgent_page";

export const screens: Screen[] = [{ path: "/khan-cap", tab: null, view: UrgentPage, uninterrupted: true }];
