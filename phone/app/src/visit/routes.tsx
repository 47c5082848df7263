/** The visit's screens: one, at the places of its steps. */
import "./visit.css";
import type { Screen } from "../app/screens";
import { VisitPage } from "./visit_page";

const PATHS = ["/tham/:draft", "/tham/:draft/:step", "/tham/:draft/:step/:person", "/tham/:draft/:step/:person/:within"];

export const screens: Screen[] = PATHS.map((path) => ({ path, tab: null, view: VisitPage, steady: "visit", uninterrupted: true }));
