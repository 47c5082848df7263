/** The round's screen. */
import "./round.css";
import type { Screen } from "../app/screens";
import { RoundPage } from "./round_page";

export const screens: Screen[] = [{ path: "/dot", tab: "round", view: RoundPage }];
